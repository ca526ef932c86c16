"""Replays and estimates through the deployed templates, by the commands that people use."""

import pytest

from tests.integration.client import Client, readings


@pytest.fixture
def shelf(tastemaker):
    """A campaign that explores as much as it can, its tracker and its clients."""
    client = Client(tastemaker)
    group = client.group()
    client.imported(client.dataset(group), readings())
    personalize = client.personalize
    recipe = "arn:aws:personalize:::recipe/aws-user-personalization"
    solution = personalize.create_solution(name="v1", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    arn = personalize.create_campaign(
        name="v1",
        solutionVersionArn=version,
        campaignConfig={"itemExplorationConfig": {"explorationWeight": "1", "explorationItemAgeCutOff": "30"}},
    )["campaignArn"]
    assert client.settled("campaign", arn)["status"] == "ACTIVE"
    client.tracker = personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    client.arn = arn
    return client


def clicked(shelf, reader: str) -> str:
    """Ask for books, click on the first, and return the id of the answer."""
    reply = shelf.runtime.get_recommendations(campaignArn=shelf.arn, userId=reader, numResults=10)
    event = {
        "eventType": "read",
        "sentAt": 1_750_000_000,
        "itemId": reply["itemList"][0]["itemId"],
        "recommendationId": reply["recommendationId"],
    }
    shelf.events.put_events(trackingId=shelf.tracker, userId=reader, sessionId="s", eventList=[event])
    return reply["recommendationId"]


def test_the_commands_replay_answers_and_judge_other_weights(shelf, command):
    answers = [clicked(shelf, f"reader-{number % 5}") for number in range(20)]

    replayed, said, _ = command("replay", *answers)
    judged, table, _ = command("off-policy", shelf.arn, "--weights", "0", "0.3")
    named = command("off-policy", "v1", "--weights", "0", "0.3")
    unknown, _, complaint = command("replay", "RID-unknown")

    assert named[:2] == (0, table)
    assert (replayed, judged, unknown) == (0, 0, 1)
    assert said.count("the same list") == 20
    assert "explored" in said
    assert "20 answers showed 200 items" in table
    assert "20 were rewarded: 100.00 in 1,000" in table
    assert [line.split()[0] for line in table.splitlines() if line.strip().startswith("0")] == ["0", "0.3"]
    assert "RID-unknown is not in the log" in complaint


def test_a_campaign_that_never_explored_has_nothing_to_tell(shelf, command):
    status, _, complaint = command("off-policy", shelf.arn)

    assert (status, "no logged answer that explored" in complaint) == (1, True)
