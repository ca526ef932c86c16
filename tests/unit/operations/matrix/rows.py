"""One row per operation: a request that works in the furnished world, what it answers, and what its states refuse.

`@NAME` is the ARN of a resource of `matrix_world.py`. Written from the API reference.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.unit.operations.arns import RECIPES
from tests.unit.operations.matrix.furniture import FIELDS, FILTER, POPULARITY, SOURCE
from tests.unit.operations.watching import VOD, schema_text

TAGS = [{"tagKey": "team", "tagValue": "a"}]
DATES = " creationDateTime lastUpdatedDateTime"
STATED = " status" + DATES
PENDING, FAILED, GOING = "CREATE PENDING", "CREATE FAILED", "DELETE PENDING"
II, RNF, RIU = "InvalidInputException", "ResourceNotFoundException", "ResourceInUseException"

_VERBS: dict[str, dict[str, str]] = {
    "create": dict.fromkeys((PENDING, FAILED, GOING), RIU),
    "update": dict.fromkeys((PENDING, GOING), RIU),
    "delete": dict.fromkeys((PENDING, GOING), RIU),
}


@dataclass(frozen=True)
class Row:
    """`shows` are the members of the reply, of its resource or of the first of its list.

    `missing` holds what a well-formed ARN of nothing leads to where the model does not list RNF; "" is a success.
    `states` holds which error each status of a resource leads to, by the member that names it; others are no error.
    """

    request: dict[str, Any]
    shows: str = ""
    missing: dict[str, str] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)

    def refused(self, operation: str, member: str, status: str) -> str:
        """Return the error that a status of the resource behind a member leads to."""
        default = _VERBS.get(operation.partition("_")[0], {})
        return self.states.get(member, default).get(status, "")


ANY = dict.fromkeys((PENDING, FAILED, GOING), RIU)
NONE: dict[str, str] = {}


def described(kind: str, name: str, shows: str) -> Row:
    return Row({f"{kind}Arn": f"@{name}"}, f"{kind}Arn {shows}")


def listed(shows: str, **filters: str) -> Row:
    return Row(filters, shows, missing=dict.fromkeys(filters, ""))


GROUPED = "datasetGroupArn name" + STATED

CONTROL_ROWS = {
    # Dataset groups and schemas
    "create_dataset_group": Row({"name": "new", "domain": VOD, "tags": TAGS}, "datasetGroupArn domain"),
    "describe_dataset_group": described("datasetGroup", "films", "name domain" + STATED),
    "list_dataset_groups": listed("name datasetGroupArn" + STATED),
    "delete_dataset_group": Row({"datasetGroupArn": "@bare"}),
    "get_data_insights": Row({"datasetGroupArn": "@shop"}, "datasetGroupArn datasets warnings"),
    "create_schema": Row({"name": "new", "schema": schema_text("Users", FIELDS["users"]), "domain": VOD}, "schemaArn"),
    "describe_schema": described("schema", "films-schema", "name schema domain" + DATES),
    "list_schemas": listed("name schemaArn" + DATES),
    "delete_schema": Row({"schemaArn": "@lone-schema"}),
    # Datasets and import jobs
    "create_dataset": Row(
        {
            "name": "new",
            "datasetGroupArn": "@spare",
            "schemaArn": "@users-schema",
            "datasetType": "uSERS",
            "tags": TAGS,
        },
        "datasetArn",
    ),
    "describe_dataset": described("dataset", "shop-items", "schemaArn datasetType " + GROUPED),
    "list_datasets": listed("name datasetArn datasetType" + STATED, datasetGroupArn="@shop"),
    "update_dataset": Row(
        {"datasetArn": "@shop-items", "schemaArn": "@wider-schema"}, "datasetArn", states={"datasetArn": ANY}
    ),
    "delete_dataset": Row({"datasetArn": "@lone-dataset"}),
    "create_dataset_import_job": Row(
        {
            "jobName": "new",
            "datasetArn": "@shop-interactions",
            "dataSource": SOURCE,
            "roleArn": "arn:aws:iam::123456789012:role/reader",
            "importMode": "INCREMENTAL",
            "tags": TAGS,
        },
        "datasetImportJobArn",
    ),
    "describe_dataset_import_job": described(
        "datasetImportJob",
        "shop-items-import",
        "jobName datasetArn dataSource importMode publishAttributionMetricsToS3" + STATED,
    ),
    "list_dataset_import_jobs": listed("datasetImportJobArn jobName importMode" + STATED, datasetArn="@shop-items"),
    # Event trackers and filters
    "create_event_tracker": Row(
        {"name": "new", "datasetGroupArn": "@spare", "tags": TAGS}, "eventTrackerArn trackingId"
    ),
    "describe_event_tracker": described("eventTracker", "shop-tracker", "accountId trackingId " + GROUPED),
    "list_event_trackers": listed("name eventTrackerArn" + STATED, datasetGroupArn="@shop"),
    "delete_event_tracker": Row({"eventTrackerArn": "@shop-tracker"}),
    "create_filter": Row(
        {"name": "new", "datasetGroupArn": "@shop", "filterExpression": FILTER, "tags": TAGS},
        "filterArn",
        # ResourceInUseException is not modelled.
        states={"datasetGroupArn": dict.fromkeys(ANY, II)},
    ),
    "describe_filter": described("filter", "shop-filter", "filterExpression " + GROUPED),
    "list_filters": listed("filterArn " + GROUPED, datasetGroupArn="@shop"),
    "delete_filter": Row({"filterArn": "@shop-filter"}),
    # Recipes
    "list_recipes": Row({"recipeProvider": "SERVICE"}, "name recipeArn domain" + STATED),
    "describe_recipe": Row(
        {"recipeArn": POPULARITY},
        "name recipeArn algorithmArn featureTransformationArn description recipeType" + STATED,
    ),
    "describe_algorithm": Row(
        {"algorithmArn": "arn:aws:personalize:::algorithm/aws-popularity-count"},
        # No image and no resources to configure: these members, which AWS fills, would describe nothing here.
        "name algorithmArn defaultHyperParameters defaultHyperParameterRanges" + DATES,
    ),
    "describe_feature_transformation": Row(
        {"featureTransformationArn": "arn:aws:personalize:::feature-transformation/sims"},
        "name featureTransformationArn defaultParameters" + STATED,
    ),
    # Solutions and versions
    "create_solution": Row(
        {
            "name": "new",
            "datasetGroupArn": "@shop",
            "recipeArn": POPULARITY,
            "performAutoTraining": False,
            "eventType": "watch",
            "tags": TAGS,
        },
        "solutionArn",
    ),
    "describe_solution": described(
        "solution",
        "solution",
        "recipeArn performHPO performAutoML performAutoTraining latestSolutionVersion " + GROUPED,
    ),
    "list_solutions": listed("name solutionArn recipeArn" + STATED, datasetGroupArn="@shop"),
    "update_solution": Row({"solutionArn": "@solution", "performAutoTraining": True}, "solutionArn"),
    "delete_solution": Row({"solutionArn": "@lone-solution"}),
    "create_solution_version": Row(
        {"name": "new", "solutionArn": "@solution", "trainingMode": "FULL", "tags": TAGS}, "solutionVersionArn"
    ),
    "describe_solution_version": described(
        "solutionVersion",
        "solution-version",
        "solutionArn datasetGroupArn recipeArn performHPO performAutoML trainingMode trainingType trainingHours"
        + STATED,
    ),
    "list_solution_versions": Row(
        {"solutionArn": "@solution"}, "solutionVersionArn trainingMode trainingType" + STATED
    ),
    "stop_solution_version_creation": Row(
        {"solutionVersionArn": "@new-version"},
        states={"solutionVersionArn": dict.fromkeys((FAILED, GOING, "ACTIVE"), RIU)},
    ),
    "get_solution_metrics": Row(
        {"solutionVersionArn": "@solution-version"}, "solutionVersionArn metrics", states={"solutionVersionArn": ANY}
    ),
    "get_evaluation": Row(
        {"resourceArn": "@solution-version"},
        "resourceArn metrics users summary segments",
        states={"resourceArn": ANY},
    ),
    # Campaigns
    "create_campaign": Row(
        {"name": "new", "solutionVersionArn": "@solution-version", "minProvisionedTPS": 2, "tags": TAGS}, "campaignArn"
    ),
    "describe_campaign": described(
        "campaign", "solution-campaign", "name solutionVersionArn minProvisionedTPS" + STATED
    ),
    "list_campaigns": listed("name campaignArn" + STATED, solutionArn="@solution"),
    "update_campaign": Row(
        {"campaignArn": "@solution-campaign", "solutionVersionArn": "@solution-version", "minProvisionedTPS": 3},
        "campaignArn",
        states={"solutionVersionArn": ANY},
    ),
    "delete_campaign": Row({"campaignArn": "@solution-campaign"}),
    # Recommenders
    "create_recommender": Row(
        {
            "name": "new",
            "datasetGroupArn": "@films",
            "recipeArn": RECIPES + "aws-vod-most-popular",
            "recommenderConfig": {"minRecommendationRequestsPerSecond": 2},
            "tags": TAGS,
        },
        "recommenderArn",
    ),
    "describe_recommender": described("recommender", "picks", "recipeArn recommenderConfig modelMetrics " + GROUPED),
    "list_recommenders": listed("recommenderArn recipeArn recommenderConfig " + GROUPED, datasetGroupArn="@films"),
    "update_recommender": Row(
        {"recommenderArn": "@picks", "recommenderConfig": {"minRecommendationRequestsPerSecond": 2}},
        "recommenderArn",
        states={"recommenderArn": ANY},
    ),
    "stop_recommender": Row({"recommenderArn": "@picks"}, "recommenderArn", states={"recommenderArn": ANY}),
    "start_recommender": Row(
        {"recommenderArn": "@resting-picks"}, "recommenderArn", states={"recommenderArn": {**ANY, "ACTIVE": RIU}}
    ),
    "delete_recommender": Row({"recommenderArn": "@resting-picks"}),
    # Tags
    "tag_resource": Row({"resourceArn": "@shop", "tags": TAGS}),
    "untag_resource": Row({"resourceArn": "@shop", "tagKeys": ["team"]}),
    "list_tags_for_resource": Row({"resourceArn": "@shop"}, "tags"),
    # Runtime
    "explain_filter": Row(
        {"filterArn": "@shop-filter", "campaignArn": "@solution-campaign", "userId": "u1"},
        "filterArn filterExpression answeredBy items passing expressions notApplied warnings",
        states={"campaignArn": dict.fromkeys(ANY, II), "filterArn": dict.fromkeys(ANY, II)},
    ),
    "get_recommendations": Row(
        {"campaignArn": "@solution-campaign", "userId": "u1", "filterArn": "@shop-filter"},
        "itemList recommendationId",
        states={"campaignArn": dict.fromkeys(ANY, RNF), "filterArn": dict.fromkeys(ANY, II)},
    ),
    "get_personalized_ranking": Row(
        {"campaignArn": "@ranking-campaign", "userId": "u1", "inputList": ["i1", "i2"], "filterArn": "@shop-filter"},
        "personalizedRanking recommendationId",
        states={"campaignArn": dict.fromkeys(ANY, RNF), "filterArn": dict.fromkeys(ANY, II)},
    ),
    "get_action_recommendations": Row(
        {"campaignArn": "@actions-campaign", "userId": "u1", "filterArn": "@actions-filter"},
        "actionList recommendationId",
        states={"campaignArn": dict.fromkeys(ANY, RNF), "filterArn": dict.fromkeys(ANY, II)},
    ),
    "replay_recommendation": Row({"recommendationId": "@answer"}, "answer replayed identical differences"),
    "get_logged_answers": Row({"sourceArn": "@solution-campaign"}, "answers"),
    "search_items": Row({"sourceArn": "@solution-campaign"}, "items", states={"sourceArn": dict.fromkeys(ANY, II)}),
    "search_users": Row(
        {"sourceArn": "@solution-campaign"}, "users nextToken", states={"sourceArn": dict.fromkeys(ANY, II)}
    ),
    "get_user_history": Row(
        {"sourceArn": "@solution-campaign", "userId": "u1"}, "events", states={"sourceArn": dict.fromkeys(ANY, II)}
    ),
}
