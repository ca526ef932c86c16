"""Which rung a step begins on, what its container is told, and where it goes on when it has outgrown one."""

from dataclasses import asdict, replace
from functools import partial

import pytest

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import CONTAINER, FUNCTION, SPARK, Need, Rung
from tastemaker.errors import JobFailed, JobOutgrown, JobStopped
from tastemaker.pipelines.ladder import choosing, documents, steps
from tastemaker.pipelines.ladder.documents import ContainerFailed
from tastemaker.store.memory import MemoryJobs
from tastemaker.store.ports import JobEnd
from tests.unit.pipelines.fakes import HOME, a_world

VERSION = f"{HOME}:solution/shop/1"
LADDER = rungs.ladder(3_008, containers=True)
SMALL, LARGE = LADDER[1], LADDER[-1]


def a_deps(*, memory=3_008, containers=True):
    deps = a_world().deps
    deps = replace(
        deps, config=replace(deps.config, memory=memory, job_queue="jobs" if containers else "", spark_application="")
    )
    deps.resources.create(
        {"_arn": VERSION, "_kind": "solution-version", "_created": "1", "_parent": HOME, "status": "CREATE IN_PROGRESS"}
    )
    return deps


def work(**more):
    return {"arn": VERSION, "change": "create", "rung": asdict(SMALL), **more}


def begun(deps, **more):
    return steps.start(deps, {"arn": VERSION, "of": "training.fit", "work": work(**more)})


def climbed(deps, before, error="JobOutgrown", cause='{"errorMessage": "it has grown"}'):
    told = {**before, "error": {"Error": error, "Cause": cause}}
    return steps.climb(deps, {"arn": VERSION, "work": told, "execution": "create-1"})


@pytest.mark.parametrize(
    ("need", "chosen"),
    [
        (Need(3_000, 100), LADDER[0]),
        (Need(3_100, 100), SMALL),
        (Need(300, 601), SMALL),  # half as long again would not end within Lambda's 15 minutes
        (Need(300, 100, 11), SMALL),
        (Need(3_300, 100), LADDER[2]),  # with a quarter more it would not be sure to fit
        (Need(98_000, 40_000), LARGE),
        (Need(99_000, 100), None),
        (Need(300, 60_000), None),
        (Need(300, 100, 201), None),
    ],
)
def test_the_lowest_rung_is_taken_that_holds_a_step(need, chosen):
    assert rungs.choose(LADDER, need) == chosen


def test_a_rung_that_is_pinned_is_taken_though_a_lower_one_would_do():
    assert rungs.choose(LADDER, Need(300, 10), pinned=CONTAINER) == SMALL
    assert rungs.choose(LADDER, Need(3_100, 10), pinned=FUNCTION) is None


def test_where_no_lambda_is_the_first_rung_has_no_limits():
    [machine] = rungs.ladder(0, containers=False)

    assert machine.holds(Need(1e6, 1e6, 1e6))
    assert machine.quoted(Need(500, 90)) == {"rung": FUNCTION, "memory": 0, "seconds": 90, "cost": machine.cost(90)}


def test_a_container_costs_its_start_too():
    assert SMALL.quoted(Need(300, 60))["seconds"] == 120
    assert SMALL.cost(60) == pytest.approx(120 / 3600 * (2 * 0.03238 + 4 * 0.00356 + 180 * 0.000111), abs=1e-8)


def test_what_fits_on_no_rung_is_said_before_anything_is_read():
    with pytest.raises(JobFailed, match=r"about 200,000 MB of memory.* largest container has 122,880 MB"):
        choosing.place(a_deps(), work(), Need(200_000, 10))


