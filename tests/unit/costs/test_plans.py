"""What an import, a training and serving take at any size, and where that breaks first."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tastemaker.recipes import registry
from tastemaker_local.costs import plans, sparks
from tastemaker_local.costs.plans import Shape, plan_of, serving_of

ROOT = Path(__file__).parents[3]
RECIPE = registry.get("aws-user-personalization-v2")
MEMORY = 3008


def planned(rows, items, recipe=RECIPE):
    return plan_of(Shape(int(rows), int(items), max(1, int(rows) // 60)), recipe, MEMORY)


@pytest.mark.parametrize(
    ("rows", "items", "places", "fits"),
    [
        (1e6, 2e4, [("function", 3008), ("function", 3008)], True),
        (1e8, 2e4, [("container", 4096), ("container", 30720)], True),
        (7e8, 1e6, [("container", 4096), ("spark", 5)], True),
        (3e9, 5e6, [("spark", 3), ("spark", 21)], True),
        (3e9, 3e7, [("spark", 3), ("spark", 21)], False),
    ],
)
def test_each_step_has_the_lowest_rung_that_holds_it(rows, items, places, fits):
    plan = planned(rows, items)

    assert [step.name for step in plan.steps] == ["import", "training"]
    assert [(step.place, step.rung.memory if step.rung else step.job.executors) for step in plan.steps] == places
    assert plan.serving.fits is fits


SIZES = [1e3, 2e4, 1e6, 5e6]


def pairs_of_plans(items, recipe=RECIPE):
    """Plans of ever more interactions, each beside one of twice as many."""
    return pairwise(planned(10_000 * 2**power, items, recipe) for power in range(22))


def in_one_place(less, more):
    return (less.rung, less.rung or less.job.executors) == (more.rung, more.rung or more.job.executors)


@pytest.mark.parametrize("items", SIZES)
def test_more_interactions_never_take_less(items):
    order = ["function", "container", "spark"]
    for smaller, larger in pairs_of_plans(items):
        for less, more in zip(smaller.steps, larger.steps, strict=True):
            assert order.index(less.place) <= order.index(more.place)
            assert less.need.disk <= more.need.disk
            assert less.job.shuffled < more.job.shuffled
        assert smaller.shape.csv < larger.shape.csv
        assert smaller.serving.bytes < larger.serving.bytes
        assert smaller.serving.at_once < larger.serving.at_once or larger.serving.paged > smaller.serving.paged


@pytest.mark.parametrize("items", SIZES)
def test_more_interactions_are_never_imported_faster_or_cheaper_in_the_same_place(items):
    for smaller, larger in pairs_of_plans(items):
        less, more = smaller.steps[0], larger.steps[0]
        if in_one_place(less, more):
            assert (less.seconds < more.seconds, less.dollars < more.dollars) == (True, True)
            assert less.peak <= more.peak


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-similar-items", "aws-popularity-count"])
@pytest.mark.parametrize("items", SIZES)
def test_more_interactions_are_never_learned_faster_or_cheaper_in_the_same_place(items, recipe):
    for smaller, larger in pairs_of_plans(items, registry.get(recipe)):
        less, more = smaller.steps[1], larger.steps[1]
        if in_one_place(less, more):
            assert (less.seconds < more.seconds, less.dollars < more.dollars) == (True, True)
            assert less.peak <= more.peak


@pytest.mark.parametrize("items", SIZES)
def test_where_a_recipe_searches_for_less_on_more_users_its_learning_alone_never_takes_less(items):
    for smaller, larger in pairs_of_plans(items):
        less, more = (RECIPE.costs.fit_seconds(plan.shape.counts) for plan in (smaller, larger))
        assert less < more


@pytest.mark.parametrize("items", [2e4, 1e6])
def test_a_step_leaves_its_rung_right_behind_the_limit(items):
    plan = planned(1e6, items)

    left = {(limit.step, limit.stops): limit.rows for limit in plan.limits if "GB of CSV" not in limit.why}

    for place, step in enumerate(("import", "training")):
        for name, stops in (("function", False), ("container", True)):
            inside, beyond = (plan_of(plan.shape.grown(left[step, stops] + more), RECIPE, MEMORY) for more in (0, 1))
            assert (inside.steps[place].place, beyond.steps[place].place != name) == (name, True)
    inside, beyond = (serving_of(plan.shape.grown(left["serving", True] + more), RECIPE) for more in (0, 1))
    assert (inside.fits, beyond.fits) == (True, False)


def test_limits_are_in_order_and_the_first_one_that_stops_the_service_is_where_it_breaks():
    plan = planned(3e9, 5e6)

    assert [limit.rows for limit in plan.limits] == sorted(limit.rows for limit in plan.limits)
    assert (plan.limits[0].step, plan.limits[0].rows, plan.limits[0].stops) == ("training", 0, False)
    assert plan.first == plan.limits[2]
    assert plan.first.step == "training"
    assert [limit.step for limit in plan.limits if not limit.passed(plan.shape)] == ["serving"]


def test_a_larger_function_holds_more():
    small, large = (plan_of(Shape(10**8, 20_000, 10**6), RECIPE, memory) for memory in (3008, 10_240))

    rows = [next(limit.rows for limit in plan.limits if limit.step == "training") for plan in (small, large)]

    assert rows[0] < rows[1]


def test_one_import_brings_what_amazon_takes():
    whole = next(limit for limit in planned(1e6, 1e4).limits if "GB of CSV" in limit.why)

    assert whole.rows == (100 << 30) // 43


def results():
    """What was measured: a recipe, counts, and megabytes of the artifact."""
    for path in sorted((ROOT / "bench" / "results").glob("training-*.txt")):
        text = path.read_text()
        recipe = re.search(r"--recipe (\S+)", text)[1]
        counts = re.search(r"^([\d,]+) events, ([\d,]+) users, ([\d,]+) items$", text, re.MULTILINE)
        if counts:
            events, users, items = (int(each.replace(",", "")) for each in counts.groups())
            yield pytest.param(recipe, Shape(events, items, users), float(re.search(r"artifact ([\d.]+)", text)[1]))


@pytest.mark.parametrize(("recipe", "shape", "measured"), list(results()))
def test_models_have_at_most_what_is_planned_and_not_much_less(recipe, shape, measured):
    serving = serving_of(shape, registry.get(recipe))
    planned = (serving.bytes - serving.touched) / 1e6  # the benches know no types of events

    assert measured <= planned <= 1.6 * measured


def test_models_of_recipes_that_nobody_has_worked_out_have_their_histories():
    serving = serving_of(Shape(1_000_000, 1000, 10_000), registry.get("aws-trending-now"))

    assert serving.learned is None
    assert serving.bytes == serving.histories + serving.touched > 24e6


def test_the_function_that_answers_is_that_of_the_templates():
    text = (ROOT / "infra" / "functions.py").read_text()

    assert f"_MODEL_ROOM: Final = {plans.RUNTIME_ROOM:_}" in text
    assert f"memory={plans.RUNTIME_MEMORY}," in text


def test_a_job_of_spark_costs_its_executors_and_driver_for_as_long_as_it_takes():
    job = sparks.import_job(1_000_000_000, 43e9)

    assert (job.partitions, job.executors, job.vcpus) == (321, 3, 16)
    assert job.hours == pytest.approx((120 + 1e9 / sparks.IMPORT.rows / 12) / 3600)
    hourly = 16 * 0.042094 + 32 * 0.004628 + 3 * max(0, job.disk - 20) * 0.000111
    assert job.dollars == pytest.approx(job.hours * hourly)


def test_what_is_shuffled_fits_on_the_disks_of_the_executors():
    job = sparks.training_job(10**11)

    assert job.executors > 3
    assert 190 < job.disk <= 200
