"""Random filters on random data, through the public door, against an evaluator that is slow and obvious.

`make filters` asks 10,000 filters on 50 data sets; here are some of them.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from tests.fields import INTERACTIONS
from tests.unit.operations.filters.evaluator import MissingValue, Writer, passes
from tests.unit.operations.filters.random_data import NULLABLE, Data, random_data

POPULAR, RELATED, PERSONAL = "aws-popularity-count", "aws-sims", "aws-user-personalization-v2"
STRANGERS = ["stranger", "newer"]
KINDS = [(POPULAR, "recommend"), (RELATED, "recommend"), (PERSONAL, "recommend"), (PERSONAL, "rank")]
ASKERS = [*(f"u{n}" for n in range(12)), "quiet", "newcomer"]


@pytest.fixture
def shop(build, clients, world, personalize):
    """Imports random data, trains on it, puts rows and records events that came since; asks filters there."""
    world.allow(fields_per_filter=30, dataset_groups=100, schemas=1000, solutions=1000, campaigns=1000)

    def open_shop(data):
        group = build.group()
        keys = {"ITEMS": ["ITEM_ID"], "USERS": ["USER_ID"]}
        fields = {
            type_: [*({"name": name, "type": "string"} for name in keys[type_]), *(c.avro for c in columns)]
            for type_, columns in data.columns.items()
        } | {"INTERACTIONS": [*INTERACTIONS, {"name": "EVENT_TYPE", "type": NULLABLE}]}
        for type_, own in fields.items():
            record = {"type": "record", "name": type_.title(), "namespace": "n", "version": "1.0", "fields": own}
            schema = personalize.create_schema(name=build.name(), schema=json.dumps(record))["schemaArn"]
            named = {"name": build.name(), "datasetGroupArn": group, "datasetType": type_, "schemaArn": schema}
            dataset = personalize.create_dataset(**named)["datasetArn"]
            world.run()
            build.imported(dataset, data.file(type_))
        campaigns = {
            recipe: build.campaign(build.version(build.solution(group, recipe)))
            for recipe in (POPULAR, RELATED, PERSONAL)
        }
        for type_, rows in data.put.items():
            put_all(clients.personalize_events, group.replace("dataset-group", "dataset"), type_, rows)
        data.take_over()
        tracker = build.tracker(group)
        for number, (user, item, type_, moment) in enumerate(data.fresh):
            event = {"eventType": type_, "sentAt": moment, "itemId": item, "eventId": f"e{number}"}
            clients.personalize_events.put_events(trackingId=tracker, userId=user, sessionId="s", eventList=[event])
        return SimpleNamespace(group=group, campaigns=campaigns)

    return open_shop


def put_all(client, arn, type_, rows):
    """Put rows one by one, each without its empty cells."""
    member = type_.lower()
    for id_, row in rows.items():
        properties = json.dumps({name: cell for name, cell in row.items() if cell})
        record = {f"{member[:-1]}Id": id_, "properties": properties}
        getattr(client, f"put_{member}")(datasetArn=f"{arn}/{type_}", **{member: [record]})


@pytest.fixture
def amounts(request):
    """How many filters, on how many data sets."""
    return request.config.getoption("--filters"), request.config.getoption("--filter-data")


def test_filters_mean_what_the_reference_says(amounts, shop, build, personalize, runtime):
    filters, shops = amounts
    told, differences = Counter(), []
    for number in range(shops):
        data = random_data(number)
        place, writer = shop(data), Writer(data, number)
        for turn in range(filters // shops):
            ask = Question(KINDS[turn % len(KINDS)], data, *writer.asker([*ASKERS, *STRANGERS]))
            expressions, text = writer.filter(current=ask.recipe == RELATED)
            made = {"name": build.name(), "datasetGroupArn": place.group, "filterExpression": text}
            arn = personalize.create_filter(**made)["filterArn"]
            build.world.run()
            asked = {"campaignArn": place.campaigns[ask.recipe], "filterArn": arn}
            found = ask.answer(runtime, {**asked, "filterValues": writer.filter_values()})
            personalize.delete_filter(filterArn=arn)
            build.world.run()
            wanted = ask.meaning(expressions)
            told["refused" if wanted is None else "all" if wanted == ask.candidates else min(len(wanted), 1)] += 1
            if found != wanted:
                differences.append((number, turn, text, writer.values, ask.user, ask.current, found, wanted))
    if filters > 1000:
        sys.stdout.write(summary(filters, shops, told, differences))
    assert not differences, differences[0]


@pytest.fixture
def runtime(clients):
    return clients.personalize_runtime


@dataclass
class Question:
    """Who asks a campaign of which recipe, and about which item."""

    kind: tuple
    data: Data
    user: str
    current: str

    @property
    def recipe(self):
        return self.kind[0]

    @property
    def candidates(self):
        """Everything that may come back."""
        listed = {*self.data.items, *STRANGERS} if self.kind[1] == "rank" else set(self.data.items)
        return listed - {self.current} if self.recipe == RELATED else listed

    def answer(self, runtime, asked):
        """Return which items come back, or None if the request is refused."""
        asked = {**asked, "userId": self.user}
        try:
            if self.kind[1] == "rank":
                found = runtime.get_personalized_ranking(**asked, inputList=sorted(self.candidates))
                return ids(found["personalizedRanking"])
            about = {"itemId": self.current} if self.recipe == RELATED else {}
            return ids(runtime.get_recommendations(**asked, **about, numResults=500)["itemList"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidInputException":
                raise
            return None

    def meaning(self, expressions):
        """Return which items should come back, or None if the request should be refused."""
        try:
            return {i for i in self.candidates if passes(self.data, expressions, i, self.user, self.current)}
        except MissingValue:
            return None


def ids(found):
    names = [item["itemId"] for item in found]
    assert len(names) == len(set(names))
    return set(names)


def summary(filters, shops, told, differences):
    return (
        f"{filters} filters on {shops} data sets, {len(differences)} differences: {told['all']} let all items pass, "
        f"{told[1]} some, {told[0]} none; {told['refused']} refused for want of a value\n"
    )
