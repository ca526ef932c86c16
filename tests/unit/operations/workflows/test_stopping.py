"""A training is stopped at any moment: it ends as stopped, without an error, and leaves nothing."""

import re

import pytest

from tastemaker.pipelines.deps import Deps
from tests.unit.operations.executions import run_machine


@pytest.fixture
def solution(build, group):
    return build.solution(group, performAutoTraining=False)


@pytest.fixture
def begun(personalize, solution):
    """A version whose training is about to begin."""
    return personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]


@pytest.fixture
def status(personalize):
    return lambda arn: personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]["status"]


class Stopper:
    """Stops a version when its training writes something for the nth time."""

    def __init__(self, personalize, world, version: str, *, after: int) -> None:
        self.write, self.left = world.resources.update, after
        self.stop = lambda: personalize.stop_solution_version_creation(solutionVersionArn=version)
        self.version, self.stopped = version, False

    def __call__(self, arn: str, changes: object, **conditions: object) -> dict:
        if arn == self.version and not self.stopped and self.left == 0:
            self.stopped = True
            self.stop()
        self.left -= arn == self.version and not self.stopped
        return self.write(arn, changes, **conditions)


def models(world) -> list[str]:
    return [key for bucket, key in world.objects.objects if bucket == "models"]


def writes(world, version: str) -> int:
    """Return how often an undisturbed training writes to its version."""
    seen, write = [], world.resources.update

    def noticing(arn: str, changes: object, **conditions: object) -> dict:
        seen.append(arn)
        return write(arn, changes, **conditions)

    world.resources.update = noticing
    world.run()
    world.resources.update = write
    return seen.count(version)


def test_at_every_write_of_a_training_a_stop_ends_it(world, personalize, solution, begun, status):
    count = writes(world, begun)
    kept = models(world)

    for after in range(count):
        version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        write = world.resources.update
        world.resources.update = Stopper(personalize, world, version, after=after)
        world.run()
        world.resources.update = write

        assert status(version) == "CREATE STOPPED", after
        assert models(world) == kept, after
        assert "_progress" not in world.resources.get(version)
    # begin, prepare, publish, and between them the reports of a fit
    assert count > 5


def test_the_execution_of_a_stopped_training_does_not_fail(world, personalize, begun):
    personalize.stop_solution_version_creation(solutionVersionArn=begun)
    [(machine, work)] = world.workflows.started

    assert run_machine(machine, work, Deps(**world.parts)) == work


def test_a_stop_before_the_beginning_leaves_no_trace_of_a_failure(world, personalize, begun):
    personalize.stop_solution_version_creation(solutionVersionArn=begun)
    at_once = personalize.describe_solution_version(solutionVersionArn=begun)["solutionVersion"]
    world.run()

    described = personalize.describe_solution_version(solutionVersionArn=begun)["solutionVersion"]
    assert at_once["status"] == described["status"] == "CREATE STOPPED"
    assert not {"failureReason", "trainingHours"} & described.keys()


@pytest.mark.parametrize("before", ["CREATE PENDING", "CREATE IN_PROGRESS"])
def test_a_second_stop_is_refused(world, personalize, begun, before):
    world.resources.update(begun, {"status": before})
    personalize.stop_solution_version_creation(solutionVersionArn=begun)

    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.stop_solution_version_creation(solutionVersionArn=begun)


@pytest.mark.parametrize("end", ["ACTIVE", "CREATE FAILED", "CREATE STOPPED"])
def test_what_has_ended_cannot_be_stopped(world, personalize, begun, status, end):
    world.resources.update(begun, {"status": end})

    told = f"{begun} is not being trained; its status is {end}."
    with pytest.raises(personalize.exceptions.ResourceInUseException, match=re.escape(told)):
        personalize.stop_solution_version_creation(solutionVersionArn=begun)
    assert status(begun) == end


def test_a_version_that_begins_while_it_is_being_stopped_still_stops(world, personalize, begun, status):
    write = world.resources.update

    def beginning(arn: str, changes: object, **conditions: object) -> dict:
        world.resources.update = write
        write(arn, {"status": "CREATE IN_PROGRESS"})
        return write(arn, changes, **conditions)

    world.resources.update = beginning
    personalize.stop_solution_version_creation(solutionVersionArn=begun)

    assert status(begun) == "CREATE STOPPING"


def test_an_error_during_a_stop_still_ends_as_stopped(world, begun, status):
    world.resources.update(begun, {"status": "CREATE STOPPING"})
    world.objects.write("models", begun.partition(":solution/")[2] + "/manifest.json", b"")
    run_machine("training", {"arn": begun, "change": "create"}, Deps(**world.parts))

    assert (status(begun), models(world)) == ("CREATE STOPPED", [])


def test_nothing_that_is_not_a_version_can_be_stopped(personalize, solution):
    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.stop_solution_version_creation(solutionVersionArn=solution)
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.stop_solution_version_creation(solutionVersionArn=f"{solution}/00000000")


def test_a_stopped_training_lets_its_solution_go(world, personalize, solution, begun):
    personalize.stop_solution_version_creation(solutionVersionArn=begun)
    world.run()

    personalize.delete_solution(solutionArn=solution)
    world.run()

    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_solution_version(solutionVersionArn=begun)
