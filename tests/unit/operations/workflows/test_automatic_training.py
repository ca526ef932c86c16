"""Solutions that train by themselves: when, on what, and what keeps them from it."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

HOUR = 1 / 24


@pytest.fixture
def typed_group(world, personalize, build):
    """A dataset group whose interactions have an event type."""
    arn, schema = build.group(), build.schema("Interactions", {"name": "EVENT_TYPE", "type": "string"})
    dataset = personalize.create_dataset(
        name="typed", datasetGroupArn=arn, schemaArn=schema, datasetType="Interactions"
    )["datasetArn"]
    world.run()
    head, *rows = shop().splitlines()
    build.imported(dataset, "\n".join([f"{head},EVENT_TYPE", *(f"{row},buy" for row in rows), ""]))
    return arn


@pytest.fixture
def versions(personalize):
    """Lists a solution's versions, oldest first."""

    def listed(solution: str) -> list[dict]:
        return personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]

    return listed


@pytest.fixture
def record(clients, world, personalize):
    """Records one event in a group."""

    def send(group: str, moment: int = 1_751_000_000) -> None:
        trackers = personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
        if not trackers:
            personalize.create_event_tracker(name="t", datasetGroupArn=group)
            world.run()
            trackers = personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
        tracker = personalize.describe_event_tracker(eventTrackerArn=trackers[0]["eventTrackerArn"])["eventTracker"]
        clients.personalize_events.put_events(
            trackingId=tracker["trackingId"],
            userId="u1",
            sessionId="s",
            eventList=[{"eventType": "buy", "sentAt": moment, "itemId": "i1"}],
        )

    return send


def every_day() -> dict:
    return {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}


def test_a_solution_trains_by_itself_within_the_hour(world, personalize, build, group, versions):
    solution = build.solution(group)
    at_once = world.look()
    world.later(days=0.75 * HOUR)

    [started] = world.look()

    [version] = versions(solution)
    described = personalize.describe_solution_version(solutionVersionArn=started)["solutionVersion"]
    assert at_once == []
    assert version["solutionVersionArn"] == started
    assert started.startswith(f"{solution}/")
    assert (version["status"], version["trainingType"], version["trainingMode"]) == ("ACTIVE", "AUTOMATIC", "FULL")
    assert described["recipeArn"].endswith("aws-popularity-count")
    assert described["performAutoML"] is False
    latest = personalize.describe_solution(solutionArn=solution)["solution"]["latestSolutionVersion"]
    assert latest["solutionVersionArn"] == started
    assert personalize.get_solution_metrics(solutionVersionArn=started)["metrics"]


def test_nobody_trains_who_does_not_want_to(world, build, group, versions):
    solution = build.solution(group, performAutoTraining=False)
    world.later(days=30)

    assert world.look() == versions(solution) == []


def test_looking_twice_starts_nothing_twice(world, build, group, versions):
    solution = build.solution(group)
    world.later(days=HOUR)

    assert (len(world.look()), world.look(), len(versions(solution))) == (1, [], 1)


def test_a_version_made_by_hand_replaces_the_first_automatic_one(world, build, group, versions, record):
    solution = build.solution(group)
    by_hand = build.version(solution)
    record(group)
    world.later(days=6.9)
    early = world.look()
    world.later(days=0.2)

    assert early == []
    assert world.look() == [versions(solution)[1]["solutionVersionArn"]] != [by_hand]


def test_the_next_training_is_counted_from_the_start_of_the_one_before(world, build, group, versions, record):
    solution = build.solution(group, solutionConfig=every_day())
    world.later(days=HOUR)
    world.look()
    world.later(days=0.5)
    record(group)
    build.version(solution)
    record(group, moment=1_751_000_001)
    world.later(days=0.9)
    early = world.look()
    world.later(days=0.2)

    assert early == []
    assert len(world.look()) == 1
    assert [version["trainingType"] for version in versions(solution)] == ["AUTOMATIC", "MANUAL", "AUTOMATIC"]


def test_a_date_without_new_interactions_is_skipped(world, build, group, versions, record):
    solution = build.solution(group, solutionConfig=every_day())
    world.later(days=HOUR)
    world.look()
    world.later(days=1.1)
    skipped = world.look()
    record(group)
    same_day = world.look()
    world.later(days=1)

    assert (skipped, same_day) == ([], [])
    assert len(world.look()) == 1
    assert len(versions(solution)) == 2


def test_an_import_is_something_new(world, personalize, build, group):
    build.solution(group, solutionConfig=every_day())
    world.later(days=HOUR)
    world.look()
    dataset = personalize.list_datasets(datasetGroupArn=group)["datasets"][0]["datasetArn"]
    build.imported(dataset, shop(users=70))
    world.later(days=1)

    assert len(world.look()) == 1


@pytest.fixture
def emptied(world, build):
    """A dataset group whose events were all deleted once it had a solution, its dataset and that solution."""
    group = build.group()
    dataset = build.dataset(group)
    solution = build.solution(group)
    world.events.delete_group(group)
    return group, dataset, solution


def test_a_first_training_waits_for_data(world, build, versions, emptied):
    _, dataset, solution = emptied
    world.later(days=3)
    waiting = world.look()

    build.imported(dataset, shop())

    assert waiting == []
    assert world.look() == [version["solutionVersionArn"] for version in versions(solution)]


def test_a_solution_without_any_dataset_waits_too(world, personalize, emptied):
    personalize.delete_dataset(datasetArn=emptied[1])
    world.run()
    world.later(days=3)

    assert world.look() == []


