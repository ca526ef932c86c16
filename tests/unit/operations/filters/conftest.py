"""Fixtures of the tests of filters: a shop whose answers they filter."""

from types import SimpleNamespace

import pytest

from tests.unit.operations.purchases import EVENT_TYPE, ITEM_FIELDS, interactions, items


@pytest.fixture
def group(build, personalize):
    """A dataset group with all three datasets, nothing imported."""
    arn = build.group()
    for type_, fields in (("Interactions", (EVENT_TYPE,)), ("Items", ITEM_FIELDS), ("Users", ())):
        schema = build.schema(type_, *fields)
        personalize.create_dataset(name=build.name(), datasetGroupArn=arn, datasetType=type_, schemaArn=schema)
        build.world.run()
    return arn


@pytest.fixture
def make(build, personalize, group):
    """Makes ACTIVE filters of the group."""

    def make_filter(expression, **members):
        made = {"name": build.name(), "datasetGroupArn": group, "filterExpression": expression, **members}
        arn = personalize.create_filter(**made)["filterArn"]
        build.world.run()
        return arn

    return make_filter


@pytest.fixture
def shop(build, clients, personalize, group):
    """The group's data imported, a campaign per recipe on demand, and an event tracker."""
    texts = {"INTERACTIONS": interactions(), "ITEMS": items(), "USERS": "USER_ID,AGE\nu0,10\nu1,30\n"}
    for dataset in personalize.list_datasets(datasetGroupArn=group)["datasets"]:
        build.imported(dataset["datasetArn"], texts[dataset["datasetType"]])
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    build.world.run()
    campaigns = {}

    def campaign(recipe):
        if recipe not in campaigns:
            campaigns[recipe] = build.campaign(build.version(build.solution(group, recipe)))
        return campaigns[recipe]

    def ask(recipe="aws-popularity-count", **members):
        return [item["itemId"] for item in answer(recipe, numResults=40, **members)]

    def answer(recipe="aws-popularity-count", **members):
        call = clients.personalize_runtime.get_recommendations
        return call(campaignArn=campaign(recipe), **members)["itemList"]

    def happened(user, type_, item, number=0):
        event = {"eventType": type_, "sentAt": 1_750_000_000 + number, "itemId": item}
        clients.personalize_events.put_events(trackingId=tracker, userId=user, sessionId="s", eventList=[event])

    return SimpleNamespace(ask=ask, answer=answer, happened=happened)
