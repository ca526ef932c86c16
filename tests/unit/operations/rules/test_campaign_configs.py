"""Settings of campaigns and recommenders: what is taken, and in what words the rest is refused."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.fields import INTERACTIONS, ITEMS, USERS
from tests.unit.operations.errors import code, message

V1, V2, RANK, SIMS = (
    "aws-user-personalization",
    "aws-user-personalization-v2",
    "aws-personalized-ranking",
    "aws-sims",
)
EXPLORING = "campaignConfig.itemExplorationConfig"
EVENT_TYPE = {"name": "EVENT_TYPE", "type": "string"}
VIDEOS = [
    ITEMS[0],
    {"name": "GENRES", "type": "string", "categorical": True},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
]


def explored(**parameters):
    return {"itemExplorationConfig": parameters}


@pytest.fixture
def deploy(build, world):
    """Deploys a version of a recipe that counts as trained: what its campaign may be told depends on no model."""

    def create(recipe, config, *datasets):
        group = build.group()
        for type_ in datasets:
            build.dataset(group, type_)
        version = build.client.create_solution_version(solutionArn=build.solution(group, recipe))["solutionVersionArn"]
        world.resources.update(version, {"status": "ACTIVE"})
        return build.client.create_campaign(
            name=build.name(), solutionVersionArn=version, campaignConfig=config, tags=[]
        )["campaignArn"]

    return create


GOOD = [
    (V1, {}),
    (V1, explored()),
    (V1, explored(explorationWeight="0.3", explorationItemAgeCutOff="30.0")),
    (V1, explored(explorationWeight="0", explorationItemAgeCutOff="7")),
    (V1, explored(explorationWeight="1", explorationItemAgeCutOff="1")),
    (V1, explored(explorationItemAgeCutOff="100000")),
    (V2, {"enableMetadataWithRecommendations": True}),
    (SIMS, {"enableMetadataWithRecommendations": True, "syncWithLatestSolutionVersion": False}),
    (V2, {"enableMetadataWithRecommendations": False, "rankingInfluence": {}}),
]


@pytest.mark.parametrize(("recipe", "config"), GOOD)
def test_a_campaign_takes_what_its_recipe_takes(personalize, deploy, recipe, config):
    arn = deploy(recipe, config, "Interactions", "Items")

    assert personalize.describe_campaign(campaignArn=arn)["campaign"]["campaignConfig"] == config


BAD = [
    *(
        (
            V1,
            explored(explorationWeight=value),
            f"{EXPLORING} explorationWeight must be a number from 0.0 to 1.0, not {value!r}.",
        )
        for value in ("1.1", "-0.1", "nan", "some", "", "1e999")
    ),
    *(
        (
            V1,
            explored(explorationItemAgeCutOff=value),
            f"{EXPLORING} explorationItemAgeCutOff must be a number of at least 1.0, not {value!r}.",
        )
        for value in ("0", "0.99", "-7", "inf", "30 days")
    ),
    (
        V1,
        explored(exploration_weight="0.3"),
        (
            f"{EXPLORING} exploration_weight is not a parameter of recipe {V1}; "
            "it has explorationWeight, explorationItemAgeCutOff."
        ),
    ),
    *(
        (
            recipe,
            explored(explorationWeight="0.3"),
            f"{EXPLORING} explorationWeight is not a parameter of recipe {recipe}; it has none.",
        )
        for recipe in (V2, RANK, SIMS, "aws-popularity-count")
    ),
    *(
        (
            recipe,
            {"rankingInfluence": {"POPULARITY": 0.5}},
            f"campaignConfig.rankingInfluence is not available for recipe {recipe}.",
        )
        for recipe in (V1, V2, SIMS)
    ),
    (
        V1,
        {"enableMetadataWithRecommendations": True},
        "campaignConfig.enableMetadataWithRecommendations needs a dataset of type ITEMS: the dataset group has none.",
    ),
]


@pytest.mark.parametrize(("recipe", "config", "told"), BAD)
def test_a_campaign_is_refused_what_its_recipe_has_not(deploy, recipe, config, told):
    with pytest.raises(ClientError) as error:
        deploy(recipe, config, "Interactions")

    assert (code(error), message(error)) == ("InvalidInputException", told)


def test_an_update_of_a_campaign_is_held_to_the_same_rules(world, personalize, deploy):
    campaign = deploy(V1, {})
    world.resources.update(campaign, {"status": "ACTIVE"})

    with pytest.raises(ClientError) as error:
        personalize.update_campaign(campaignArn=campaign, campaignConfig=explored(explorationWeight="2"))

    assert (code(error), message(error)) == (
        "InvalidInputException",
        f"{EXPLORING} explorationWeight must be a number from 0.0 to 1.0, not '2'.",
    )
    personalize.update_campaign(campaignArn=campaign, campaignConfig=explored(explorationWeight="0.1"))


def test_a_recipe_that_finds_users_has_no_campaigns(world, personalize, build):
    version = personalize.create_solution_version(solutionArn=build.solution(build.group()))["solutionVersionArn"]
    segmenting = "arn:aws:personalize:::recipe/aws-item-affinity"
    world.resources.update(version, {"status": "ACTIVE", "recipeArn": segmenting})

    with pytest.raises(ClientError) as error:
        personalize.create_campaign(name="c", solutionVersionArn=version)

    assert (code(error), message(error)) == (
        "InvalidInputException",
        "Recipe aws-item-affinity finds users: create a batch segment job, not a campaign.",
    )


@pytest.fixture
def library(build):
    """A video group with all three datasets, nothing imported and next to nothing recorded."""
    group = build.group(domain="VIDEO_ON_DEMAND")
    datasets = {"Interactions": [*INTERACTIONS, EVENT_TYPE], "Items": VIDEOS, "Users": USERS}
    for type_, fields in datasets.items():
        schema = {"type": "record", "name": type_, "namespace": "com.amazonaws.personalize.schema", "fields": fields}
        made = build.client.create_schema(name=build.name(), schema=json.dumps(schema), domain="VIDEO_ON_DEMAND")
        build.client.create_dataset(
            name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=made["schemaArn"]
        )
    build.world.run()
    return build.data(group)


PICKS, POPULAR = "aws-vod-top-picks", "aws-vod-most-popular"
COLUMNS = "recommenderConfig.trainingDataConfig"
RECOMMENDERS = [
    (PICKS, {}, None),
    (PICKS, {"minRecommendationRequestsPerSecond": 2, "enableMetadataWithRecommendations": True}, None),
    (PICKS, explored(explorationWeight="0.5", explorationItemAgeCutOff="7"), None),
    (POPULAR, {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}}, None),
    (POPULAR, {"trainingDataConfig": {"includedDatasetColumns": {"Users": ["AGE"]}}}, None),
    (
        PICKS,
        explored(explorationWeight="2"),
        "recommenderConfig.itemExplorationConfig explorationWeight must be a number from 0.0 to 1.0, not '2'.",
    ),
    (
        POPULAR,
        explored(explorationWeight="0.2"),
        (
            f"recommenderConfig.itemExplorationConfig explorationWeight is not a parameter of recipe {POPULAR}; "
            "it has none."
        ),
    ),
    (
        POPULAR,
        {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["ITEM_ID"]}}},
        f"{COLUMNS}.excludedDatasetColumns ITEMS: the column ITEM_ID cannot be excluded; training needs it.",
    ),
    (
        POPULAR,
        {"trainingDataConfig": {"excludedDatasetColumns": {"ACTIONS": ["A"]}}},
        f"{COLUMNS}.excludedDatasetColumns ACTIONS: the dataset group has no ACTIONS dataset.",
    ),
    (
        POPULAR,
        {"trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["COLOUR"]}}},
        f"{COLUMNS}.includedDatasetColumns ITEMS: the column 'COLOUR' is not in the schema of the dataset.",
    ),
]


@pytest.mark.parametrize(("use_case", "config", "told"), RECOMMENDERS)
def test_a_recommender_is_held_to_its_use_case(personalize, library, use_case, config, told):
    members = {"name": "r", "datasetGroupArn": library, "recipeArn": f"arn:aws:personalize:::recipe/{use_case}"}

    if told is None:
        arn = personalize.create_recommender(**members, recommenderConfig=config, tags=[])["recommenderArn"]
        described = personalize.describe_recommender(recommenderArn=arn)["recommender"]["recommenderConfig"]
        assert described == {"minRecommendationRequestsPerSecond": 1, **config}
        return
    with pytest.raises(ClientError) as error:
        personalize.create_recommender(**members, recommenderConfig=config)
    assert (code(error), message(error)) == ("InvalidInputException", told)


def test_a_use_case_needs_its_datasets(personalize, build):
    group = build.group(domain="VIDEO_ON_DEMAND")
    recipe = f"arn:aws:personalize:::recipe/{PICKS}"

    with pytest.raises(ClientError) as error:
        personalize.create_recommender(name="r", datasetGroupArn=group, recipeArn=recipe)

    assert (code(error), message(error)) == (
        "InvalidInputException",
        f"Recipe {PICKS} needs a dataset of type INTERACTIONS: the dataset group has none.",
    )


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (
            explored(explorationWeight="x"),
            "recommenderConfig.itemExplorationConfig explorationWeight must be a number from 0.0 to 1.0, not 'x'.",
        ),
        (
            {"trainingDataConfig": {"excludedDatasetColumns": {"USERS": ["NAME"]}}},
            f"{COLUMNS}.excludedDatasetColumns USERS: the column 'NAME' is not in the schema of the dataset.",
        ),
    ],
)
def test_an_update_of_a_recommender_is_held_to_the_same_rules(world, personalize, library, config, told):
    recipe = f"arn:aws:personalize:::recipe/{PICKS}"
    arn = personalize.create_recommender(name="r", datasetGroupArn=library, recipeArn=recipe)["recommenderArn"]
    world.resources.update(arn, {"status": "ACTIVE"})

    with pytest.raises(ClientError) as error:
        personalize.update_recommender(recommenderArn=arn, recommenderConfig=config)

    assert (code(error), message(error)) == ("InvalidInputException", told)
