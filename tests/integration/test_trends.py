"""Trends through the deployed rule, its machine and the functions."""

import time

from tastemaker_local.emulation.schedules import Schedules
from tests.integration.client import readings
from tests.processes import until

RECIPE = "arn:aws:personalize:::recipe/aws-trending-now"
# Two hours have passed at once, when a day lasts no time to speak of.
DAY = 0.001


def test_what_rises_is_first_in_everybodys_list_at_the_next_look(client):
    now = [0.0]
    schedules = Schedules(lambda: ["us-east-1"], day=DAY, clock=lambda: now[0])
    group = client.group()
    client.imported(client.dataset(group), readings())
    tracking = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    solution = client.personalize.create_solution(
        name="now", datasetGroupArn=group, recipeArn=RECIPE, performAutoTraining=False
    )["solutionArn"]
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    client.settled("solutionVersion", version)
    campaign = client.personalize.create_campaign(name="now", solutionVersionArn=version)["campaignArn"]
    client.settled("campaign", campaign)

    for number in range(12):
        event = {"eventType": "read", "sentAt": int(time.time()), "itemId": "just-out"}
        client.events.put_events(trackingId=tracking, userId=f"reader-{number}", sessionId="s", eventList=[event])
    before = client.books(campaign, "reader-1")
    schedules.look()
    now[0] += 60
    schedules.look()

    until(lambda: client.books(campaign, "reader-1")[0] == "just-out")
    assert "just-out" not in before
    client.personalize.delete_campaign(campaignArn=campaign)
    assert client.is_gone("describe_campaign", "campaignArn", campaign)
    models = client.s3.list_objects_v2(Bucket="tastemaker-models-123456789012-us-east-1")["Contents"]
    assert not [each["Key"] for each in models if each["Key"].startswith("trends.")]