def test_without_containers_the_function_tries():
    placed = choosing.place(a_deps(containers=False), work(), Need(200_000, 10))

    assert (placed["rung"], placed["rungs"]) == (asdict(LADDER[0]), [])


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ({}, "many machines do imports, and trainings by some recipes, and nothing else"),
        ({"alone": "its recipe counts nothing that Spark could"}, "its recipe counts nothing that Spark could"),
    ],
)
def test_what_one_machine_alone_can_do_is_not_done_by_spark_and_says_why(why, told):
    deps = a_deps()
    deps = replace(deps, config=replace(deps.config, spark_application="spark"))

    with pytest.raises(JobFailed) as refusal:
        choosing.place(deps, work(), Need(300, 10), pinned=SPARK, **why)

    assert str(refusal.value) == f"The tag tastemaker:rung asks for spark, which cannot do this: {told}."
    assert choosing.place(deps, work(), Need(300, 10), **why)["rung"]["name"] == FUNCTION


def test_a_container_that_is_pinned_where_there_are_none_is_refused():
    with pytest.raises(JobFailed, match="tastemaker:containers"):
        choosing.require_there(a_deps(containers=False), CONTAINER)


def test_a_step_that_is_begun_twice_has_one_container():
    deps = a_deps()

    assert begun(deps) == begun(deps)
    [told] = deps.jobs.started.values()
    assert (told["memory"], told["vcpus"], told["seconds"]) == (SMALL.memory, SMALL.vcpus, 3_600)


def test_a_container_has_three_times_what_was_foreseen():
    deps = a_deps()

    begun(deps, expected=4_000)

    [told] = deps.jobs.started.values()
    assert told["seconds"] == 12_000


def test_looks_are_further_and_further_apart():
    deps = a_deps()
    seen = [begun(deps)]

    for _ in range(8):
        seen.append(steps.look(deps, seen[-1]))

    assert [each["job"]["wait"] for each in seen] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(each["running"] for each in seen[1:])


def test_what_a_container_made_goes_on_with_its_memory_as_the_limit():
    deps = a_deps()
    before = begun(deps)

    def run(step, inside, given):
        assert (step, inside.config.memory) == ("training.fit", SMALL.memory)
        return {**given, "artifact": "model"}

    [name] = deps.jobs.started
    documents.carry_out(deps, deps.jobs.started[name]["document"], run)
    deps.jobs.ends[name] = JobEnd(succeeded=True)

    assert steps.look(deps, before) == {**work(), "artifact": "model", "running": False, "more": False}
    assert steps.look(deps, before)["artifact"] == "model"  # a look that is repeated


@pytest.mark.parametrize("problem", [JobFailed("no"), JobOutgrown("no"), JobStopped("no")], ids=repr)
def test_what_a_step_raises_in_a_container_is_raised_by_the_look(problem):
    deps = a_deps()
    before = begun(deps)

    def run(*_):
        raise problem

    [name] = deps.jobs.started
    documents.carry_out(deps, deps.jobs.started[name]["document"], run)
    deps.jobs.ends[name] = JobEnd(succeeded=True)

    with pytest.raises(type(problem), match="no"):
        steps.look(deps, before)


ended = partial(JobEnd, False)  # noqa: FBT003 - not well


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        (
            ended("OutOfMemoryError: Container killed due to memory usage", exit_code=137),
            JobOutgrown,
            "memory",
        ),
        (ended("Essential container in task exited", exit_code=137), JobOutgrown, "memory"),
        (ended("Job attempt duration exceeded timeout"), JobOutgrown, "longer than it may"),
        (ended("CannotPullContainerError: no such image"), JobFailed, "no such image"),
        (
            ended("Essential container in task exited", exit_code=1),
            JobFailed,
            "Essential container",
        ),
        (JobEnd(succeeded=True), ContainerFailed, "left no result"),
    ],
)
def test_a_container_that_said_nothing_failed_of_what_aws_batch_says(end, kind, words):
    deps = a_deps()
    before = begun(deps)
    deps.jobs.ends[before["job"]["id"]] = end

    with pytest.raises(kind, match=words) as raised:
        steps.look(deps, before)

    assert type(raised.value) is kind


