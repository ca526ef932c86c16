"""Recorded events in DynamoDB: a user's in the order of time, a dataset group's as they were recorded."""

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import merge
from itertools import islice, takewhile
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.domain.answers.histories import thinned
from tastemaker.store.contract import each_once
from tastemaker.store.dynamo_batches import (
    FOREVER,
    READERS,
    Item,
    count_items,
    delete_all,
    sortable,
    write_all,
)
from tastemaker.store.ports import Event, EventKey
from tastemaker.store.schema import EVENT_SHARDS
from tastemaker.store.sealing import AnySeals, NoSeals, Seal, attribute, value_of

_LOOKED_UP = 100  # BatchGetItem's limit
_MOST_AT_ONCE = 4000  # of a shard, newest first
_KEY_BYTES = 256  # of an event id in a sort key, which DynamoDB limits to 1,024
_UNLESS_THERE = "attribute_not_exists(moment)"


class DynamoEvents:
    """Key: the user's history, then the moment with the event's id; indexes by the moment of recording."""

    def __init__(self, client: Any, table: str, seals: AnySeals | None = None) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table
        self._seals = seals or NoSeals()

    def put(self, group_arn: str, events: Sequence[Event]) -> None:
        """Keep events; what is there already stays as it is, for a model may have been trained with it."""
        seal = self._seals.of(group_arn)
        items: dict[tuple[str, str], Item] = {}
        for event in events:
            item = _item(group_arn, event, seal)
            items.setdefault(_key_of(item), item)
        if len(items) > 1:
            there = self._there([_keys(item) for item in items.values()])
            new = (item for key, item in items.items() if key not in there)
            write_all(self._client, self._table, new)
        else:
            self._put_new(*items.values())

    def history(self, group_arn: str, user_id: str, *, limit: int) -> list[Event]:
        """Return a user's newest events, oldest first."""
        seal = self._seals.of(group_arn)
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="history = :h",
            ExpressionAttributeValues={":h": {"S": _history(group_arn, user_id, seal)}},
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"MaxItems": limit, "PageSize": limit},
        )
        newest = [item for page in pages for item in page["Items"]]
        return [_event(item, seal) for item in reversed(newest)]

    def since(
        self, group_arn: str, user_id: str, *, recorded_from: float, limit: int | None = None, whole: bool = False
    ) -> list[Event]:
        """Return what was recorded of a user from a moment on, oldest event first, each event id once.

        All of it is read oldest first, and not kept unless the whole is asked for.
        """
        seal = self._seals.of(group_arn)
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by-recorded",
            KeyConditionExpression="history = :h AND recorded >= :r",
            ExpressionAttributeValues={
                ":h": {"S": _history(group_arn, user_id, seal)},
                ":r": {"S": sortable(recorded_from)},
            },
            # Parsing what nobody reads would take twice the time of all the rest.
            ProjectionExpression="body",
            ScanIndexForward=limit is None,
            ConsistentRead=True,
            PaginationConfig={"MaxItems": limit, "PageSize": limit},
        )
        events = (_event(item, seal) for page in pages for item in page["Items"])
        if limit is not None:
            return each_once(reversed(list(events)))
        return each_once(events) if whole else thinned(events)

    def recorded(self, group_arn: str, *, before: float, since: float = 0.0) -> Iterator[Event]:
        """Walk through a group's events in the order of recording, a page of each shard in memory."""
        seal = self._seals.of(group_arn)
        shards = [self._shard(group_arn, shard, before, since) for shard in range(EVENT_SHARDS)]
        items = merge(*shards, key=lambda item: str(item["recorded"]["S"]))
        return (_event(item, seal) for item in items)

    def newest(self, group_arn: str, *, since: float, most: int) -> Iterator[Event]:
        """Walk through what was recorded of a group from a moment on, newest first, a page of each shard in memory."""
        # Parsing what nobody reads would take twice the time of all the rest.
        page = {"PageSize": min(max(most, 1), _MOST_AT_ONCE)}
        backwards = {"ScanIndexForward": False, "ProjectionExpression": "body", "PaginationConfig": page}
        opened = partial(_event, seal=self._seals.of(group_arn))
        shards = [
            map(opened, self._of_shard(group_arn, shard, "recorded >= :r", since, **backwards))
            for shard in range(EVENT_SHARDS)
        ]
        return islice(merge(*shards, key=lambda event: float(event["recorded"]), reverse=True), most)

    def any_since(self, group_arn: str, moment: float) -> bool:
        """Whether any event of a group was recorded at a moment or after it."""
        return any(self._count_since(group_arn, shard, moment) for shard in range(EVENT_SHARDS))

    def count(self, group_arn: str, *, most: int) -> int:
        """Count a group's events, but no further than `most`."""
        query = {
            "IndexName": "by-group",
            "KeyConditionExpression": "#g = :k",
            "ExpressionAttributeNames": {"#g": "group"},
        }
        count = 0
        for shard in range(EVENT_SHARDS):
            count += count_items(self._client, self._table, f"{group_arn}#{shard}", most - count, **query)
        return count

    def sessions(self, group_arn: str, user_ids: Collection[str]) -> set[str]:
        """Return the sessions in which users did something, but for those that have a user's own name."""
        seal = self._seals.of(group_arn)
        return _sessions((_event(item, seal) for item in self._whole(group_arn, user_ids, seal)), user_ids)

    def traces(self, group_arn: str, user_ids: Collection[str]) -> list[EventKey]:
        """Return the keys of all that users did, and of what was done in their sessions before they were known."""
        seal = self._seals.of(group_arn)
        own = list(self._whole(group_arn, user_ids, seal))
        sessions = _sessions((_event(item, seal) for item in own), user_ids)
        before = [item for item in self._whole(group_arn, sessions, seal) if _event(item, seal).get("anonymous")]
        return [_key_of(item) for item in own + before]

    def delete(self, keys: Collection[EventKey]) -> None:
        """Forget events; one that is gone already is no error."""
        delete_all(self._client, self._table, ({"history": {"S": h}, "moment": {"S": m}} for h, m in keys))

    def drop(self, group_arn: str, events: Iterable[Event]) -> None:
        """Forget these events of a dataset group; one that is gone already is no error."""
        seal = self._seals.of(group_arn)
        delete_all(self._client, self._table, (_place(group_arn, event, seal) for event in events))

    def delete_group(self, group_arn: str) -> None:
        """Forget all events of a dataset group."""
        for shard in range(EVENT_SHARDS):
            delete_all(self._client, self._table, map(_keys, self._shard(group_arn, shard, FOREVER, 0.0)))

    def _whole(self, group_arn: str, user_ids: Collection[str], seal: Seal) -> Iterator[Item]:
        """Return everything that is kept of some users; each is a partition, so many are asked for at a time."""

        def one(user_id: str) -> list[Item]:
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="history = :h",
                ExpressionAttributeValues={":h": {"S": _history(group_arn, user_id, seal)}},
                ConsistentRead=True,
            )
            return [item for page in pages for item in page["Items"]]

        with ThreadPoolExecutor(READERS) as pool:
            for items in pool.map(one, user_ids):
                yield from items

    def _put_new(self, item: Item) -> None:
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression=_UNLESS_THERE)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def _there(self, keys: list[Item]) -> set[tuple[str, str]]:
        """Return which keys are taken: a batch of writes knows no conditions."""
        there = set()
        while keys:
            batch = {"Keys": keys[:_LOOKED_UP], "ProjectionExpression": "history, moment", "ConsistentRead": True}
            reply = self._client.batch_get_item(RequestItems={self._table: batch})
            there |= {_key_of(item) for item in reply["Responses"].get(self._table, [])}
            keys = reply.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", []) + keys[_LOOKED_UP:]
        return there

    def _count_since(self, group_arn: str, shard: int, moment: float) -> int:
        reply = self._client.query(
            TableName=self._table,
            IndexName="by-group",
            KeyConditionExpression="#g = :g AND recorded >= :r",
            ExpressionAttributeNames={"#g": "group"},
            ExpressionAttributeValues={":g": {"S": f"{group_arn}#{shard}"}, ":r": {"S": sortable(moment)}},
            Select="COUNT",
            Limit=1,
        )
        count: int = reply["Count"]
        return count

    def _shard(self, group_arn: str, shard: int, before: float, since: float) -> Iterator[Item]:
        # A sort key has one condition, and a range includes both its ends.
        items = self._of_shard(group_arn, shard, "recorded >= :r", since)
        return takewhile(lambda item: item["recorded"]["S"] < sortable(before), items)

    def _of_shard(self, group_arn: str, shard: int, condition: str, moment: float, **more: object) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by-group",
            KeyConditionExpression=f"#g = :g AND {condition}",
            ExpressionAttributeNames={"#g": "group"},
            ExpressionAttributeValues={":g": {"S": f"{group_arn}#{shard}"}, ":r": {"S": sortable(moment)}},
            **more,
        )
        for page in pages:
            yield from page["Items"]


