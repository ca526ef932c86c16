"""aws-semantic-similarity through the deployed templates: items alone, a quote, answers, and an update by the rule."""

import json

import pytest

from tastemaker_local.emulation.schedules import Schedules
from tests.processes import until
from tests.unit.operations.shelves import FIELDS, items

RECIPE = "aws-semantic-similarity"
# Half an hour has passed at once, when a day lasts no time to speak of.
DAY = 0.001


@pytest.fixture
def shelf(client):
    """Items alone: the ARN of their dataset."""
    schema = {"type": "record", "name": "Items", "namespace": "com.amazonaws.personalize.schema", "fields": FIELDS}
    arn = client.personalize.create_schema(name="items", schema=json.dumps(schema))["schemaArn"]
    arn = client.personalize.create_dataset(
        name="items", datasetGroupArn=client.group(), schemaArn=arn, datasetType="Items"
    )["datasetArn"]
    assert client.settled("dataset", arn)["status"] == "ACTIVE"
    assert client.imported(arn, items())["status"] == "ACTIVE"
    return arn


def test_items_alone_are_quoted_learned_and_brought_up_to_date(client, shelf, command):
    group = client.personalize.describe_dataset(datasetArn=shelf)["dataset"]["datasetGroupArn"]
    status, said, _ = command("quote", "--dataset-group", group, "--recipe", RECIPE)
    assert status == 0
    assert "0 interactions, 0 users, 12 items" in said
    campaign = client.campaign(group, RECIPE, "alike")

    def like(item):
        reply = client.runtime.get_recommendations(campaignArn=campaign, itemId=item, numResults=3)
        return {each["itemId"] for each in reply["itemList"]}

    assert like("tea-1") == {"tea-0", "tea-2", "tea-3"}
    lamp = json.dumps({"name": "Desk Lamp", "about": "light for a dark room, with a bulb", "kind": "lamp"})
    client.events.put_items(datasetArn=shelf, items=[{"itemId": "tea-0", "properties": lamp}])
    now = [0.0]
    schedules = Schedules(lambda: ["us-east-1"], day=DAY, clock=lambda: now[0])
    schedules.look()
    now[0] += 60
    schedules.look()

    until(lambda: like("tea-0") <= {"lamp-0", "lamp-1", "lamp-2", "lamp-3"})
    assert "tea-0" in like("lamp-0")
