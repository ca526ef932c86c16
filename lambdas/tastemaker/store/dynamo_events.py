"""Recorded events, and items and users put one by one, in DynamoDB."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from tastemaker.store.ports import Event, EventKey, Record

_BATCH = 25  # BatchWriteItem's limit
_READERS = 16  # requests under way at once; the client has a connection for each
_MANY = 1_000  # items held in memory at once
_Item = TypeVar("_Item")


class DynamoEvents:
    """One item per event; key: the user's history, then the moment with the event's id."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table

    def put(self, group_arn: str, events: Sequence[Event]) -> None:
        """Keep events; the same id of a user and moment overwrites itself."""
        items = [_item(group_arn, event) for event in events]
        latest = {(item["history"]["S"], item["moment"]["S"]): item for item in items}  # a batch names no key twice
        _write_all(self._client, self._table, [{"PutRequest": {"Item": item}} for item in latest.values()])

    def history(self, group_arn: str, user_id: str, *, limit: int) -> list[Event]:
        """Return a user's newest events, oldest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="history = :h",
            ExpressionAttributeValues={":h": {"S": f"{group_arn}#{user_id}"}},
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"MaxItems": limit, "PageSize": limit},
        )
        newest = [item for page in pages for item in page["Items"]]
        return [json.loads(item["body"]["S"]) for item in reversed(newest)]

    def recorded(self, group_arn: str, *, before: float) -> Iterator[Event]:
        """Walk through a group's events in the order of recording."""
        for item in self._by_group(group_arn, before):
            yield json.loads(item["body"]["S"])

    def traces(self, group_arn: str, user_ids: Collection[str]) -> list[EventKey]:
        """Return the keys of all that users did, and of what was done in their sessions before they were known."""
        own = list(self._whole(group_arn, user_ids))
        sessions = {json.loads(item["body"]["S"]).get("session_id") for item in own} - {None, "", *user_ids}
        before = [i for i in self._whole(group_arn, sessions) if json.loads(i["body"]["S"]).get("anonymous")]
        return [(item["history"]["S"], item["moment"]["S"]) for item in own + before]

    def delete(self, keys: Collection[EventKey]) -> None:
        """Forget events; one that is gone already is no error."""
        _delete_all(self._client, self._table, [{"history": {"S": h}, "moment": {"S": m}} for h, m in keys])

    def delete_group(self, group_arn: str) -> None:
        """Forget all events of a dataset group."""
        for items in _batches(self._by_group(group_arn, _FOREVER)):
            _delete_all(self._client, self._table, [{"history": i["history"], "moment": i["moment"]} for i in items])

    def _whole(self, group_arn: str, user_ids: Collection[str]) -> Iterator[dict[str, Any]]:
        """Return everything that is kept of some users; each is a partition, so many are asked for at a time."""

        def one(user_id: str) -> list[dict[str, Any]]:
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="history = :h",
                ExpressionAttributeValues={":h": {"S": f"{group_arn}#{user_id}"}},
                ConsistentRead=True,
            )
            return [item for page in pages for item in page["Items"]]

        with ThreadPoolExecutor(_READERS) as pool:
            for items in pool.map(one, user_ids):
                yield from items

    def _by_group(self, group_arn: str, before: float) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by-group",
            KeyConditionExpression="#g = :g AND recorded < :r",
            ExpressionAttributeNames={"#g": "group"},
            ExpressionAttributeValues={":g": {"S": group_arn}, ":r": {"S": _sortable(before)}},
        )
        for page in pages:
            yield from page["Items"]


class DynamoRecords:
    """One item per dataset and id."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table

    def put(self, dataset_arn: str, records: Mapping[str, Record]) -> None:
        """Keep records by id, each replacing its predecessor wholly."""
        items = [
            {"dataset": {"S": dataset_arn}, "id": {"S": id_}, "body": {"S": json.dumps(record)}}
            for id_, record in records.items()
        ]
        _write_all(self._client, self._table, [{"PutRequest": {"Item": item}} for item in items])

    def every(self, dataset_arn: str) -> Iterator[tuple[str, Record]]:
        """Walk through a dataset's ids and records."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="dataset = :d",
            ExpressionAttributeValues={":d": {"S": dataset_arn}},
        )
        for page in pages:
            for item in page["Items"]:
                yield item["id"]["S"], json.loads(item["body"]["S"])

    def present(self, dataset_arn: str, ids: Collection[str]) -> list[str]:
        """Return which of the ids have a record."""

        def has(id_: str) -> bool:
            key = {"dataset": {"S": dataset_arn}, "id": {"S": id_}}
            return "Item" in self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)

        with ThreadPoolExecutor(_READERS) as pool:
            return [id_ for id_, found in zip(ids, pool.map(has, ids), strict=True) if found]

    def delete(self, dataset_arn: str, ids: Collection[str]) -> None:
        """Forget records by id; one that is gone already is no error."""
        _delete_all(self._client, self._table, [{"dataset": {"S": dataset_arn}, "id": {"S": id_}} for id_ in ids])

    def delete_dataset(self, dataset_arn: str) -> None:
        """Forget all records of a dataset."""
        for records in _batches(self.every(dataset_arn)):
            self.delete(dataset_arn, [id_ for id_, _ in records])


_FOREVER = 10.0**11  # seconds: later than any clock


def _sortable(seconds: float) -> str:
    return f"{seconds:019.6f}"


def _item(group_arn: str, event: Event) -> dict[str, Any]:
    return {
        "history": {"S": f"{group_arn}#{event['user_id']}"},
        "moment": {"S": f"{event['timestamp']:012d}#{event['event_id']}"},
        "group": {"S": group_arn},
        "recorded": {"S": _sortable(event["recorded"])},
        "body": {"S": json.dumps(event)},
    }


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    left = iter(items)
    while batch := list(islice(left, _MANY)):
        yield batch


def _delete_all(client: Any, table: str, keys: Iterable[Mapping[str, Any]]) -> None:  # noqa: ANN401 - a boto3 client
    _write_all(client, table, [{"DeleteRequest": {"Key": key}} for key in keys])


def _write_all(client: Any, table: str, requests: list[dict[str, Any]]) -> None:  # noqa: ANN401 - a boto3 client
    # DynamoDB hands back what it could not take under load: nothing counts as written until nothing is left.
    while requests:
        reply = client.batch_write_item(RequestItems={table: requests[:_BATCH]})
        requests = reply.get("UnprocessedItems", {}).get(table, []) + requests[_BATCH:]
