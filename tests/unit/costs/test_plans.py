"""What an import, a training and serving take at any size, and where that breaks first."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import SPARK
from tastemaker.pipelines.training.spread import legs
from tastemaker.recipes import registry
from tastemaker.recipes.costs import Counts
from tastemaker_local.costs import shapes, sparks
from tastemaker_local.costs.plans import plan_of
from tastemaker_local.costs.shapes import Shape, serving_of

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
        (7e8, 1e6, [("container", 4096), ("container", 16_384), ("spark", 16_384), ("container", 30_720)], True),
        (3e9, 5e6, [("spark", 16_384), ("container", 16_384), ("spark", 16_384), ("container", 61_440)], True),
        (3e9, 3e7, [("spark", 16_384), ("container", 61_440), ("spark", 16_384), ("container", 122_880)], False),
    ],
)
def test_each_step_has_the_lowest_rung_that_holds_it(rows, items, places, fits):
    plan = planned(rows, items)

    training = ["training"] if len(places) == 2 else ["gather", "count", "assemble"]
    assert [step.name for step in plan.steps] == ["import", *training]
    assert [(step.place, step.rung.memory) for step in plan.steps] == places
    assert plan.serving.fits is fits


SIZES = [1e3, 2e4, 1e6, 5e6]


def pairs_of_plans(items, recipe=RECIPE):
    """Plans of ever more interactions, each beside one of twice as many."""
    return pairwise(planned(10_000 * 2**power, items, recipe) for power in range(22))


def in_one_place(less, more):
    """Whether both have one rung; what fails on all of them costs nothing."""
    return less.rung is not None and less.rung == more.rung


def learning(plan):
    """The step that learns or counts."""
    return next(step for step in plan.steps if step.name in {"training", "count"})


def leg(plan, name):
    return next((step for step in plan.steps if step.name == name), None)


@pytest.mark.parametrize("items", SIZES)
def test_more_interactions_never_take_less(items):
    order = ["function", "container", "spark", "none"]
    for smaller, larger in pairs_of_plans(items):
        for less, more in ((smaller.steps[0], larger.steps[0]), (learning(smaller), learning(larger))):
            assert order.index(less.place) <= order.index(more.place)
            assert less.need.disk <= more.need.disk
            assert not less.job or not more.job or less.job.shuffled < more.job.shuffled
        for less, more in ((leg(smaller, name), leg(larger, name)) for name in ("gather", "assemble")):
            if not less or not more:
                continue
            assert less.rung.memory <= more.rung.memory
            assert (less.seconds < more.seconds, less.need.disk < more.need.disk) == (True, True)
            assert less.peak <= more.peak
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
        less, more = learning(smaller), learning(larger)
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

    left = {
        (limit.step, "function" in limit.why): limit.rows for limit in plan.limits if " has too little" in limit.why
    }

    for step in ("import", "training"):
        for name in ("function", "container"):
            rows = left[step, name == "function"]
            inside, beyond = (plan_of(plan.shape.grown(rows + more), RECIPE, MEMORY) for more in (0, 1))
            places = [(each.steps[0] if step == "import" else learning(each)).place for each in (inside, beyond)]
            assert (places[0], places[1] != name) == (name, True)
    rows = next(limit.rows for limit in plan.limits if limit.step == "serving")
    inside, beyond = (serving_of(plan.shape.grown(rows + more), RECIPE) for more in (0, 1))
    assert (inside.fits, beyond.fits) == (True, False)


@pytest.mark.parametrize("items", [2e4, 1e6, 5e6])
def test_a_leg_fails_right_behind_the_first_of_its_limits(items):
    plan = planned(1e6, items)

    for name in ("gather", "count", "assemble"):
        rows = min(limit.rows for limit in plan.limits if limit.step == name)
        inside, beyond = (plan_of(plan.shape.grown(rows + more), RECIPE, MEMORY) for more in (0, 1))
        # Up to there a container might do it all, and from there on Spark might not begin.
        assert (leg(inside, name) or learning(inside)).fits
        assert not (leg(beyond, name) or learning(beyond)).fits


def test_where_many_machines_count_time_is_a_limit_too():
    limits = {limit.why: limit.rows for limit in planned(1e6, 1e6).limits if limit.step == "count"}

    rows = limits["Spark has too little time"]

    seconds = [leg(planned(size, 1e6), "count").seconds for size in (rows, 1e9)]
    assert seconds[0] == pytest.approx(80_000, rel=1e-6)
    assert seconds[1] < 80_000
    assert [step.place for step in planned(rows + 60, 1e6).steps] == ["spark", "none"]


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-user-personalization"])
def test_what_learns_from_all_events_at_once_breaks_where_containers_end(recipe):
    plan = planned(3e9, 1e6, registry.get(recipe))

    assert [(step.name, step.place, step.fits) for step in plan.steps[1:]] == [("training", "none", False)]
    assert (plan.first.step, plan.first.why) == ("training", "the largest container has too little memory")
    assert not {limit.step for limit in plan.limits} & {"gather", "count", "assemble"}


def test_the_legs_of_a_training_are_those_of_the_service():
    plan = planned(1e9, 1e6)

    gathering, assembling = legs.needs(RECIPE, plan.shape.counts, plan.shape.parquet)

    assert (leg(plan, "gather").need, leg(plan, "assemble").need) == (gathering, assembling)
    assert leg(plan, "count").need.spread == RECIPE.spread.counting_seconds(plan.shape.counts)
    assert legs.sample_of(plan.shape.counts) == Counts(20_000_000, 333_333, 1_000_000)


def test_limits_are_in_order_and_the_first_one_that_stops_the_service_is_where_it_breaks():
    plan = planned(3e9, 5e6)

    assert [limit.rows for limit in plan.limits] == sorted(limit.rows for limit in plan.limits)
    assert (plan.limits[0].step, plan.limits[0].rows, plan.limits[0].stops) == ("training", 0, False)
    assert plan.first == next(limit for limit in plan.limits if limit.stops)
    goes_on = [(limit.step, limit.why) for limit in plan.limits if not limit.stops]
    assert sorted(step for step, _ in goes_on) == ["import", "import", "training", "training"]
    passed = {limit.step for limit in plan.limits if limit.passed(plan.shape)}
    assert "import" in passed
    assert not passed & {"assemble", "gather", "serving"}


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

    assert f"_MODEL_ROOM: Final = {shapes.RUNTIME_ROOM:_}" in text
    assert f"memory={shapes.RUNTIME_MEMORY}," in text


SPARKS = next(rung for rung in rungs.ladder(MEMORY, containers=True, spark=True) if rung.name == SPARK)


def test_a_run_of_spark_is_quoted_as_the_service_does():
    step = planned(3e9, 5e6).steps[0]

    assert (step.job.partitions, step.job.executors, step.job.vcpus) == (962, 16, 68)
    cores = 5 * 3e9 * 43 / 30e6
    assert step.seconds == pytest.approx(120 + cores / 64, abs=1e-3)
    hourly = 4 * 0.042094 + 16 * 0.004628
    assert step.dollars == pytest.approx((cores / 4 + 16 * 120) / 3600 * hourly)
    quoted = SPARKS.quoted(step.need)
    assert (step.seconds, step.dollars) == (quoted["seconds"], quoted["cost"])


def test_what_is_shuffled_may_be_more_than_the_disks_of_the_executors_hold():
    most = int(16 * sparks.DISK * 2**30 / 2 / sparks.COUNTED)

    small, large = (sparks.Job.counting(rows, SPARKS) for rows in (most, most + 1))

    assert (small.fits, large.fits) == (True, False)
    assert 0.999 * sparks.DISK < small.disk <= sparks.DISK


def test_executors_are_those_of_the_templates():
    application = (ROOT / "infra" / "containers" / "spark.py").read_text()
    runs = (ROOT / "lambdas" / "tastemaker" / "store" / "emr.py").read_text()

    job = sparks.Job.counting(1, SPARKS)
    assert f'"{job.vcpus} vCPU"' in application
    assert f'_DISK: Final = "{sparks.DISK}g"' in runs


def test_a_task_reads_as_much_as_the_script_says():
    assert f"SPLIT_BYTES = {sparks.SPLIT >> 20} << 20" in (ROOT / "spark" / "job.py").read_text()
