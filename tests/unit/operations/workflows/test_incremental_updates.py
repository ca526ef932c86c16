"""performIncrementalUpdate: every half an hour a version's model takes in what was put; nothing else of it is seen."""

import json

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deps import Deps
from tests.unit.operations.errors import message
from tests.unit.operations.executions import run_machine
from tests.unit.operations.shelves import Shop

HALF_AN_HOUR = 1_800
LAMP = {"name": "Desk Lamp", "about": "light for a dark room, with a bulb", "kind": "lamp"}
TEA = {"name": "Leaf Tea", "about": "a warm drink to brew in a pot", "kind": "tea"}


@pytest.fixture
def shop(build, clients):
    return Shop(build, clients)


@pytest.fixture
def solution(shop):
    return shop.solution()


@pytest.fixture
def version(shop, solution):
    return shop.version(solution)


@pytest.fixture
def campaign(shop, version):
    return shop.campaign(version)


def item(item_id, cells):
    return {"itemId": item_id, "properties": json.dumps(cells)}


def later(world, seconds=HALF_AN_HOUR):
    world.now += seconds


def test_it_is_on_by_itself_and_may_be_switched_off(personalize, shop, solution):
    described = personalize.describe_solution(solutionArn=solution)["solution"]
    assert described["performIncrementalUpdate"] is True

    personalize.update_solution(solutionArn=solution, performIncrementalUpdate=False)
    shop.world.run()
    other = shop.solution(performIncrementalUpdate=False)

    for arn in (solution, other):
        assert personalize.describe_solution(solutionArn=arn)["solution"]["performIncrementalUpdate"] is False
        shop.version(arn)
    shop.put(item("lamp-9", LAMP))
    later(shop.world)
    assert shop.world.look() == []


def test_an_item_that_was_put_again_is_what_it_is_by_now(shop, version, campaign):
    assert set(shop.like(campaign, "tea-1")) == {"tea-0", "tea-2", "tea-3"}
    shop.put(item("tea-0", LAMP))
    assert set(shop.like(campaign, "tea-1")) == {"tea-0", "tea-2", "tea-3"}

    later(shop.world)

    assert shop.world.look() == [version]
    assert set(shop.like(campaign, "tea-0")) <= {"lamp-0", "lamp-1", "lamp-2", "lamp-3"}
    assert "tea-0" not in shop.like(campaign, "tea-1", 2)


def test_new_items_are_in_the_model_and_in_its_files(shop, version, campaign):
    shop.put(item("tea-9", TEA))
    later(shop.world)
    shop.world.look()

    record = shop.world.resources.get(version)
    assert "tea-9" in shop.like(campaign, "tea-1", 4)
    assert record["_refreshed_on"]["recorded_before"] > record["_trained_on"]["recorded_before"]
    assert shop.world.resources.get(campaign)["_serving"]["artifact"] == record["_artifact"]
    assert shop.describe(version).status == "ACTIVE"


def test_metrics_and_words_stay_as_the_training_has_them(shop, version, personalize):
    before = personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    shop.put(item("tea-9", {**TEA, "name": "Leaf Unheard Unheard"}))
    later(shop.world)
    shop.world.look()

    assert personalize.get_solution_metrics(solutionVersionArn=version)["metrics"] == before


def test_without_news_and_before_its_time_nothing_is_done(shop, version, campaign):
    later(shop.world)
    assert shop.world.look() == []
    shop.put(item("tea-9", TEA))
    shop.world.look()
    shop.put(item("tea-8", TEA))

    later(shop.world, HALF_AN_HOUR / 2)
    assert shop.world.look() == []
    later(shop.world, HALF_AN_HOUR / 2)
    assert shop.world.look() == [version]
    assert {"tea-8", "tea-9"} <= set(shop.like(campaign, "tea-1", 5))


def test_a_lost_start_is_made_good_and_two_looks_start_one_update(shop, version, campaign):
    shop.put(item("tea-9", TEA))
    later(shop.world)
    deps = Deps(**shop.world.parts)
    assert run_machine("schedule", {"day": 86_400}, deps)["started"] == [version]
    assert run_machine("schedule", {"day": 86_400}, deps)["started"] == []
    shop.world.forget_starts()
    later(shop.world, 120)

    assert shop.world.look() == [version]
    assert "tea-9" in shop.like(campaign, "tea-1", 4)


def test_a_repeated_execution_does_no_harm(shop, version, campaign):
    shop.put(item("tea-9", TEA))
    later(shop.world)
    run_machine("schedule", {"day": 86_400}, Deps(**shop.world.parts))
    started = list(shop.world.workflows.started)
    shop.world.run()

    shop.world.workflows.started += started
    shop.world.run()

    artifact = shop.world.resources.get(version)["_artifact"]
    assert shop.world.resources.get(campaign)["_serving"]["artifact"] == artifact
    assert "tea-9" in shop.like(campaign, "tea-1", 4)


def test_a_failed_update_leaves_all_as_it_was_and_is_tried_again(shop, version, campaign):
    shop.put(item("tea-9", TEA))
    later(shop.world)
    before = shop.world.resources.get(version)["_artifact"]
    upload, shop.world.objects.upload = shop.world.objects.upload, _refuse
    shop.world.look()
    shop.world.objects.upload = upload

    assert shop.world.resources.get(version)["_artifact"] == before
    assert shop.describe(version).status == "ACTIVE"
    assert "tea-9" in shop.like(campaign, "tea-1", 4)
    later(shop.world)
    assert shop.world.look() == [version]
    assert shop.world.resources.get(version)["_artifact"] != before


def _refuse(*_arguments):
    raise OSError("the bucket is full")


def test_only_the_newest_version_is_brought_up_to_date(shop, solution, campaign):
    newer = shop.version(solution)
    shop.put(item("tea-0", LAMP))
    later(shop.world)

    assert shop.world.look() == [newer]
    assert "tea-0" in shop.like(campaign, "tea-1")


def test_a_batch_job_under_way_keeps_its_model(shop, version, personalize):
    shop.world.objects.write("bucket", "asked.json", b'{"itemId": "tea-1"}\n')
    personalize.create_batch_inference_job(
        jobName="all",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": "s3://bucket/asked.json"}},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
        roleArn="arn:aws:iam::123456789012:role/r",
    )
    shop.world.run()

    assert json.loads(shop.world.objects.read("bucket", "out/asked.json.out"))["error"] is None


def test_a_solution_is_not_deleted_while_its_model_is_brought_up_to_date(shop, solution, version, personalize):
    shop.put(item("tea-9", TEA))
    later(shop.world)
    assert run_machine("schedule", {"day": 86_400}, Deps(**shop.world.parts))["started"] == [version]

    with pytest.raises(ClientError) as error:
        personalize.delete_solution(solutionArn=solution)

    assert version in message(error)
    shop.world.run()
    personalize.delete_solution(solutionArn=solution)
    shop.world.run()
    assert not [key for bucket, key in shop.world.objects.objects if bucket == "models"]


def test_models_of_long_ago_are_removed(shop, version):
    for number in range(3):
        shop.put(item(f"tea-{5 + number}", TEA))
        later(shop.world, 5 * 3_600)
        shop.world.look()

    keys = [key for bucket, key in shop.world.objects.objects if bucket == "models" and key.endswith("manifest.json")]
    assert len(keys) == 3
    assert shop.world.resources.get(version)["_artifact"]["prefix"] + "manifest.json" in keys
