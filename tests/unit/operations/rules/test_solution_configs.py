"""Every setting of a solution: what is taken, and in what words the rest is refused."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.fields import INTERACTIONS, USERS
from tests.unit.operations.errors import code, message

EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
EVENT_VALUE = {"name": "EVENT_VALUE", "type": ["float", "null"]}
DEVICE = {"name": "DEVICE", "type": ["string", "null"], "categorical": True}
ITEMS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRE", "type": ["null", "string"], "categorical": True},
    {"name": "PRICE", "type": "float"},
    {"name": "RATING", "type": ["null", "double"]},
    {"name": "NEW", "type": "boolean"},
]
V2, V1, RANK, SIMS, COUNT = (
    "aws-user-personalization-v2",
    "aws-user-personalization",
    "aws-personalized-ranking",
    "aws-sims",
    "aws-popularity-count",
)
HYPER = "solutionConfig.algorithmHyperParameters"
COLUMNS = "solutionConfig.trainingDataConfig"
TUNING = "solutionConfig.hpoConfig"
RANGES = f"{TUNING}.algorithmHyperParameterRanges"
EVENTS = "solutionConfig.eventsConfig.eventParametersList"


def add_dataset(build, group, type_, *fields):
    namespace = "com.amazonaws.personalize.schema"
    schema = json.dumps({"type": "record", "name": type_, "namespace": namespace, "fields": fields, "version": "1.0"})
    arn = build.client.create_schema(name=build.name(), schema=schema)["schemaArn"]
    build.client.create_dataset(name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=arn)
    build.world.run()


@pytest.fixture
def group(build):
    """A dataset group with all three datasets, nothing imported."""
    arn = build.group()
    add_dataset(build, arn, "Interactions", *INTERACTIONS, EVENT_TYPE, EVENT_VALUE, DEVICE)
    add_dataset(build, arn, "Items", *ITEMS)
    add_dataset(build, arn, "Users", *USERS)
    return arn


def config(**members):
    return {"solutionConfig": members}


def hyper(**parameters):
    return config(algorithmHyperParameters=parameters)


def features(**parameters):
    return config(featureTransformationParameters=parameters)


def tuned(**hpo):
    return {"performHPO": True, **config(hpoConfig=hpo)}


def ranged(fixed=None, **lists):
    members = tuned(algorithmHyperParameterRanges=lists)
    members["solutionConfig"] |= {"algorithmHyperParameters": fixed} if fixed else {}
    return members


def weighted(*entries):
    return config(eventsConfig={"eventParametersList": list(entries)})


def excluded(**columns):
    return config(trainingDataConfig={"excludedDatasetColumns": columns})


def included(**columns):
    return config(trainingDataConfig={"includedDatasetColumns": columns})


def aimed(**objective):
    return config(optimizationObjective=objective)


def scheduled(expression, **members):
    return {**config(autoTrainingConfig={"schedulingExpression": expression}), **members}


DIMENSION = {"name": "hidden_dimension", "minValue": 32, "maxValue": 256}
DISCOUNT = {"name": "popularity_discount_factor", "minValue": 0.1, "maxValue": 0.9}
MASKS = {"name": "recency_mask", "values": ["true"]}

GOOD = [
    (V2, {}),
    (V2, config()),
    (V2, {**config(), "tags": [], "performHPO": False, "performAutoML": False, "performIncrementalUpdate": False}),
    (V2, hyper()),
    (V2, hyper(apply_recency_bias="false")),
    (V1, hyper(hidden_dimension="32", bptt="32", recency_mask="true")),
    (V1, features(min_user_history_length_percentile="0", max_user_history_length_percentile="1.0")),
    (V1, features(max_user_history_length_percentile=".5")),
    (V1, features(min_user_history_length_percentile="1e-3")),
    (RANK, hyper(hidden_dimension="+256")),
    ("aws-hrnn", hyper(hidden_dimension="43", bptt="2")),
    ("aws-hrnn-metadata", features(min_user_history_length_percentile="0.1")),
    ("aws-hrnn-coldstart", features(cold_start_max_interactions="9", cold_start_relative_from="currentTime")),
    ("aws-trending-now", features(trend_discovery_frequency="1 day")),
    (SIMS, hyper(popularity_discount_factor="0.7")),
    (SIMS, {**hyper(min_cointeraction_count="0"), **tuned()}),
    (SIMS, features(min_item_interaction_count_percentile="0.005", max_item_interaction_count_percentile="0.995")),
    (V1, {"performHPO": True}),
    (SIMS, tuned(hpoResourceConfig={"maxNumberOfTrainingJobs": "40", "maxParallelTrainingJobs": "10"})),
    (SIMS, tuned(hpoResourceConfig={"maxNumberOfTrainingJobs": "1"})),
    (V1, tuned(hpoObjective={"type": "Maximize", "metricName": "precision_at_5", "metricRegex": ".*"})),
    (
        V1,
        ranged(
            integerHyperParameterRanges=[DIMENSION],
            continuousHyperParameterRanges=[],
            categoricalHyperParameterRanges=[MASKS],
        ),
    ),
    (V1, ranged({"bptt": "3"}, integerHyperParameterRanges=[DIMENSION])),
    (SIMS, ranged(continuousHyperParameterRanges=[DISCOUNT])),
    (COUNT, {"eventType": "click"}),
    (COUNT, {"eventType": "click", **config(eventValueThreshold="-0.5")}),
    (V2, config(eventValueThreshold="3")),
    (V2, {"eventType": "click", **config(eventsConfig={})}),
    (V2, weighted()),
    (V2, weighted(*({"eventType": f"t{n}", "weight": n / 10} for n in range(10)))),
    (V2, weighted({"eventType": "view"}, {"eventType": "buy", "eventValueThreshold": 2.5, "weight": 1})),
    (V1, aimed(itemAttribute="PRICE", objectiveSensitivity="HIGH")),
    (V1, aimed(itemAttribute="price", objectiveSensitivity="OFF")),
    (RANK, aimed(itemAttribute="PRICE", objectiveSensitivity="LOW")),
    (V2, excluded(ITEMS=["GENRE", "new"], users=["AGE"], Interactions=["DEVICE", "EVENT_VALUE"])),
    (V2, excluded(ITEMS=[])),
    (V2, included(ITEMS=["ITEM_ID", "GENRE"])),
    (
        V2,
        config(
            trainingDataConfig={
                "excludedDatasetColumns": {"ITEMS": ["GENRE"]},
                "includedDatasetColumns": {"USERS": ["AGE"]},
            }
        ),
    ),
    *((V2, scheduled(text)) for text in ("rate(1 day)", "rate(7 days)", "rate(1 days)", "rate(30 day)")),
    (V2, {"performAutoTraining": False}),
    (V2, {"performAutoTraining": False, **config(autoTrainingConfig={})}),
]

NONE_HERE = "is not a parameter of recipe aws-popularity-count; it has none."
BAD = [
    (COUNT, hyper(bptt="3"), f"solutionConfig.algorithmHyperParameters bptt {NONE_HERE}"),
    (COUNT, features(x="3"), f"solutionConfig.featureTransformationParameters x {NONE_HERE}"),
    (
        V2,
        hyper(hidden_dimension="64"),
        (
            "solutionConfig.algorithmHyperParameters hidden_dimension is not a parameter of recipe "
            "aws-user-personalization-v2; it has apply_recency_bias."
        ),
    ),
    (
        V1,
        hyper(max_user_history_length_percentile="1"),
        (
            f"{HYPER} max_user_history_length_percentile is not a parameter of this kind: "
            "give it in solutionConfig.featureTransformationParameters."
        ),
    ),
    (
        V1,
        features(bptt="3"),
        (
            "solutionConfig.featureTransformationParameters bptt is not a parameter of this kind: "
            "give it in solutionConfig.algorithmHyperParameters."
        ),
    ),
    (
        V1,
        hyper(exploration_weight="0.3"),
        (
            "solutionConfig.algorithmHyperParameters exploration_weight is not a parameter of this kind: "
            "give it in campaignConfig.itemExplorationConfig."
        ),
    ),
    *(
        (
            V1,
            hyper(hidden_dimension=value),
            f"{HYPER} hidden_dimension must be an integer from 32 to 256, not {value!r}.",
        )
        for value in ("31", "257", "40.5", "149.0", "many", "", " 64", "1_00", "٦٤", "9" * 30, "nan", "0x40")
    ),
    *(
        (
            SIMS,
            hyper(popularity_discount_factor=value),
            (
                "solutionConfig.algorithmHyperParameters popularity_discount_factor must be a number from 0.0 to 1.0, "
                f"not {value!r}."
            ),
        )
        for value in ("-0.1", "1.1", "nan", "inf", "1e400", "half", "", "0,5", "1_0e-2")
    ),
    *(
        (
            V2,
            hyper(apply_recency_bias=value),
            f"solutionConfig.algorithmHyperParameters apply_recency_bias must be one of true, false, not {value!r}.",
        )
        for value in ("True", "yes", "")
    ),
    (
        SIMS,
        features(min_user_history_length_percentile="0.9", max_user_history_length_percentile="0.1"),
        (
            "solutionConfig.featureTransformationParameters min_user_history_length_percentile must not be above "
            "max_user_history_length_percentile: 0.9 is above 0.1."
        ),
    ),
    (
        V1,
        features(min_user_history_length_percentile="0.995"),
        (
            "solutionConfig.featureTransformationParameters min_user_history_length_percentile must not be above "
            "max_user_history_length_percentile: 0.995 is above 0.99."
        ),
    ),
    *(
        (
            recipe,
            {"performHPO": True},
            f"performHPO is not available for recipe {recipe}: no hyperparameter is tunable.",
        )
        for recipe in (V2, COUNT, "aws-personalized-ranking-v2")
    ),
    (
        V1,
        config(hpoConfig={"hpoResourceConfig": {"maxNumberOfTrainingJobs": "5"}}),
        f"{TUNING} needs performHPO true; without it nothing is tuned.",
    ),
    *(
        (
            V1,
            tuned(hpoResourceConfig={member: value}),
            f"{TUNING}.hpoResourceConfig.{member} must be an integer from 1 to {most}, not {value!r}.",
        )
        for member, most in (("maxNumberOfTrainingJobs", 40), ("maxParallelTrainingJobs", 10))
        for value in ("0", str(most + 1), "-1", "4.0", "four", "")
    ),
    (
        V1,
        tuned(hpoObjective={"type": "max"}),
        f"{TUNING}.hpoObjective.type must be one of Maximize, Minimize, not 'max'.",
    ),
    (
        V1,
        tuned(hpoObjective={"metricName": "accuracy"}),
        (
            f"{TUNING}.hpoObjective.metricName must be one of coverage, mean_reciprocal_rank_at_25, "
            "normalized_discounted_cumulative_gain_at_5, normalized_discounted_cumulative_gain_at_10, "
            "normalized_discounted_cumulative_gain_at_25, precision_at_5, precision_at_10, precision_at_25, "
            "average_rewards_at_k, not 'accuracy'."
        ),
    ),
    (
        V1,
        ranged(integerHyperParameterRanges=[{"minValue": 32, "maxValue": 64}]),
        f"{RANGES}.integerHyperParameterRanges.1.member has no name; it must name a hyperparameter of recipe {V1}.",
    ),
    (
        V1,
        ranged(integerHyperParameterRanges=[DIMENSION, {**DIMENSION, "name": "depth"}]),
        (
            f"{RANGES}.integerHyperParameterRanges.2.member names 'depth', which is no hyperparameter of recipe {V1}: "
            "hidden_dimension, bptt, recency_mask."
        ),
    ),
    (
        V1,
        ranged(integerHyperParameterRanges=[DIMENSION, DIMENSION]),
        f"{RANGES}.integerHyperParameterRanges.2.member names hidden_dimension again; a hyperparameter has one range.",
    ),
    (
        V1,
        ranged(continuousHyperParameterRanges=[DIMENSION]),
        (
            f"{RANGES}.continuousHyperParameterRanges.1.member names hidden_dimension, which is integer: "
            "give its range in integerHyperParameterRanges."
        ),
    ),
    (
        V1,
        ranged({"hidden_dimension": "64"}, integerHyperParameterRanges=[DIMENSION]),
        (
            f"{RANGES}.integerHyperParameterRanges.1.member names hidden_dimension, "
            "which algorithmHyperParameters fixes at 64."
        ),
    ),
    (
        V1,
        ranged(integerHyperParameterRanges=[{**DIMENSION, "minValue": 31}]),
        (
            f"{RANGES}.integerHyperParameterRanges.1.member.minValue of hidden_dimension must be "
            f"an integer from 32 to 256, as recipe {V1} allows, not 31."
        ),
    ),
    (
        SIMS,
        ranged(continuousHyperParameterRanges=[{**DISCOUNT, "maxValue": 1.5}]),
        (
            f"{RANGES}.continuousHyperParameterRanges.1.member.maxValue of popularity_discount_factor must be "
            f"a number from 0.0 to 1.0, as recipe {SIMS} allows, not 1.5."
        ),
    ),
    (
        V1,
        ranged(integerHyperParameterRanges=[{**DIMENSION, "minValue": 100, "maxValue": 99}]),
        (
            f"{RANGES}.integerHyperParameterRanges.1.member.minValue of hidden_dimension must not be above maxValue: "
            "100 is above 99."
        ),
    ),
    (
        V1,
        ranged(integerHyperParameterRanges=[{"name": "hidden_dimension", "minValue": 100}]),
        f"{RANGES}.integerHyperParameterRanges.1.member has no maxValue; the range of hidden_dimension needs one.",
    ),
    (
        V1,
        ranged(categoricalHyperParameterRanges=[{"name": "recency_mask"}]),
        (
            f"{RANGES}.categoricalHyperParameterRanges.1.member.values of recency_mask must name at least one of "
            "true, false."
        ),
    ),
    (
        V1,
        ranged(categoricalHyperParameterRanges=[{"name": "recency_mask", "values": ["true", "maybe"]}]),
        (
            f"{RANGES}.categoricalHyperParameterRanges.1.member.values of recency_mask must be one of true, false, "
            f"as recipe {V1} allows, not 'maybe'."
        ),
    ),
    (COUNT, {"eventType": ""}, "eventType is empty; leave it out to train on events of all types."),
    *(
        (
            COUNT,
            config(eventValueThreshold=value),
            f"solutionConfig.eventValueThreshold must be a number, not {value!r}.",
        )
        for value in ("", "high", "nan", "-inf", "1,5", "1 ")
    ),
    *(
        (recipe, weighted({"eventType": "a"}), f"solutionConfig.eventsConfig is not available for recipe {recipe}.")
        for recipe in (V1, SIMS, COUNT)
    ),
    (V2, weighted({"weight": 0.5}), f"{EVENTS}.1.member has no eventType; every entry must name one."),
    (
        V2,
        weighted({"eventType": "a"}, {"eventType": ""}),
        f"{EVENTS}.2.member has no eventType; every entry must name one.",
    ),
    (
        V2,
        weighted({"eventType": "Buy"}, {"eventType": "view"}, {"eventType": "BUY"}),
        f"{EVENTS}.3.member names the event type 'BUY', as entry 1 does.",
    ),
    (
        V2,
        weighted({"eventType": "a", "weight": 0}, {"eventType": "b", "weight": 0.0}),
        f"{EVENTS} gives every event type the weight 0; at least one must count.",
    ),
    (
        V2,
        {"eventType": "a", **weighted({"eventType": "a"})},
        "eventType and solutionConfig.eventsConfig exclude each other; use eventsConfig.",
    ),
    (
        V2,
        config(eventValueThreshold="1", eventsConfig={"eventParametersList": [{"eventType": "a"}]}),
        "solutionConfig.eventValueThreshold and solutionConfig.eventsConfig exclude each other; use eventsConfig.",
    ),
    *(
        (
            recipe,
            aimed(itemAttribute="PRICE", objectiveSensitivity="LOW"),
            f"solutionConfig.optimizationObjective is not available for recipe {recipe}.",
        )
        for recipe in (V2, SIMS, COUNT)
    ),
    *(
        (
            V1,
            aimed(**objective),
            (
                f"solutionConfig.optimizationObjective.{missing} is missing; "
                "an objective needs itemAttribute and objectiveSensitivity."
            ),
        )
        for objective, missing in (
            ({"itemAttribute": "PRICE"}, "objectiveSensitivity"),
            ({"objectiveSensitivity": "LOW"}, "itemAttribute"),
        )
    ),
    *(
        (
            V1,
            aimed(itemAttribute=column, objectiveSensitivity="LOW"),
            f"solutionConfig.optimizationObjective.itemAttribute {told}",
        )
        for column, told in (
            ("COST", "'COST' is not in the schema of the Items dataset."),
            ("GENRE", "GENRE must be a numeric column of Items; its type is string."),
            ("NEW", "NEW must be a numeric column of Items; its type is boolean."),
            ("RATING", "RATING must be a column of Items that does not allow null."),
        )
    ),
    (
        V2,
        excluded(FILMS=["A"]),
        f"{COLUMNS}.excludedDatasetColumns 'FILMS' is no dataset type; name INTERACTIONS, ITEMS or USERS.",
    ),
    (
        V2,
        excluded(ACTIONS=["A"]),
        f"{COLUMNS}.excludedDatasetColumns ACTIONS: the dataset group has no ACTIONS dataset.",
    ),
    (
        V2,
        excluded(ITEMS=["GENRE"], items=["PRICE"]),
        f"{COLUMNS}.excludedDatasetColumns items is written twice; choose the columns of a dataset in one way.",
    ),
    (
        V2,
        config(
            trainingDataConfig={
                "excludedDatasetColumns": {"ITEMS": ["GENRE"]},
                "includedDatasetColumns": {"Items": ["PRICE"]},
            }
        ),
        (
            f"{COLUMNS}.includedDatasetColumns Items is in excludedDatasetColumns too; "
            "choose the columns of a dataset in one way."
        ),
    ),
    (
        V2,
        excluded(ITEMS=["COLOUR"]),
        f"{COLUMNS}.excludedDatasetColumns ITEMS: the column 'COLOUR' is not in the schema of the dataset.",
    ),
    (
        V2,
        included(USERS=["AGE", "NAME"]),
        f"{COLUMNS}.includedDatasetColumns USERS: the column 'NAME' is not in the schema of the dataset.",
    ),
    (
        V2,
        included(ITEMS=[]),
        f"{COLUMNS}.includedDatasetColumns ITEMS names no column; name at least one, or leave the dataset out.",
    ),
    *(
        (
            V2,
            excluded(**{type_: [column]}),
            (
                f"{COLUMNS}.excludedDatasetColumns {type_.upper()}: the column {column} cannot be excluded; "
                "training needs it."
            ),
        )
        for type_, column in (
            ("INTERACTIONS", "USER_ID"),
            ("INTERACTIONS", "item_id"),
            ("INTERACTIONS", "TIMESTAMP"),
            ("interactions", "EVENT_TYPE"),
            ("ITEMS", "ITEM_ID"),
            ("USERS", "User_Id"),
        )
    ),
    *(
        (
            V2,
            scheduled(text),
            (
                "solutionConfig.autoTrainingConfig.schedulingExpression must be rate(N days), N from 1 to 30, "
                f"not {text!r}."
            ),
        )
        for text in ("rate(0 days)", "rate(31 days)", "rate(99999 days)")
    ),
    (
        V2,
        scheduled("rate(7 days)", performAutoTraining=False),
        "solutionConfig.autoTrainingConfig needs performAutoTraining true; without it nothing is scheduled.",
    ),
    (
        V2,
        config(autoMLConfig={"metricName": "coverage"}),
        "solutionConfig.autoMLConfig needs performAutoML true; without it nothing is chosen.",
    ),
    (V1, {"performIncrementalUpdate": True}, f"performIncrementalUpdate is not available for recipe {V1}."),
    (
        V2,
        {"performAutoML": True},
        (
            "recipeArn and performAutoML exclude each other: leave recipeArn out, and name recipes to choose from in "
            "solutionConfig.autoMLConfig.recipeList."
        ),
    ),
]


@pytest.mark.parametrize(("recipe", "members"), GOOD)
def test_it_takes_what_the_recipe_takes(build, personalize, group, recipe, members):
    arn = build.solution(group, recipe, **members)

    described = personalize.describe_solution(solutionArn=arn)["solution"]
    assert described.get("solutionConfig") == members.get("solutionConfig")
    assert (described["status"], described.get("eventType")) == ("ACTIVE", members.get("eventType"))


@pytest.mark.parametrize(("recipe", "members", "told"), BAD)
def test_it_refuses_the_rest_and_names_member_value_and_rule(build, group, recipe, members, told):
    with pytest.raises(ClientError) as error:
        build.solution(group, recipe, **members)

    assert (code(error), message(error)) == ("InvalidInputException", told)
    assert build.client.list_solutions(datasetGroupArn=group)["solutions"] == []


def test_a_value_of_any_length_is_refused_in_few_words(build, group):
    with pytest.raises(ClientError) as error:
        build.solution(group, V1, **hyper(hidden_dimension="\ud83d\ude00" * 500))

    assert len(message(error)) < 400


NEEDY = [
    (V2, {"eventType": "a"}, "eventType needs the column EVENT_TYPE"),
    (V2, config(eventValueThreshold="1"), "solutionConfig.eventValueThreshold needs the column EVENT_VALUE"),
    (V2, weighted({"eventType": "a"}), f"{EVENTS}.1.member.eventType needs the column EVENT_TYPE"),
]


@pytest.mark.parametrize(("recipe", "members", "told"), NEEDY)
def test_events_are_chosen_by_columns_that_are_there(build, recipe, members, told):
    empty, bare = build.group(), build.group()
    add_dataset(build, bare, "Interactions", *INTERACTIONS)
    endings = {
        empty: ": the dataset group has no Interactions dataset.",
        bare: " in the schema of the Interactions dataset.",
    }

    for group, ending in endings.items():
        with pytest.raises(ClientError) as error:
            build.client.create_solution(
                name="s", datasetGroupArn=group, recipeArn=f"arn:aws:personalize:::recipe/{recipe}", **members
            )
        assert (code(error), message(error)) == ("InvalidInputException", told + ending)


def test_a_threshold_of_one_type_needs_the_column_of_values(build):
    group = build.group()
    add_dataset(build, group, "Interactions", *INTERACTIONS, EVENT_TYPE)

    with pytest.raises(ClientError, match=r"1\.member\.eventValueThreshold needs the column EVENT_VALUE in the schema"):
        build.solution(group, V2, **weighted({"eventType": "a", "eventValueThreshold": 1.0}))


@pytest.mark.parametrize(
    ("type_", "most", "value", "shown"),
    [
        ("float", "3.4e+38", 1e39, "1e+39"),
        ("float", "3.4e+38", -1e300, "-1e+300"),
        ("float", "3.4e+38", "3.5e38", "'3.5e38'"),
        ("float", "3.4e+38", "1e400", "'1e400'"),
        ("double", "1.8e+308", "-1e309", "'-1e309'"),
    ],
)
def test_a_threshold_beyond_all_values_is_refused_by_the_range_of_its_column(build, type_, most, value, shown):
    group = build.group()
    add_dataset(build, group, "Interactions", *INTERACTIONS, EVENT_TYPE, {"name": "EVENT_VALUE", "type": type_})
    weights = not isinstance(value, str)
    member = f"{EVENTS}.1.member.eventValueThreshold" if weights else "solutionConfig.eventValueThreshold"
    chosen = (
        weighted({"eventType": "a", "eventValueThreshold": value}) if weights else config(eventValueThreshold=value)
    )

    with pytest.raises(ClientError) as error:
        build.solution(group, V2, **chosen)

    told = f"{member} must be from -{most} to {most}, as EVENT_VALUE ({type_}) is, not {shown}."
    assert (code(error), message(error)) == ("InvalidInputException", told)


def test_an_objective_needs_items(build):
    with pytest.raises(ClientError, match="the dataset group has no Items dataset"):
        build.solution(build.group(), V1, **aimed(itemAttribute="PRICE", objectiveSensitivity="LOW"))


UPDATES = [
    (
        V1,
        {},
        {"solutionUpdateConfig": {"eventsConfig": {"eventParametersList": [{"eventType": "a"}]}}},
        f"solutionUpdateConfig.eventsConfig is not available for recipe {V1}.",
    ),
    (
        V2,
        {"eventType": "a"},
        {"solutionUpdateConfig": {"eventsConfig": {"eventParametersList": [{"eventType": "a"}]}}},
        "eventType and solutionUpdateConfig.eventsConfig exclude each other; use eventsConfig.",
    ),
    (
        V2,
        config(eventValueThreshold="1"),
        {"solutionUpdateConfig": {"eventsConfig": {"eventParametersList": [{"eventType": "a"}]}}},
        (
            "solutionConfig.eventValueThreshold and solutionUpdateConfig.eventsConfig exclude each other; "
            "use eventsConfig."
        ),
    ),
    (
        V2,
        {},
        {"solutionUpdateConfig": {"eventsConfig": {"eventParametersList": [{"weight": 1}]}}},
        "solutionUpdateConfig.eventsConfig.eventParametersList.1.member has no eventType; every entry must name one.",
    ),
    (
        V2,
        {},
        {"solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}}},
        (
            "solutionUpdateConfig.autoTrainingConfig.schedulingExpression must be rate(N days), N from 1 to 30, "
            "not 'rate(31 days)'."
        ),
    ),
    (
        V2,
        {"performAutoTraining": False},
        {"solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}},
        "solutionUpdateConfig.autoTrainingConfig needs performAutoTraining true; without it nothing is scheduled.",
    ),
    (
        V2,
        {},
        {
            "performAutoTraining": False,
            "solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}},
        },
        "solutionUpdateConfig.autoTrainingConfig needs performAutoTraining true; without it nothing is scheduled.",
    ),
    (
        V2,
        {},
        {"performIncrementalUpdate": True},
        f"performIncrementalUpdate is not available for recipe {V2}.",
    ),
]


@pytest.mark.parametrize(("made", "changes", "told"), [((row[0], row[1]), *row[2:]) for row in UPDATES])
def test_an_update_is_held_to_the_same_rules(build, group, made, changes, told):
    recipe, members = made
    solution = build.solution(group, recipe, **members)

    with pytest.raises(ClientError) as error:
        build.client.update_solution(solutionArn=solution, **changes)

    assert (code(error), message(error)) == ("InvalidInputException", told)


def test_an_update_may_change_weights_and_the_schedule(world, build, personalize, group):
    solution = build.solution(group, V2, **weighted({"eventType": "view"}))
    plan = {
        "eventsConfig": {"eventParametersList": [{"eventType": "buy", "weight": 1.0}]},
        "autoTrainingConfig": {"schedulingExpression": "rate(30 days)"},
    }

    personalize.update_solution(solutionArn=solution, solutionUpdateConfig=plan)
    world.run()

    assert personalize.describe_solution(solutionArn=solution)["solution"]["solutionConfig"] == plan
