"""Fixtures of the tests of filters: a shop whose answers they filter."""

from types import SimpleNamespace

import pytest

from tests.unit.operations.filters.shops import empty, stocked


@pytest.fixture
def group(build, personalize, once):
    """A dataset group with all three datasets, nothing imported."""
    return once(lambda: empty(build, personalize))


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
def shop(build, clients, personalize, group, once):
    """The group's data, a campaign per recipe on demand, and an event tracker."""
    tracker, campaigns = once(lambda: stocked(build, personalize, group)), {}

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
