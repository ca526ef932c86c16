from types import SimpleNamespace

import pytest

from tastemaker.errors import JobFailed
from tastemaker.pipelines.training import limits
from tastemaker.recipes import registry
from tastemaker.recipes.costs import COUNTING, Counts

V2, COUNT = registry.get("aws-user-personalization-v2"), registry.get("aws-popularity-count")


class Many:
    """Interactions that nobody has to hold."""

    def __init__(self, events, users, items):
        self.events, self.n_users, self.n_items = events, users, items

    def __len__(self):
        return self.events


def check(recipe, counts, memory):
    limits.check_memory(SimpleNamespace(memory=memory), recipe, Many(*counts))


def test_a_training_that_cannot_fit_is_refused_with_what_it_needs_and_what_there_is():
    with pytest.raises(JobFailed) as refusal:
        check(V2, (20_000_000, 138_000, 20_000), 3_008)

    assert "20,000,000 interactions of 138,000 users and 20,000 items needs about" in str(refusal.value)
    assert "there are 3,008 MB" in str(refusal.value)


def test_what_no_recipe_can_hold_is_refused_before_it_is_read():
    limits.check_reading(SimpleNamespace(memory=3_008), 10_000_000)
    with pytest.raises(JobFailed, match=r"40,000,000 interactions needs about .* there are 3,008 MB"):
        limits.check_reading(SimpleNamespace(memory=3_008), 40_000_000)


@pytest.mark.parametrize("recipe", registry.names(), ids=str)
def test_no_recipe_needs_less_than_what_is_asked_before_reading(recipe):
    few, many = (Counts(events, 100, 100) for events in (1_000, 30_000_000))

    assert all(registry.get(recipe).costs.memory(one) >= COUNTING.memory(one) * 0.99 for one in (few, many))


def test_the_demos_data_fit_into_the_default_memory():
    check(V2, (1_469_307, 2_469, 68_509), 3_008)


def test_counting_needs_less_than_personalizing():
    check(COUNT, (5_000_000, 100_000, 500_000), 3_008)
    with pytest.raises(JobFailed):
        check(V2, (5_000_000, 100_000, 500_000), 3_008)


def test_without_a_limit_the_machine_is_asked():
    check(V2, (1_000, 100, 100), 0)
    with pytest.raises(JobFailed):
        check(V2, (10**12, 10**9, 10**6), 0)


@pytest.mark.parametrize(("told", "right"), [("max", False), (str(500 * 2**20), True)])
def test_a_containers_limit_holds(tmp_path, told, right):
    limit = tmp_path / "memory.max"
    limit.write_text(told)

    assert (limits._machine(limit) == 500) == right


@pytest.mark.parametrize("items", [100, 3_000, 15_000, 1_000_000])
def test_more_events_and_users_need_more_memory(items):
    needed = [V2.costs.memory(Counts(events, events // 100, items)) for events in (10**4, 10**6, 10**8)]

    assert 2e8 < needed[0] < needed[1] < needed[2]
