"""Next-best-action through the deployed templates: a quote, a training, and answers that follow what was done."""

import json
import time

import pytest

from tests.actions import ACTIONS, EVENT_TYPE, bought, offered
from tests.actions import FIELDS as OF_ACTIONS
from tests.fields import FIELDS

DATASETS = {
    "Interactions": ([EVENT_TYPE], bought),
    "Actions": (OF_ACTIONS, lambda _: ACTIONS),
    "ActionInteractions": ([], offered),
}


@pytest.fixture
def solution(client):
    """A solution for actions in a group with all that it learns from."""
    group = client.group()
    for name, (fields, made) in DATASETS.items():
        schema = {"type": "record", "name": name, "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
        text = json.dumps({**schema, "fields": [*FIELDS[name], *fields]})
        dataset = client.personalize.create_dataset(
            name=name,
            datasetGroupArn=group,
            datasetType="Action_Interactions" if name == "ActionInteractions" else name,
            schemaArn=client.personalize.create_schema(name=name, schema=text)["schemaArn"],
        )["datasetArn"]
        client.settled("dataset", dataset)
        assert client.imported(dataset, made(int(time.time())), name)["status"] == "ACTIVE"
    client.tracking = client.personalize.describe_dataset(datasetArn=dataset)["dataset"]["trackingId"]
    recipe = "arn:aws:personalize:::recipe/aws-next-best-action"
    return client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]


def test_actions_are_recommended_and_what_is_taken_waits(client, solution, command):
    def quoted(*given):
        status, said, _ = command("quote", *given, "--json")
        assert status == 0
        return json.loads(said)

    before = quoted("--solution", solution)
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    after = quoted("--solution-version", version)
    campaign = client.personalize.create_campaign(name="next", solutionVersionArn=version)["campaignArn"]
    assert client.settled("campaign", campaign)["status"] == "ACTIVE"

    def ask():
        reply = client.runtime.get_action_recommendations(campaignArn=campaign, userId="cat1", numResults=100)
        return [action["actionId"] for action in reply["actionList"]]

    first = ask()
    taken = {"actionId": "club", "userId": "cat1", "sessionId": "s", "eventType": "Taken"}
    client.events.put_action_interactions(
        trackingId=client.tracking, actionInteractions=[{**taken, "timestamp": int(time.time())}]
    )

    assert (before["events"], before["users"]) == (after["events"], after["users"])
    assert first[0] == "catfood"
    assert "club" in first
    assert "club" not in ask()
    assert "sale" not in first