def test_a_container_whose_work_nobody_wants_is_ended_even_if_it_still_waits():
    deps = a_deps()
    before = begun(deps)
    deps.resources.update(VERSION, {"status": "CREATE STOPPING"})

    with pytest.raises(JobStopped):
        steps.look(deps, before)

    assert deps.jobs.stopped == [before["job"]["id"]]


class SlowJobs(MemoryJobs):
    """Containers that take a while to end when they are stopped."""

    def stop(self, id_, reason):
        del reason
        self.stopped.append(id_)


def test_what_is_stopped_is_looked_at_until_it_has_ended():
    deps = replace(a_deps(), jobs=SlowJobs())
    before = begun(deps)
    deps.resources.update(VERSION, {"status": "CREATE STOPPING"})

    # What it writes until then is removed by the state that follows.
    assert steps.look(deps, before)["running"]
    deps.jobs.ends[before["job"]["id"]] = JobEnd(succeeded=False, reason="stopped")
    with pytest.raises(JobStopped):
        steps.look(deps, before)


def test_a_step_climbs_once_and_says_why():
    deps = a_deps()
    function = work(rung=asdict(LADDER[0]))

    higher = climbed(deps, function, "Sandbox.Timedout", "Task timed out after 900.00 seconds")

    assert Rung.of(higher["rung"]) == LADDER[2]  # twice the function's 3,008 MB at least
    assert higher["climbed"]["from"] == FUNCTION
    assert "15 minutes" in higher["climbed"]["reason"]
    assert "error" not in higher
    assert deps.resources.get(VERSION)["_climbed"] == higher["climbed"]
    with pytest.raises(JobFailed, match="it has grown"):
        climbed(deps, higher)


def test_it_climbs_as_far_as_its_quote_says():
    deps = a_deps()
    deps.resources.update(VERSION, {"_quote": {"peakMemory": 40_000}})

    assert Rung.of(climbed(deps, work(rung=asdict(LADDER[0])))["rung"]).memory == 60 << 10


def test_a_container_climbs_with_what_it_was_given():
    deps = a_deps()
    before = begun(deps)

    higher = climbed(deps, before)

    assert (higher["rung"]["memory"], "job" in higher) == (2 * SMALL.memory, False)


def test_a_container_beside_spark_climbs_though_spark_was_chosen():
    deps = a_deps()
    of_legs = {"legs": [{"of": "training.gather", "rung": asdict(SMALL)}, {"of": SPARK, "rung": asdict(LARGE)}]}

    before = begun(deps, pinned=True, **of_legs)

    assert climbed(deps, before)["rung"]["memory"] == 2 * SMALL.memory


@pytest.mark.parametrize(
    ("before", "containers"),
    [(work(rung=asdict(LADDER[0])), False), (work(pinned=True), True), (work(rung=asdict(LARGE)), True)],
    ids=["no containers", "pinned", "the highest"],
)
def test_where_there_is_nothing_higher_the_job_fails_of_what_it_lacked(before, containers):
    with pytest.raises(JobFailed, match="it has grown"):
        climbed(a_deps(containers=containers), before)


def in_legs():
    """An import that a container begins, Spark goes on with, and a container ends."""
    spark = Rung(SPARK, 16 << 10, 4, 0, 80_000)
    rungs_ = {"import.gather": SMALL, SPARK: spark, "import.adopt": LADDER[2]}
    legs = [{"of": of, "rung": asdict(rung)} for of, rung in rungs_.items()]
    return work(legs=legs, rung=legs[0]["rung"])


def carried(deps, name, **made):
    """Let a container do its leg."""
    documents.carry_out(deps, deps.jobs.started[name]["document"], lambda _step, _deps, given: {**given, **made})
    deps.jobs.ends[name] = JobEnd(succeeded=True)


