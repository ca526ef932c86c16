"""What keeps what from being deleted, what goes along, and what may be made again afterwards."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import BUSY, ERASING
from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

BLOCKED = [
    pytest.param(row, blocker, id=f"{row.name} {blocker.dataset_type} by {blocker.kind}")
    for row in KINDS.values()
    for blocker in row.blockers
]
DELETED = ("dataset-group", "schema", "dataset", "event-tracker", "filter", "solution", "campaign", "recommender")


def put(world, kind: str, name: str, **members) -> str:
    """Store a resource of any kind as it would be."""
    arn = f"{NOWHERE}{kind}/{name}"
    own = {"_arn": arn, "_kind": kind, "_created": f"{world.clock():017.6f}#{arn}", "_tags": {}, "status": "ACTIVE"}
    row = KINDS[kind]
    parent = members.get(row.parent) if row.parent else None
    world.resources.create({"name": name, row.arn_member: arn, **own, "_parent": parent, **members})
    return arn


def target(world, kind: str, type_: str = "") -> str:
    """Store a resource that may be deleted, were it not for others."""
    members = {"datasetGroupArn": "arn:group"} if kind != "dataset-group" else {}
    arn = put(world, kind, "kept", **members, **({"datasetType": type_ or "INTERACTIONS"} if kind == "dataset" else {}))
    if kind == "schema":
        world.resources.update(arn, {}, drop=["status"])
    return arn


def delete(personalize, kind: str, arn: str) -> None:
    operation = f"delete_{kind.replace('-', '_')}"
    getattr(personalize, operation)(**{KINDS[kind].arn_member: arn})


def refusal(call) -> str:
    with pytest.raises(ClientError) as error:
        call()
    assert code(error) == "ResourceInUseException"
    return message(error)


@pytest.mark.parametrize(("row", "blocker"), BLOCKED)
def test_a_resource_stays_while_another_needs_it(world, personalize, row, blocker):
    arn = target(world, row.name, blocker.dataset_type)
    shared = {blocker.via: world.resources.get(arn)[blocker.via]}
    shared |= {blocker.types_member: [blocker.dataset_type]} if blocker.types_member else {}
    status = min(blocker.statuses) if blocker.statuses else "CREATE FAILED"
    other = put(world, blocker.kind, "other", **shared, status=status)

    assert other in refusal(lambda: delete(personalize, row.name, arn))

    world.resources.delete(other)
    put(world, blocker.kind, "elsewhere", **{blocker.via: "arn:another"}, status=status)
    delete(personalize, row.name, arn)


@pytest.mark.parametrize(("row", "blocker"), [p for p in BLOCKED if p.values[1].statuses])
def test_a_resource_that_has_settled_keeps_no_other(world, personalize, row, blocker):
    arn = target(world, row.name)
    put(world, blocker.kind, "other", **{blocker.via: world.resources.get(arn)[blocker.via]}, status="CREATE FAILED")

    delete(personalize, row.name, arn)


@pytest.mark.parametrize("kind", ["event-tracker", "metric-attribution"])
def test_only_the_interactions_are_kept_by_a_tracker_and_an_attribution(world, personalize, kind):
    items = put(world, "dataset", "kept", datasetGroupArn="arn:group", datasetType="ITEMS")
    put(world, kind, "other", datasetGroupArn="arn:group")

    delete(personalize, "dataset", items)


def test_a_dataset_stays_while_a_recommender_is_trained_anew(world, personalize):
    arn = target(world, "dataset")
    update = {"status": "CREATE IN_PROGRESS"}
    put(world, "recommender", "r", datasetGroupArn="arn:group", latestRecommenderUpdate=update)

    assert "recommender" in refusal(lambda: delete(personalize, "dataset", arn))


def test_a_schema_stays_while_a_dataset_is_changing_to_it(world, personalize):
    schema = target(world, "schema")
    update = {"status": "CREATE PENDING", "schemaArn": schema}
    dataset = put(world, "dataset", "d", schemaArn="arn:old", latestDatasetUpdate=update)

    assert dataset in refusal(lambda: delete(personalize, "schema", schema))

    world.resources.update(dataset, {"latestDatasetUpdate": {**update, "status": "CREATE FAILED"}})
    delete(personalize, "schema", schema)


@pytest.mark.parametrize("kind", [kind for kind in DELETED if kind != "schema"])
@pytest.mark.parametrize("status", sorted(BUSY | {"DELETE PENDING", "DELETE IN_PROGRESS", "STOP PENDING"}))
def test_a_resource_that_is_changing_is_not_deleted(world, personalize, kind, status):
    arn = target(world, kind)
    world.resources.update(arn, {"status": status})

    assert status in refusal(lambda: delete(personalize, kind, arn))


@pytest.mark.parametrize("kind", ["dataset", "solution", "campaign", "recommender"])
def test_a_resource_that_is_being_updated_is_not_deleted(world, personalize, kind):
    arn = target(world, kind)
    member = KINDS[kind].update_member
    world.resources.update(arn, {member: {"status": "CREATE IN_PROGRESS"}})

    assert member in refusal(lambda: delete(personalize, kind, arn))


def test_an_inactive_recommender_may_be_deleted_and_no_other_kind_is_inactive(world, personalize):
    assert [kind for kind in DELETED if "INACTIVE" in KINDS[kind].deletable] == ["recommender"]

    arn = target(world, "recommender")
    world.resources.update(arn, {"status": "INACTIVE"})
    delete(personalize, "recommender", arn)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in KINDS.values() if row.goes_with])
def test_what_cannot_be_deleted_by_itself_goes_with_what_it_belongs_to(world, personalize, row):
    kept = next(one for one in KINDS.values() if one.arn_member == row.goes_with)
    arn = target(world, kept.name)
    status = "COMPLETED" if row.name == "data-deletion-job" else "ACTIVE"
    gone = put(world, row.name, "gone", **{row.goes_with: arn}, status=status)
    stays = put(world, row.name, "stays", **{row.goes_with: f"{arn}-2"}, status=status)

    delete(personalize, kept.name, arn)
    world.run()

    assert (world.resources.find(arn), world.resources.find(gone)) == (None, None)
    assert world.resources.find(stays)


def test_jobs_that_run_have_statuses_of_their_own_in_the_table():
    running = {b.kind: b.statuses for b in KINDS["dataset"].blockers if b.kind.endswith("job")}

    assert running.pop("data-deletion-job") == ERASING
    assert set(running.values()) == {BUSY}


def test_a_group_has_one_event_tracker_and_its_name_is_unique(world, personalize, build):
    group, other = build.group(), build.group()
    for one in (group, other):
        build.dataset(one)
    arn = personalize.create_event_tracker(name="clicks", datasetGroupArn=group)["eventTrackerArn"]
    world.run()

    for members in ({"name": "more", "datasetGroupArn": group}, {"name": "clicks", "datasetGroupArn": other}):
        with pytest.raises(ClientError) as error:
            personalize.create_event_tracker(**members)
        assert code(error) == "ResourceAlreadyExistsException"
        assert message(error) == f"Another resource with Arn {arn} already exists."


def test_a_deleted_tracker_makes_room_for_another_of_its_name(world, personalize, build):
    group = build.group()
    build.dataset(group)
    create = {"name": "clicks", "datasetGroupArn": group}
    first = personalize.create_event_tracker(**create)["eventTrackerArn"]
    world.run()
    personalize.delete_event_tracker(eventTrackerArn=first)
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException):
        personalize.create_event_tracker(**create)
    world.run()

    assert personalize.create_event_tracker(**create)["eventTrackerArn"] != first


def test_of_two_trackers_at_once_one_is_made(world, personalize, build):
    group = build.group()
    build.dataset(group)
    world.meanwhile(lambda: personalize.create_event_tracker(name="a", datasetGroupArn=group))

    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException):
        personalize.create_event_tracker(name="b", datasetGroupArn=group)

    assert [one["name"] for one in personalize.list_event_trackers()["eventTrackers"]] == ["a"]


def test_versions_of_one_solution_may_share_a_name(personalize, build):
    # The reference says that every call makes a new version, and nothing of names.
    solution = build.solution(build.group())
    create = {"solutionArn": solution, "name": "nightly"}

    first, second = (personalize.create_solution_version(**create)["solutionVersionArn"] for _ in range(2))

    assert first != second


def test_no_reply_holds_a_member_without_a_value(personalize, build):
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, shop())
    solution = build.solution(group)
    version = build.version(solution)
    campaign = build.campaign(version)

    replies = [
        personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"],
        personalize.describe_dataset(datasetArn=dataset)["dataset"],
        personalize.describe_solution(solutionArn=solution)["solution"],
        personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"],
        personalize.describe_campaign(campaignArn=campaign)["campaign"],
        personalize.list_campaigns()["campaigns"][0],
    ]

    assert all(value is not None for reply in replies for value in reply.values())
    assert "datasetGroupArn" not in replies[4]
