"""What a solution's settings change in its answers, through real boto3 clients and the real steps."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.workflows.tastes import DAY, EVENT_TYPE, EVENT_VALUE, clicks_and_purchases, two_tastes

V1, V2 = "aws-user-personalization", "aws-user-personalization-v2"
PRICE = {"name": "PRICE", "type": "float"}
PLOT = {"name": "PLOT", "type": ["null", "string"], "textual": True}


def goods(items=40):
    """Return both halves as genres, later items dearer, and a new item of each genre that nobody had."""
    rows = ["ITEM_ID,GENRE,PRICE,PLOT"]
    rows += [f"i{item},{'ab'[item // (items // 2)]},{item % (items // 2)},about {item}" for item in range(items)]
    return "\n".join([*rows, "new-a,a,5,about it", "new-b,b,5,about it"]) + "\n"


def people():
    return (
        "\n".join(["USER_ID,AGE", *(f"u{user},{20 + 40 * (user % 2)}" for user in range(60)), "v0,20", "v1,60"]) + "\n"
    )


@pytest.fixture
def group(build, once):
    return once(lambda: stocked(build))


def stocked(build):
    """Make a dataset group with everything imported."""
    arn = build.group()
    build.imported(build.dataset(arn), two_tastes())
    build.imported(build.dataset(arn, "Items", PRICE, PLOT), goods())
    build.imported(build.dataset(arn, "Users"), people())
    return arn


@pytest.fixture
def ask(build, clients):
    """Return a function that trains a solution and asks for recommendations."""

    def trained(group, recipe, **members):
        campaign = build.campaign(build.version(build.solution(group, recipe, **members)))

        def answer(k=10, **question):
            found = clients.personalize_runtime.get_recommendations(campaignArn=campaign, numResults=k, **question)
            return [item["itemId"] for item in found["itemList"]]

        return answer

    return trained


def taste(item):
    return item[-1] if item.startswith("new") else "ab"[int(item[1:]) // 20]


def aimed(sensitivity):
    return {
        "solutionConfig": {"optimizationObjective": {"itemAttribute": "price", "objectiveSensitivity": sensitivity}}
    }


@pytest.mark.parametrize("item", ["new-a", "new-b"])
def test_a_new_item_is_like_the_items_of_its_genre(group, ask, item):
    genre_only = {"includedDatasetColumns": {"ITEMS": ["GENRE"]}}
    found = ask(group, "aws-similar-items", solutionConfig={"trainingDataConfig": genre_only})(itemId=item)

    assert {taste(other) for other in found} == {item[-1]}
    assert item not in found


def test_columns_that_are_excluded_are_not_learned_from(group, ask):
    excluded = {"excludedDatasetColumns": {"ITEMS": ["GENRE", "PRICE", "PLOT"]}}

    found = ask(group, "aws-similar-items", solutionConfig={"trainingDataConfig": excluded})(itemId="new-a")

    assert {taste(other) for other in found} == {"a", "b"}


def test_a_user_without_events_gets_what_those_of_the_same_age_like(group, ask):
    answer = ask(group, V2)

    assert [{taste(item) for item in answer(8, userId=user)} for user in ("v0", "v1")] == [{"a"}, {"b"}]


@pytest.mark.parametrize("recipe", ["aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"])
def test_legacy_recipes_answer_by_taste(group, ask, recipe):
    found = ask(group, recipe)(5, userId="u0")

    assert {taste(item) for item in found} == {"a"}


def test_trending_items_are_those_of_the_interval_that_was_asked_for(build, ask):
    group = build.group()
    last = 1_700_000_000 + 30 * DAY
    rising = "".join(f"u{n},i39,{last - 60 * n}\n" for n in range(50))
    build.imported(build.dataset(group), two_tastes() + rising)
    frequency = {"featureTransformationParameters": {"trend_discovery_frequency": "1 hour"}}

    assert ask(group, "aws-trending-now", solutionConfig=frequency)(1) == ["i39"]


def test_an_objective_brings_up_what_has_much_of_it(personalize, group, build, clients):
    prices, metrics = [], []
    for sensitivity in ("OFF", "LOW", "HIGH"):
        version = build.version(build.solution(group, V1, **aimed(sensitivity)))
        still = {"campaignConfig": {"itemExplorationConfig": {"explorationWeight": "0"}}}
        campaign = build.campaign(version, **still)
        found = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u0", numResults=8)
        prices.append(sum(int(item["itemId"][1:]) % 20 for item in found["itemList"] if item["itemId"][0] == "i"))
        metrics.append(personalize.get_solution_metrics(solutionVersionArn=version)["metrics"])
        personalize.delete_campaign(campaignArn=campaign)
        build.world.run()

    assert prices == sorted(prices)
    assert prices[0] < prices[2]
    assert all(0 < each["average_rewards_at_k"] <= 1 for each in metrics)
    assert len(metrics[0]) == 9


def test_an_update_needs_a_full_training_and_is_one_of_its_own(personalize, group, build):
    solution = build.solution(group, V1)

    with pytest.raises(ClientError) as error:
        personalize.create_solution_version(solutionArn=solution, trainingMode="UPDATE")
    build.version(solution)
    arn = personalize.create_solution_version(solutionArn=solution, trainingMode="UPDATE")["solutionVersionArn"]
    build.world.run()

    assert (code(error), message(error)) == (
        "InvalidInputException",
        "trainingMode UPDATE needs an ACTIVE version of the solution that was trained with FULL.",
    )
    described = personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
    assert (described["status"], described["trainingMode"]) == ("ACTIVE", "UPDATE")


@pytest.mark.parametrize(("recipe", "mode"), [(V2, "UPDATE"), ("aws-sims", "UPDATE"), (V1, "AUTOTRAIN")])
def test_a_mode_that_a_recipe_does_not_have_is_refused(personalize, group, build, recipe, mode):
    solution = build.solution(group, recipe)

    with pytest.raises(ClientError) as error:
        personalize.create_solution_version(solutionArn=solution, trainingMode=mode)

    assert (code(error), message(error)) == (
        "InvalidInputException",
        f"trainingMode {mode} is not available for recipe {recipe}; use FULL.",
    )


def weighed(**weights):
    listed = [{"eventType": type_, "weight": weight} for type_, weight in weights.items()]
    return {"solutionConfig": {"eventsConfig": {"eventParametersList": listed}}}


@pytest.mark.parametrize(
    ("recipe", "members", "kept"),
    [
        (V2, {"eventType": "Click"}, range(20)),
        (V2, {"eventType": "purchase"}, range(20, 40)),
        (V1, {"eventType": "Purchase", "solutionConfig": {"eventValueThreshold": "2"}}, range(22, 40)),
        (V2, weighed(Purchase=1.0), range(20, 40)),
        (V2, weighed(Purchase=1.0, Click=0.0), range(20, 40)),
        (V2, weighed(Purchase=1.0, Click=0.01), range(20, 40)),
        (V2, weighed(Purchase=0.01, Click=1.0), range(20)),
    ],
)
def test_the_events_that_were_chosen_decide_the_answer(build, ask, recipe, members, kept):
    group = build.group()
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE, EVENT_VALUE), clicks_and_purchases())

    found = ask(group, recipe, **members)(8, userId="u4")

    assert {int(item[1:]) for item in found} <= {*kept}
