"""A few seconds and one kill; `make kills` takes a minute and two."""

import pytest

from tests.e2e import kills

pytestmark = pytest.mark.e2e


def test_events_that_were_acknowledged_survive_a_kill_each_once(tmp_path):
    result = kills.run(tmp_path, seconds=3, kills=1, clients=8, seed=1)

    assert {name: count for name, count in result.problems.items() if count} == {}
    assert len(result.sent.acknowledged) > 50
    assert result.sent.unanswered > 0
