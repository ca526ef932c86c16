"""A shop with everything that a model may learn from: described items and users, types, values and contexts of events.

Some of those who are described have no events, some of those with events are not described.
"""

import json
import random
from functools import cache

from tests.integration.client import Client

USERS, ITEMS, EVENTS = 100, 60, 30
GENRES = ("drama", "comedy", "crime", "war")
DAY, BEGAN = 86_400, 1_700_000_000
FIELDS = {
    "Interactions": [
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRE", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "float"]},
        {"name": "STORY", "type": ["null", "string"], "textual": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
    "Users": [
        {"name": "USER_ID", "type": "string"},
        {"name": "AGE", "type": ["null", "string"], "categorical": True},
    ],
}
EVENTS_CONFIG = {
    "eventParametersList": [
        {"eventType": "View", "eventValueThreshold": 0.2, "weight": 0.3},
        {"eventType": "Buy", "weight": 1.0},
    ]
}


@cache
def events() -> str:
    """Everybody likes two genres, the old others than the young; the first half of the items is for television."""
    draw = random.Random(3)  # noqa: S311 - of rows
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE"]
    for user in range(USERS):
        for step in range(EVENTS):
            device = draw.choice(["tv", "phone"])
            liked = 2 * (user % 2) + draw.randrange(2) if draw.random() < 0.9 else draw.randrange(4)
            half = ITEMS // 8 * (device == "phone" and draw.random() < 0.9)
            item = 4 * (half + int(ITEMS // 8 * draw.random() ** 2)) + liked
            kind = draw.choices(["View", "Buy", "Skip"], [16, 3, 1])[0]
            value = "" if kind == "Buy" else round(draw.random(), 2)
            # Moments that several events share make baskets.
            moment = BEGAN + DAY * (step // 2) + 60 * user
            rows.append(f"user-{user:03d},item-{item:02d},{moment},{kind},{value},{device if step % 5 else ''}")
    return "\n".join(rows) + "\n"


def items() -> str:
    """Eight items have no events, three with events are not described."""
    rows = [
        f"item-{n:02d},{GENRES[n % 4]}|all,{n % 17}.5,a {GENRES[n % 4]} of number {n},{BEGAN + DAY * (n % 9)}"
        for n in range(ITEMS + 8)
        if n not in {1, 20, 42}
    ]
    return "\n".join(["ITEM_ID,GENRE,PRICE,STORY,CREATION_TIMESTAMP", *rows]) + "\n"


def users() -> str:
    """Six users have no events, five with events are not described."""
    rows = [f"user-{n:03d},{'old' if n % 2 else 'young'}" for n in range(5, USERS + 6)]
    return "\n".join(["USER_ID,AGE", *rows]) + "\n"


class Shop(Client):
    """The shop in the cloud, with what was recorded since its files were made."""

    def filled(self) -> str:
        """Fill all datasets; return the group."""
        group = self.group()
        events_there = self.dataset(group, *FIELDS["Interactions"])
        assert self.imported(events_there, events())["status"] == "ACTIVE"
        self.users, self.items = (self._described(group, kind) for kind in ("Users", "Items"))
        for dataset, text in ((self.users, users()), (self.items, items())):
            assert self.imported(dataset, text, dataset.rpartition("/")[2])["status"] == "ACTIVE"
        put = {"genre": "crime|all", "price": 3.5, "story": "a crime that is new", "creation_timestamp": BEGAN + DAY}
        self.events.put_items(datasetArn=self.items, items=[{"itemId": "put", "properties": json.dumps(put)}])
        self._record(group)
        return group

    def _described(self, group: str, kind: str) -> str:
        schema = {"type": "record", "name": kind, "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
        text = json.dumps({**schema, "fields": FIELDS[kind]})
        schema_arn = self.personalize.create_schema(name=kind, schema=text)["schemaArn"]
        arn = self.personalize.create_dataset(name=kind, datasetGroupArn=group, schemaArn=schema_arn, datasetType=kind)[
            "datasetArn"
        ]
        assert self.settled("dataset", arn)["status"] == "ACTIVE"
        return arn

    def _record(self, group: str) -> None:
        """A session that becomes a user's, one that never does, and an event of a year to come."""
        self.tracker = self.personalize.create_event_tracker(name="web", datasetGroupArn=group)["trackingId"]
        for session, user, numbers in (("visit", None, (0, 4)), ("visit", "visitor", (8, 12)), ("lost", None, (2, 6))):
            self.put(session, user, numbers, BEGAN + 14 * DAY)
        self.put("early", "user-007", (30,), 2_500_000_000)

    def put(self, session: str, user: str | None, numbers: tuple[int, ...], moment: int) -> None:
        entries = [
            {"eventType": "Buy", "itemId": f"item-{number:02d}", "sentAt": moment + number} for number in numbers
        ]
        whose = {"userId": user} if user else {}
        self.events.put_events(trackingId=self.tracker, sessionId=session, eventList=entries, **whose)