def test_a_failed_training_is_tried_again_at_the_next_date(world, build, versions):
    group = build.group()
    build.imported(build.dataset(group), "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1700000000\n")
    solution = build.solution(group, solutionConfig=every_day())
    world.later(days=HOUR)
    world.look()

    assert world.look() == []
    world.later(days=1)
    assert len(world.look()) == 1
    assert [version["status"] for version in versions(solution)] == ["CREATE FAILED", "CREATE FAILED"]


def test_a_stopped_training_goes_on_at_the_next_date(world, personalize, build, group, versions):
    solution = build.solution(group, solutionConfig=every_day())
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    personalize.stop_solution_version_creation(solutionVersionArn=version)
    world.later(days=0.9)
    early = world.look()
    world.later(days=0.2)

    assert early == []
    assert len(world.look()) == 1
    assert [one["status"] for one in versions(solution)] == ["CREATE STOPPED", "ACTIVE"]


def test_nothing_starts_beside_a_training_that_has_not_ended(world, personalize, build, group):
    solution = build.solution(group, solutionConfig=every_day())
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    world.workflows.started.clear()
    world.resources.update(version, {"status": "CREATE IN_PROGRESS"})
    world.later(days=5)

    assert world.look() == []


def test_a_pending_version_whose_start_was_lost_is_started(world, personalize, build, group):
    solution = build.solution(group, performAutoTraining=False)
    personalize.create_solution_version(solutionArn=solution)
    world.forget_starts()
    world.now += 61

    world.look()

    [version] = personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert version["status"] == "ACTIVE"


def test_no_more_than_twenty_train_at_once(world, personalize, build, group):
    build.solution(group)
    busy = build.solution(build.group(), performAutoTraining=False)
    for _ in range(20):
        version = personalize.create_solution_version(solutionArn=busy)["solutionVersionArn"]
        world.resources.update(version, {"status": "CREATE IN_PROGRESS"})
    world.workflows.started.clear()
    world.later(days=HOUR)
    full = world.look()

    world.resources.update(version, {"status": "CREATE FAILED"})

    assert full == []
    assert len(world.look()) == 1


def test_another_frequency_means_a_training_within_the_hour(world, personalize, build, group, record):
    solution = build.solution(group)
    build.version(solution)
    record(group)
    world.later(days=2)
    personalize.update_solution(solutionArn=solution, solutionUpdateConfig=every_day())
    world.run()
    at_once = world.look()
    world.later(days=HOUR)

    assert at_once == []
    assert len(world.look()) == 1


def test_the_same_frequency_in_other_words_changes_nothing(personalize, build, group):
    solution = build.solution(group)
    same = {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}

    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.update_solution(solutionArn=solution, solutionUpdateConfig=same, performAutoTraining=True)


def test_other_weights_leave_the_schedule_as_it_is(world, personalize, build, typed_group, record):
    solution = build.solution(typed_group, "aws-user-personalization-v2")
    build.version(solution)
    record(typed_group)
    weights = {"eventsConfig": {"eventParametersList": [{"eventType": "buy", "weight": 1.0}]}}
    personalize.update_solution(solutionArn=solution, solutionUpdateConfig=weights)
    world.run()
    world.later(days=2)

    config = personalize.describe_solution(solutionArn=solution)["solution"]["solutionConfig"]
    assert config["eventsConfig"] == weights["eventsConfig"]
    assert world.look() == []


def test_turned_on_a_solution_trains_within_the_hour_and_turned_off_never(world, personalize, build, group):
    solution = build.solution(group, performAutoTraining=False)
    world.later(days=9)
    personalize.update_solution(solutionArn=solution, performAutoTraining=True)
    world.run()
    at_once = world.look()
    world.later(days=HOUR)
    later = world.look()
    personalize.update_solution(solutionArn=solution, performAutoTraining=False)
    world.run()
    world.later(days=30)

    assert (at_once, len(later), world.look()) == ([], 1, [])
    update = personalize.describe_solution(solutionArn=solution)["solution"]["latestSolutionUpdate"]
    assert update.keys() == {"performAutoTraining", "status", "creationDateTime", "lastUpdatedDateTime"}


@pytest.mark.parametrize("expression", ["rate(0 days)", "rate(31 days)"])
def test_a_schedule_is_from_a_day_to_thirty(personalize, build, group, expression):
    config = {"autoTrainingConfig": {"schedulingExpression": expression}}
    solution = build.solution(group)
    calls = [
        lambda: build.solution(group, solutionConfig=config),
        lambda: personalize.update_solution(solutionArn=solution, solutionUpdateConfig=config),
    ]

    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == "InvalidInputException"
        assert expression in message(error)


def test_a_solution_is_not_deleted_while_it_is_updated(world, personalize, build, group):
    solution = build.solution(group)
    personalize.update_solution(solutionArn=solution, performAutoTraining=False)

    with pytest.raises(personalize.exceptions.ResourceInUseException, match="latestSolutionUpdate"):
        personalize.delete_solution(solutionArn=solution)
    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.update_solution(solutionArn=solution, solutionUpdateConfig=every_day())

    world.run()
    personalize.delete_solution(solutionArn=solution)
    world.run()
    assert personalize.list_solutions(datasetGroupArn=group)["solutions"] == []


def test_a_day_may_be_short(world, build, group, record):
    build.solution(group, solutionConfig=every_day())
    world.now += 5
    first = world.look(day=60)
    record(group)
    world.now += 60

    assert (len(first), len(world.look(day=60))) == (1, 1)


def test_any_work_whose_start_was_lost_is_started(world, personalize):
    arn = personalize.create_dataset_group(name="lost")["datasetGroupArn"]
    world.forget_starts()
    early = world.look()
    world.now += 61

    assert (early, world.look()) == ([], [arn])
    assert personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"
