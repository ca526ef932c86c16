"""Recommenders learn anew every week; nothing of it is seen but newer answers."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deps import Deps
from tests.fields import INTERACTIONS, ITEMS
from tests.unit.operations.executions import run_machine
from tests.unit.operations.other_versions import as_stored_by_another_version
from tests.unit.operations.workflows.tastes import CREATED, EVENT_TYPE, GENRES, viewing

RECIPE = "arn:aws:personalize:::recipe/"


@pytest.fixture
def group(build, add, once):
    return once(lambda: stocked(build, add))


def stocked(build, add):
    arn = build.group(domain="VIDEO_ON_DEMAND")
    build.imported(add(arn, "Interactions", [*INTERACTIONS, EVENT_TYPE]), viewing(liked=3))
    add(arn, "Items", [ITEMS[0], GENRES, CREATED])
    return arn


@pytest.fixture
def recommender(world, personalize, group):
    arn = personalize.create_recommender(
        name="favourites", datasetGroupArn=group, recipeArn=RECIPE + "aws-vod-most-popular"
    )["recommenderArn"]
    world.run()
    return arn


@pytest.fixture
def describe(personalize, recommender):
    return lambda: personalize.describe_recommender(recommenderArn=recommender)["recommender"]


@pytest.fixture
def ask(clients, recommender):
    def best() -> str:
        reply = clients.personalize_runtime.get_recommendations(
            recommenderArn=recommender, userId="nobody", numResults=1
        )
        return reply["itemList"][0]["itemId"]

    return best


@pytest.fixture
def import_newer(personalize, build, group):
    """Replaces the interactions by some with another favourite."""
    datasets = personalize.list_datasets(datasetGroupArn=group)["datasets"]
    arn = next(dataset["datasetArn"] for dataset in datasets if dataset["datasetType"] == "INTERACTIONS")
    return lambda: build.imported(arn, viewing(liked=7))


def models(world) -> set[str]:
    return {key.rpartition("/")[0] for bucket, key in world.objects.objects if bucket == "models"}


def begin(world) -> None:
    """Let the schedule look, and what it starts wait."""
    run_machine("schedule", {"day": 86_400}, Deps(**world.parts))


def test_a_recommender_learns_anew_after_a_week(world, recommender, describe, ask, import_newer):
    before = describe()
    import_newer()
    world.later(days=6.9)
    early, old = world.look(), ask()
    world.later(days=0.2)

    started = world.look()

    after = describe()
    assert (early, started) == ([], [recommender])
    assert (old, ask()) == ("i3", "i7")
    assert after.keys() == before.keys()
    assert after["lastUpdatedDateTime"] > before["lastUpdatedDateTime"]
    assert after["modelMetrics"].keys() == before["modelMetrics"].keys()
    changed = {key for key in after if after[key] != before[key]}
    assert changed <= {"lastUpdatedDateTime", "modelMetrics"}
    assert world.look() == []


def test_it_answers_from_its_old_model_meanwhile(world, describe, ask, import_newer):
    import_newer()
    world.later(days=7.1)
    begin(world)

    assert (describe()["status"], "latestRecommenderUpdate" in describe(), ask()) == ("ACTIVE", False, "i3")
    begin(world)
    assert len(world.workflows.started) == 1


def test_a_week_is_counted_from_the_start_of_the_one_before(world, recommender):
    world.later(days=7.1)
    world.look()
    world.later(days=6.8)
    early = world.look()
    world.later(days=0.3)

    assert (early, world.look()) == ([], [recommender])


@pytest.mark.usefixtures("recommender")
def test_models_do_not_pile_up(world):
    kept = []
    for _ in range(4):
        world.later(days=7.1)
        world.look()
        kept.append(len(models(world)))

    # The one that serves, and the one before it, which a function may still be loading.
    assert kept == [2, 2, 2, 2]


def test_a_retraining_that_fails_leaves_the_old_model_serving(world, recommender, describe, ask):
    before = describe()
    for key in [key for key in world.objects.objects if key[1].startswith("snapshots/") and "INTERACTIONS" in key[1]]:
        del world.objects.objects[key]
    world.later(days=7.1)

    world.look()

    assert (describe(), ask()) == (before, "i3")
    assert world.resources.get(recommender)["_retraining"]["status"] == "CREATE FAILED"
    assert world.look() == []
    world.later(days=7.1)
    assert world.look() == [recommender]


def test_a_retraining_whose_start_was_lost_is_started(world, ask, import_newer):
    import_newer()
    world.later(days=7.1)
    begin(world)
    world.forget_starts()
    world.now += 61

    world.look()

    assert ask() == "i7"


@pytest.mark.parametrize("operation", ["stop_recommender", "delete_recommender"])
def test_a_stopped_or_deleted_recommender_takes_no_new_model(world, personalize, recommender, operation):
    before = models(world)
    world.later(days=7.1)
    begin(world)
    retraining = world.workflows.started.pop()
    getattr(personalize, operation)(recommenderArn=recommender)
    world.run()

    ended = run_machine(*retraining, Deps(**world.parts))

    record = world.resources.find(recommender) or {"status": "gone"}
    assert record["status"] == {"stop_recommender": "INACTIVE", "delete_recommender": "gone"}[operation]
    assert models(world) == (before if operation == "stop_recommender" else set())
    assert ended == retraining[1]


def test_an_inactive_recommender_is_left_alone_until_it_is_started(world, personalize, recommender):
    personalize.stop_recommender(recommenderArn=recommender)
    world.run()
    world.later(days=20)
    meanwhile = world.look()
    personalize.start_recommender(recommenderArn=recommender)
    world.run()

    assert (meanwhile, world.look()) == ([], [recommender])


def test_an_update_with_a_training_counts_as_one(world, personalize, recommender):
    world.later(days=4)
    columns = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}}
    personalize.update_recommender(recommenderArn=recommender, recommenderConfig=columns)
    world.run()
    world.later(days=4)

    assert world.look() == []


def test_a_model_of_other_columns_than_by_now_is_not_served(world, personalize, recommender, describe):
    world.later(days=7.1)
    begin(world)
    retraining = world.workflows.started.pop()
    columns = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}}
    taken = world.resources.update

    def updating(arn: str, changes: object, **conditions: object) -> dict:
        # An update is asked for and done while the retraining stores its model.
        noted = changes(world.resources.get(arn)) if callable(changes) else changes
        if noted.get("_progress", [0])[0] == pytest.approx(0.95):
            world.resources.update = taken
            personalize.update_recommender(recommenderArn=recommender, recommenderConfig=columns)
            world.run()
        return taken(arn, changes, **conditions)

    world.resources.update = updating
    ended = run_machine(*retraining, Deps(**world.parts))

    serving = world.resources.get(recommender)["_serving"]["artifact"]["prefix"]
    assert ended == retraining[1]
    assert describe()["latestRecommenderUpdate"]["status"] == "ACTIVE"
    assert describe()["recommenderConfig"]["trainingDataConfig"] == columns["trainingDataConfig"]
    assert serving.rstrip("/") in models(world)
    assert len(models(world)) == 2


@pytest.mark.usefixtures("recommender")
def test_data_are_not_deleted_while_they_are_read(world, personalize, group):
    world.later(days=7.1)
    begin(world)
    dataset = personalize.list_datasets(datasetGroupArn=group)["datasets"][0]["datasetArn"]

    with pytest.raises(personalize.exceptions.ResourceInUseException, match="recommender"):
        personalize.delete_dataset(datasetArn=dataset)


def test_a_recommender_whose_model_is_of_another_version_does_not_wait_for_its_week(world, recommender, ask):
    as_stored_by_another_version(world, recommender, format=1)
    with pytest.raises(ClientError, match="favourites cannot answer: the model has format 1"):
        ask()

    started = world.look()

    assert started == [recommender]
    assert ask() == "i3"
    assert world.look() == []
