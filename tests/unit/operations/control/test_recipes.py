"""The catalogue of recipes, algorithms and feature transformations, as a real client reads it."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from tastemaker import bootstrap
from tastemaker.operations.call import Call
from tastemaker.wire.service import Service
from tests.fields import INTERACTIONS
from tests.transport import answered
from tests.unit.operations.builder import NOBODYS
from tests.unit.operations.errors import code, message
from tests.unit.operations.watching import schema_text
from tests.unit.operations.world import CONFIG

OWNED = "arn:aws:personalize:::"
RECURRENT = {"hidden_dimension": ("149", 32, 256, True), "bptt": ("32", 2, 32, True)}
AFFINITY = {"hidden_dimension": ("149", 32, 256, False)}
RECENCY = {"apply_recency_bias": ("true", ["true", "false"], False)}
MASK = {"recency_mask": ("true", ["true", "false"], True)}
NOTHING = ({}, {}, {})
# Name: type, algorithm, feature transformation, and the integer, continuous and categorical hyperparameters.
RECIPES = {
    "aws-user-personalization-v2": ("USER_PERSONALIZATION", "", "JSON-percentile-filtering", {}, {}, RECENCY),
    "aws-user-personalization": ("USER_PERSONALIZATION", "", "JSON-percentile-filtering", RECURRENT, {}, MASK),
    "aws-personalized-ranking-v2": ("PERSONALIZED_RANKING", "", None, {}, {}, RECENCY),
    "aws-personalized-ranking": ("PERSONALIZED_RANKING", "", "JSON-percentile-filtering", RECURRENT, {}, MASK),
    "aws-similar-items": (
        "RELATED_ITEMS",
        "",
        "similar-items",
        {"item_id_hidden_dim": ("100", 30, 200, True), "item_metadata_hidden_dim": ("100", 30, 200, True)},
        {"popularity_discount_factor": ("0.0", 0, 1, False)},
        {},
    ),
    "aws-sims": (
        "RELATED_ITEMS",
        "",
        "sims",
        {"min_cointeraction_count": ("3", 0, 10, True)},
        {"popularity_discount_factor": ("0.5", 0, 1, True)},
        {},
    ),
    "aws-semantic-similarity": ("RELATED_ITEMS", "", "semantic-similarity", *NOTHING),
    "aws-trending-now": ("POPULAR_ITEMS", "aws-trending-now-custom", "aws-trending-now", *NOTHING),
    "aws-popularity-count": ("POPULAR_ITEMS", "", "sims", *NOTHING),
    "aws-next-best-action": ("PERSONALIZED_ACTIONS", "", "aws-next-best-action", *NOTHING),
    "aws-item-affinity": ("USER_SEGMENTATION", "", "item-affinity", AFFINITY, {}, {}),
    "aws-item-attribute-affinity": ("USER_SEGMENTATION", "", "item-attribute-affinity", AFFINITY, {}, {}),
    "aws-hrnn": (
        "USER_PERSONALIZATION",
        "",
        "JSON-percentile-filtering",
        RECURRENT | {"hidden_dimension": ("43", 32, 256, True)},
        {},
        MASK,
    ),
    "aws-hrnn-metadata": (
        "USER_PERSONALIZATION",
        "",
        "featurize_metadata",
        RECURRENT | {"hidden_dimension": ("43", 32, 256, True)},
        {},
        MASK,
    ),
    "aws-hrnn-coldstart": ("USER_PERSONALIZATION", "", "featurize_coldstart", RECURRENT, {}, MASK),
}
PERCENTILES = {"min_user_history_length_percentile": "0.0", "max_user_history_length_percentile": "0.99"}
TRANSFORMATIONS = {
    "JSON-percentile-filtering": PERCENTILES,
    "featurize_metadata": PERCENTILES,
    "featurize_coldstart": PERCENTILES
    | {
        "cold_start_max_interactions": "15",
        "cold_start_max_duration": "5.0",
        "cold_start_relative_from": "latestItem",
    },
    "sims": {
        "min_user_history_length_percentile": "0.005",
        "max_user_history_length_percentile": "0.995",
        "min_item_interaction_count_percentile": "0.01",
        "max_item_interaction_count_percentile": "0.9",
    },
    "similar-items": {},
    "semantic-similarity": {},
    "aws-trending-now": {"trend_discovery_frequency": "2 hours"},
    "aws-next-best-action": {"action_optimization_period": "14"},
    "item-affinity": {},
    "item-attribute-affinity": {},
}
USE_CASES = {
    "VIDEO_ON_DEMAND": {"because-you-watched-x", "more-like-x", "most-popular", "trending-now", "top-picks"},
    "ECOMMERCE": {
        "popular-items-by-views",
        "popular-items-by-purchases",
        "frequently-bought-together",
        "customers-who-viewed-x-also-viewed",
        "recommended-for-you",
    },
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_described_as_amazon_does(personalize, name):
    type_, algorithm, transformation, *_ = RECIPES[name]

    described = personalize.describe_recipe(recipeArn=f"{OWNED}recipe/{name}")["recipe"]

    dates = {described.pop(member) <= described.pop("lastUpdatedDateTime") for member in ("creationDateTime",)}
    assert dates == {True}
    assert described.pop("description")
    expected = {
        "name": name,
        "recipeArn": f"{OWNED}recipe/{name}",
        "algorithmArn": f"{OWNED}algorithm/{algorithm or name}",
        "status": "ACTIVE",
        "recipeType": type_,
    }
    if transformation:
        expected["featureTransformationArn"] = f"{OWNED}feature-transformation/{transformation}"
    assert described == expected


@pytest.mark.parametrize("name", RECIPES)
def test_an_algorithm_has_defaults_ranges_and_tunable_flags(personalize, name):
    _, algorithm, _, integers, continuous, categories = RECIPES[name]
    arn = f"{OWNED}algorithm/{algorithm or name}"

    described = personalize.describe_algorithm(algorithmArn=arn)["algorithm"]

    ranges = described["defaultHyperParameterRanges"]
    assert described["defaultHyperParameters"] == {
        key: row[0] for rows in (integers, continuous, categories) for key, row in rows.items()
    }
    for kind, rows in (("integer", integers), ("continuous", continuous)):
        found = {row.pop("name"): row for row in ranges[f"{kind}HyperParameterRanges"]}
        assert found == {
            key: {"minValue": low, "maxValue": high, "isTunable": tunable}
            for key, (_, low, high, tunable) in rows.items()
        }
    assert {row["name"]: (row["values"], row["isTunable"]) for row in ranges["categoricalHyperParameterRanges"]} == {
        key: (values, tunable) for key, (_, values, tunable) in categories.items()
    }
    assert (described["name"], described["algorithmArn"]) == (algorithm or name, arn)
    assert not described.keys() & {"algorithmImage", "roleArn", "trainingInputMode", "defaultResourceConfig"}


@pytest.mark.parametrize(("tail", "parameters"), TRANSFORMATIONS.items())
def test_a_feature_transformation_has_its_defaults(personalize, tail, parameters):
    arn = f"{OWNED}feature-transformation/{tail}"

    described = personalize.describe_feature_transformation(featureTransformationArn=arn)["featureTransformation"]

    name = "aws-semantic-similarity" if tail == "semantic-similarity" else tail
    assert (described["name"], described["featureTransformationArn"], described["status"]) == (name, arn, "ACTIVE")
    assert described.get("defaultParameters", {}) == parameters


def test_all_recipes_are_listed_by_name_over_more_than_one_page(personalize):
    first = personalize.list_recipes(recipeProvider="SERVICE")
    pages = list(personalize.get_paginator("list_recipes").paginate())

    listed = [row["name"] for page in pages for row in page["recipes"]]
    assert first["nextToken"]
    assert listed == sorted(listed)
    use_cases = {row["name"]: row["domain"] for page in pages for row in page["recipes"] if "domain" in row}
    # A recipe of one's own is listed beside Amazon's.
    assert {*RECIPES, *use_cases} <= set(listed)
    assert len(listed) == len(set(listed))
    assert set(pages[0]["recipes"][0]) <= {
        "name",
        "recipeArn",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
        "domain",
    }


@pytest.mark.parametrize("domain", USE_CASES)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_domain_lists_its_use_cases_whatever_the_page(personalize, domain, size):
    paginator = personalize.get_paginator("list_recipes")

    pages = list(paginator.paginate(domain=domain, PaginationConfig={"PageSize": size}))

    prefix = "aws-vod-" if domain == "VIDEO_ON_DEMAND" else "aws-ecomm-"
    rows = [row for page in pages for row in page["recipes"]]
    assert {row["name"] for row in rows} == {prefix + name for name in USE_CASES[domain]}
    assert {row["domain"] for row in rows} == {domain}
    assert personalize.list_recipes(domain=domain)["nextToken"]


def test_a_page_token_belongs_to_its_list(personalize):
    token = personalize.list_recipes(domain="ECOMMERCE")["nextToken"]

    for members in ({"nextToken": token}, {"nextToken": token + "x", "domain": "ECOMMERCE"}, {"nextToken": "x"}):
        with pytest.raises(personalize.exceptions.InvalidNextTokenException):
            personalize.list_recipes(**members)


DESCRIBES = {
    "describe_recipe": ("recipeArn", "recipe", "recipe"),
    "describe_algorithm": ("algorithmArn", "algorithm", "algorithm"),
    "describe_feature_transformation": (
        "featureTransformationArn",
        "feature-transformation",
        "feature transformation",
    ),
}


@pytest.mark.parametrize(("operation", "row"), DESCRIBES.items())
def test_an_arn_of_something_else_is_invalid_and_one_of_nothing_unknown(personalize, operation, row):
    member, type_, title = row
    call = getattr(personalize, operation)
    other = OWNED + ("algorithm/aws-sims" if type_ == "recipe" else "recipe/aws-sims")

    with pytest.raises(ClientError) as wrong:
        call(**{member: other})
    assert code(wrong) == "InvalidInputException"
    assert message(wrong) == f"{member} must be the ARN of a {title}, not {other}."

    for arn, why in (
        (f"{OWNED}{type_}/aws-nothing", ""),
        (f"arn:aws-cn:personalize:::{type_}/aws-sims", " Its partition is aws-cn; that of this deployment is aws."),
        (
            f"arn:aws:personalize:us-east-1:1:{type_}/aws-sims",
            " What Amazon owns has neither region nor account in its ARN.",
        ),
    ):
        with pytest.raises(ClientError) as unknown:
            call(**{member: arn})
        assert code(unknown) == "ResourceNotFoundException"
        assert message(unknown) == f"Resource with Arn {arn} does not exist.{why}"


@pytest.fixture
def elsewhere(world, raw_clients):
    """A client of the service in another partition."""
    parts = {**world.parts, "config": replace(CONFIG, partition="aws-cn", region="cn-north-1")}

    def context(request_id, wishes):
        return Call(**parts, new_id=lambda: "id", request_id=request_id, wishes=wishes)

    with answered(
        raw_clients["personalize"],
        "personalize",
        Service("personalize", bootstrap.operation_table("personalize"), context),
    ):
        yield raw_clients["personalize"]


def test_service_arns_have_the_partition_of_the_deployment(elsewhere):
    arn = "arn:aws-cn:personalize:::recipe/aws-sims"

    recipe = elsewhere.describe_recipe(recipeArn=arn)["recipe"]
    listed = {row["recipeArn"] for row in elsewhere.list_recipes(maxResults=100)["recipes"]}

    assert recipe["recipeArn"] == arn
    assert elsewhere.describe_algorithm(algorithmArn=recipe["algorithmArn"])["algorithm"]["name"] == "aws-sims"
    transformation = recipe["featureTransformationArn"]
    assert transformation == "arn:aws-cn:personalize:::feature-transformation/sims"
    assert elsewhere.describe_feature_transformation(featureTransformationArn=transformation)
    assert {arn.split(":recipe")[0] for arn in listed} == {"arn:aws-cn:personalize::"}
    with pytest.raises(elsewhere.exceptions.ResourceNotFoundException):
        elsewhere.describe_recipe(recipeArn="arn:aws:personalize:::recipe/aws-sims")


def test_a_solution_in_another_partition_names_that_partitions_recipe(world, elsewhere):
    group = elsewhere.create_dataset_group(name="g")["datasetGroupArn"]
    world.run()
    schema = elsewhere.create_schema(name="s", schema=schema_text("Interactions", INTERACTIONS))["schemaArn"]
    elsewhere.create_dataset(name="d", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema)
    world.events.put(group, [NOBODYS])
    recipe = "arn:aws-cn:personalize:::recipe/aws-sims"

    made = elsewhere.create_solution(name="s", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]

    assert elsewhere.describe_solution(solutionArn=made)["solution"]["recipeArn"] == recipe
    with pytest.raises(elsewhere.exceptions.ResourceNotFoundException):
        elsewhere.create_solution(name="t", datasetGroupArn=group, recipeArn=OWNED + "recipe/aws-sims")
