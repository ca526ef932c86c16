"""`context` in answers: from imported and recorded columns to GetRecommendations, rankings and batch lines."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import visits

PART = {"name": "DAY_PART", "type": ["null", "string"], "categorical": True}
FLOOR = {"name": "FLOOR", "type": ["null", "int"]}
V2 = "aws-user-personalization-v2"


@pytest.fixture
def cafe(build):
    group = build.group()
    build.imported(build.dataset(group, "Interactions", PART, FLOOR), visits())
    return group


@pytest.fixture
def ask(clients, build, cafe):
    """Asks a campaign for a stranger's items in a context, as numbers."""
    campaign = build.campaign(build.version(build.solution(cafe, V2)))

    def asked(**members):
        reply = clients.personalize_runtime.get_recommendations(
            campaignArn=campaign, userId="stranger", numResults=10, **members
        )
        return [int(item["itemId"][1:]) for item in reply["itemList"]]

    return asked


def test_what_is_chosen_in_a_context_comes_first_in_it(ask):
    assert sum(item < 20 for item in ask(context={"DAY_PART": "am"})) >= 9
    assert sum(item < 20 for item in ask(context={"DAY_PART": "pm"})) <= 1


def test_names_are_matched_as_those_of_events_are(ask):
    assert ask(context={"dayPart": "am"}) == ask(context={"DAY_PART": "am"})


@pytest.mark.parametrize("context", [{}, {"DAY_PART": "noon"}, {"FLOOR": "1"}, {"DAY_PART": ""}])
def test_what_says_nothing_changes_nothing(ask, context):
    assert ask(context=context) == ask()


@pytest.mark.parametrize("name", ["WEATHER", "EVENT_TYPE", "USER_ID"])
def test_a_name_that_is_no_column_of_its_own_is_named(ask, name):
    with pytest.raises(ClientError) as error:
        ask(context={name: "x"})

    assert code(error) == "InvalidInputException"
    assert message(error) == (
        f"context {name} is not a column of Interactions that a context may tell; it has DAY_PART, FLOOR."
    )


def test_a_column_that_a_solution_leaves_out_says_nothing(clients, build, cafe):
    config = {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["DAY_PART"]}}}
    campaign = build.campaign(build.version(build.solution(cafe, V2, solutionConfig=config)))
    ask = clients.personalize_runtime.get_recommendations

    answers = [ask(campaignArn=campaign, userId="u", context=told)["itemList"] for told in ({}, {"DAY_PART": "am"})]

    assert answers[0] == answers[1]


def test_a_recipe_without_contexts_takes_them_without_effect(clients, build, cafe):
    campaign = build.campaign(build.version(build.solution(cafe)))
    ask = clients.personalize_runtime.get_recommendations

    answers = [ask(campaignArn=campaign, userId="u", context=told)["itemList"] for told in ({}, {"DAY_PART": "am"})]

    assert answers[0] == answers[1]


def test_a_ranking_follows_the_context(clients, build, cafe):
    campaign = build.campaign(build.version(build.solution(cafe, "aws-personalized-ranking-v2")))
    rank = clients.personalize_runtime.get_personalized_ranking

    def ranked(part):
        reply = rank(
            campaignArn=campaign, userId="stranger", inputList=["i1", "i21", "i2", "i22"], context={"DAY_PART": part}
        )
        return {item["itemId"] for item in reply["personalizedRanking"][:2]}

    assert (ranked("am"), ranked("pm")) == ({"i1", "i2"}, {"i21", "i22"})
    with pytest.raises(ClientError) as error:
        rank(campaignArn=campaign, userId="u", inputList=["i1"], context={"WEATHER": "wet"})
    assert code(error) == "InvalidInputException"


def test_lines_of_a_batch_job_tell_a_context_too(world, personalize, ask):
    [version] = personalize.list_solution_versions()["solutionVersions"]
    lines = [
        {"userId": "stranger", "context": {"DAY_PART": "am"}},
        {"userId": "stranger", "context": {"WEATHER": "wet"}},
        {"userId": "stranger", "context": ["am"]},
    ]
    world.objects.write("bucket", "in/lines.json", "\n".join(map(json.dumps, lines)).encode())
    personalize.create_batch_inference_job(
        jobName="b",
        solutionVersionArn=version["solutionVersionArn"],
        numResults=10,
        jobInput={"s3DataSource": {"path": "s3://bucket/in/lines.json"}},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
        roleArn="arn:aws:iam::123456789012:role/r",
    )
    world.run()

    told = [json.loads(line) for line in world.objects.read("bucket", "out/lines.json.out").splitlines()]

    assert [int(item[1:]) for item in told[0]["output"]["recommendedItems"]] == ask(context={"DAY_PART": "am"})
    assert told[1]["output"] is None
    assert "context WEATHER is not a column" in told[1]["error"]
    assert told[2]["error"] == "context must be an object of strings."


def test_a_header_of_the_version_says_which_contexts_were_learned_and_what_was_chosen(personalize, build, cafe):
    versions = [build.version(build.solution(cafe, V2)), build.version(build.solution(cafe, "aws-popularity-count"))]

    learned, popular = (
        json.loads(
            personalize.describe_solution_version(solutionVersionArn=version)["ResponseMetadata"]["HTTPHeaders"][
                "x-tastemaker-learned"
            ]
        )
        for version in versions
    )

    assert learned["events"] == popular["events"] == 1400
    assert learned["eventTypes"] == [{"eventType": "any", "weight": 1.0}]
    assert learned["contexts"]["DAY_PART"]["values"] == 2
    assert learned["contexts"]["DAY_PART"]["factor"] > 0
    assert learned["weights"]
    assert popular["contexts"]["DAY_PART"] == {"values": 0, "factor": 0.0}
    assert "weights" not in popular
