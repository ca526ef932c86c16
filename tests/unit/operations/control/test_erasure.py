"""Erased users, through real boto3 clients: no model of any recipe has a trace of them, and nobody else notices."""

import pytest

from tastemaker.recipes import registry
from tests.unit.operations.erasing import GONE, OTHERS, PLAN, V2, Scene, stocked, with_her
from tests.unit.operations.libraries import USE_CASES, library_of, viewing

OF_CAMPAIGNS = [name for name in registry.own_names() if registry.get(name).metadata.type != "USER_SEGMENTATION"]


@pytest.fixture
def group(build, once):
    return once(lambda: stocked(build))


@pytest.fixture
def scene(world, clients, build):
    return Scene(world, clients, build)


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
@pytest.mark.parametrize("recipe", OF_CAMPAIGNS)
def test_of_a_campaigns_model_nothing_is_left(scene, group, recipe, cold):
    campaign = scene.build.campaign(scene.build.version(scene.build.solution(group, recipe)))
    *before, hers = scene.asked(recipe, *OTHERS, GONE, campaignArn=campaign)
    assert scene.is_in_tables(GONE)
    assert [key for key in scene.found(GONE) if key.endswith((".npy", ".npz"))]

    told = scene.erased(group)
    if cold:
        scene.world.cold_start()

    assert scene.found(GONE, PLAN) == set()
    assert not scene.is_in_tables(GONE)
    assert (told["models"], told["training"], told["retired"]) == ([], [], [])
    assert [model["users"] for model in told["stripped"]] == [1]
    assert all(map(scene.is_replayed, before))
    assert scene.asked(recipe, *OTHERS, campaignArn=campaign) == before
    [stranger] = scene.asked(recipe, "nobody-ever", campaignArn=campaign)
    assert scene.asked(recipe, GONE, campaignArn=campaign) == [stranger]
    if recipe == V2:
        assert hers["itemList"] != stranger["itemList"]


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        ("aws-item-affinity", {"itemId": "i3"}),
        ("aws-item-attribute-affinity", {"itemAttributes": 'ITEMS.GENRE = "drama"'}),
    ],
)
def test_of_a_segments_model_nothing_is_left(scene, group, recipe, line):
    version = scene.build.version(scene.build.solution(group, recipe))
    before = scene.segment(version, line)

    told = scene.erased(group)

    assert GONE in before
    assert [model["arn"] for model in told["stripped"]] == [version]
    assert scene.found(GONE, PLAN) == set()
    assert scene.segment(version, line) == [user for user in before if user != GONE]


@pytest.mark.parametrize("use_case", USE_CASES)
def test_of_a_recommenders_model_nothing_is_left(scene, use_case):
    domain = "VIDEO_ON_DEMAND" if "vod" in use_case else "ECOMMERCE"
    event = {"purchases": "purchase", "together": "Purchase"}.get(use_case.rpartition("-")[2], "VIEW")
    text = with_her(viewing(watched="Watch" if "vod" in use_case else event), "u1", "u4")
    group, recipe = library_of(scene.build, text, domain), f"arn:aws:personalize:::recipe/{use_case}"
    create = scene.personalize.create_recommender
    arn = create(name="r", datasetGroupArn=group, recipeArn=recipe)["recommenderArn"]
    scene.world.run()
    before = scene.asked(use_case, *OTHERS, recommenderArn=arn)

    told = scene.erased(group)

    assert [(model["arn"], model["users"]) for model in told["stripped"]] == [(arn, 1)]
    assert scene.found(GONE) == set()
    assert scene.asked(use_case, *OTHERS, recommenderArn=arn) == before
    [stranger] = scene.asked(use_case, "nobody-ever", recommenderArn=arn)
    assert scene.asked(use_case, GONE, recommenderArn=arn) == [stranger]
