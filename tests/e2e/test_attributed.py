"""A few hundred events and three kills; `make attribution` takes 100,000."""

import pytest

from tests.e2e.attributed import runs
from tests.e2e.attributed.books import UNDEFINED

pytestmark = pytest.mark.e2e


def test_what_each_source_brought_is_exact_though_the_service_was_killed(tmp_path):
    result = runs.run(tmp_path, events=400, kills=2, clients=4, seed=1)

    assert {name: count for name, count in result.problems.items() if count} == {}
    assert len(result.sent.events) == 400
    assert len(result.killed) == 3
    assert {source for _, source, _ in result.metrics} == {*result.names, "letter", UNDEFINED}
    [name] = result.reports
    assert name.startswith("shop/AggregatedAttributionMetrics - FULL - ")
