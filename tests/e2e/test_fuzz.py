"""A few hundred random calls of all operations; `make fuzz` sends twenty thousand."""

import pytest

from tastemaker_local.demo import endpoint
from tests.e2e.fuzz import stage
from tests.e2e.fuzz.__main__ import failures
from tests.e2e.fuzz.run import run

pytestmark = pytest.mark.e2e

CALLS = 600
SEED = 20


def test_random_calls_get_replies_that_the_models_know(tmp_path):
    with endpoint.started(tmp_path / "data", tmp_path / "service.log") as service:
        clients = endpoint.connect(service.wait_until_ready())
        known = stage.build(clients)

        books = run(service.url, known, range(CALLS), SEED)

        assert stage.alive(clients, known)
    assert failures(books) == []
    assert sum(books.successes.values()) > CALLS // 10
    assert len(books.called) == 79