def _item(group_arn: str, event: Event, seal: Seal) -> Item:
    place = _place(group_arn, event, seal)
    shard = zlib.crc32(place["moment"]["S"].encode()) % EVENT_SHARDS
    return {
        **place,
        "group": {"S": f"{group_arn}#{shard}"},
        "recorded": {"S": sortable(event["recorded"])},
        "body": attribute(seal, event),
    }


def _place(group_arn: str, event: Event, seal: Seal) -> Item:
    """Return the key under which an event is kept."""
    moment = f"{event['timestamp']:012d}#{_short(seal.name(event['event_id']))}"
    return {"history": {"S": _history(group_arn, event["user_id"], seal)}, "moment": {"S": moment}}


def _history(group_arn: str, user_id: str, seal: Seal) -> str:
    return f"{group_arn}#{seal.name(user_id)}"


def _short(event_id: str) -> str:
    raw = event_id.encode()
    return event_id if len(raw) <= _KEY_BYTES else hashlib.sha256(raw).hexdigest()


def _event(item: Item, seal: Seal) -> Event:
    event: Event = value_of(seal, item["body"])
    return event


def _sessions(events: Iterable[Event], user_ids: Collection[str]) -> set[str]:
    return {str(event.get("session_id") or "") for event in events} - {"", *user_ids}


def _keys(item: Item) -> Item:
    return {"history": item["history"], "moment": item["moment"]}


def _key_of(item: Item) -> tuple[str, str]:
    return item["history"]["S"], item["moment"]["S"]