def test_legs_are_taken_one_after_the_other():
    deps = a_deps()

    gathering = steps.start(deps, {"arn": VERSION, "of": "import.convert", "work": in_legs()})
    carried(deps, gathering["job"]["id"], document="jobs/spark.json")
    gathered = steps.look(deps, gathering)
    sorting = steps.start(deps, {"arn": VERSION, "of": "import.convert", "work": gathered})
    waiting = steps.look(deps, sorting)
    deps.sparks.ends[sorting["job"]["id"]] = JobEnd(succeeded=True)
    sorted_ = steps.look(deps, waiting)
    looking = steps.start(deps, {"arn": VERSION, "of": "import.convert", "work": sorted_})
    carried(deps, looking["job"]["id"], snapshot="snapshots/1/manifest.json")
    ended = steps.look(deps, looking)

    assert [each["of"] for each in (gathering["job"], sorting["job"], looking["job"])] == [
        "import.gather",
        SPARK,
        "import.adopt",
    ]
    assert [each["more"] for each in (gathered, sorted_, ended)] == [True, True, False]
    assert waiting["running"]
    [told] = deps.sparks.started.values()
    assert (told["document"], told["memory"]) == ("jobs/spark.json", 16 << 10)
    assert deps.jobs.started[looking["job"]["id"]]["memory"] == LADDER[2].memory
    assert ended["snapshot"] == "snapshots/1/manifest.json"


def test_what_spark_failed_of_is_told_and_not_tried_on_more():
    deps = a_deps()
    sorting = steps.start(deps, {"arn": VERSION, "of": "-", "work": {**in_legs(), "legs": in_legs()["legs"][1:]} | {
        "rung": in_legs()["legs"][1]["rung"], "document": "jobs/spark.json"}})  # fmt: skip
    deps.sparks.ends[sorting["job"]["id"]] = JobEnd(succeeded=False, reason="an executor was lost")

    with pytest.raises(JobFailed, match="an executor was lost"):
        steps.look(deps, sorting)


def test_a_run_of_spark_whose_work_nobody_wants_is_ended():
    deps = a_deps()
    spark = in_legs()["legs"][1]
    before = steps.start(deps, {"arn": VERSION, "of": "-", "work": work(**spark, document="jobs/spark.json")})
    deps.resources.update(VERSION, {"status": "CREATE STOPPING"})

    with pytest.raises(JobStopped):
        steps.look(deps, before)

    assert (deps.sparks.stopped, deps.jobs.stopped) == ([before["job"]["id"]], [])


def test_only_what_many_machines_can_do_is_done_by_spark():
    ladder = rungs.ladder(3_008, containers=True, spark=True)

    assert rungs.choose(ladder, Need(2_000, 3_000, 300, spread=18_000)).name == SPARK
    assert rungs.choose(ladder, Need(2_000, 3_000, 300)) is None
    assert rungs.choose(ladder, Need(2_000, 600, 9, spread=3_600)).name == FUNCTION


def test_spark_takes_its_executors_seconds_and_no_machines():
    """16 executors of 4 vCPUs and 16 GB, two minutes for their start."""
    spark = rungs.ladder(3_008, containers=True, spark=True)[-1]
    quoted = spark.quoted(Need(2_000, 3_000, 300, spread=19_200))

    hour = 4 * 0.042094 + 16 * 0.004628
    assert (quoted["rung"], quoted["seconds"]) == (SPARK, 120 + 19_200 / 64)
    assert quoted["cost"] == pytest.approx((19_200 / 4 + 16 * 120) / 3600 * hour, abs=1e-8)
    assert quoted == spark.quoted(Need(90_000, 9_000, 300, spread=19_200))


def test_what_takes_spark_longer_than_a_day_does_not_fit():
    spark = rungs.ladder(3_008, containers=True, spark=True)[-1]
    most = 64 * (spark.seconds - 120)

    assert spark.holds(Need(2_000, 1e7, 300, spread=most))
    assert not spark.holds(Need(2_000, 1e7, 300, spread=most + 1))
