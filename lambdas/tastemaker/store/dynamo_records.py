"""Items, users and actions put one by one, in DynamoDB."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.store.dynamo_batches import (
    READERS,
    Item,
    count_items,
    delete_all,
    sortable,
    write_all,
)
from tastemaker.store.ports import Record
from tastemaker.store.sealing import AnySeals, NoSeals, Seal, attribute, value_of

_MOST_PAGES = 16  # of a megabyte each, of a query that is to be answered at once
# How often this process has put records into a dataset, by table and dataset.
_NEWS = Counter[tuple[str, str]]()


class DynamoRecords:
    """One item per dataset and id; an index by the moment of putting, of what has one."""

    def __init__(self, client: Any, table: str, seals: AnySeals | None = None) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table
        self._seals = seals or NoSeals()

    def put(self, dataset_arn: str, records: Mapping[str, Record]) -> None:
        """Keep records by id, each replacing its predecessor wholly."""
        seal = self._seals.of(dataset_arn)
        items = (
            {
                **_key(dataset_arn, id_, seal),
                **_sealed_id(id_, seal),
                "body": attribute(seal, record),
                **_recorded(record),
            }
            for id_, record in records.items()
        )
        write_all(self._client, self._table, items)
        _NEWS[self._table, dataset_arn] += 1

    def every(self, dataset_arn: str) -> Iterator[tuple[str, Record]]:
        """Walk through a dataset's ids and records."""
        seal = self._seals.of(dataset_arn)
        for item in self._of(dataset_arn):
            yield _id(item, seal), value_of(seal, item["body"])

    def since(self, dataset_arn: str, *, recorded_from: float, recorded_until: float, most: int) -> dict[str, Record]:
        """Return the `most` records put last between two moments, newest first; of very long ones fewer."""
        seal = self._seals.of(dataset_arn)
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by-recorded",
            KeyConditionExpression="dataset = :d AND recorded BETWEEN :f AND :u",
            ExpressionAttributeValues={
                ":d": {"S": dataset_arn},
                ":f": {"S": sortable(recorded_from)},
                ":u": {"S": sortable(max(recorded_from, recorded_until))},
            },
            ProjectionExpression="id, sealed_id, body",
            ScanIndexForward=False,
            PaginationConfig={"MaxItems": most},
        )
        items = (item for page in islice(pages, _MOST_PAGES) for item in page["Items"])
        return {_id(item, seal): value_of(seal, item["body"]) for item in items}

    def news(self, dataset_arn: str) -> int:
        """Return a number that changes when this process puts records into a dataset."""
        return _NEWS[self._table, dataset_arn]

    def count(self, dataset_arn: str, *, most: int) -> int:
        """Count a dataset's records, but no further than `most`."""
        return count_items(self._client, self._table, dataset_arn, most, KeyConditionExpression="dataset = :k")

    def found(self, dataset_arn: str, ids: Collection[str]) -> dict[str, Record]:
        """Return the records of those ids that have one."""
        seal = self._seals.of(dataset_arn)

        def read(id_: str) -> Item:
            key = _key(dataset_arn, id_, seal)
            reply: Item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            return reply

        with ThreadPoolExecutor(READERS) as pool:
            replies = zip(ids, pool.map(read, ids), strict=True)
            return {id_: value_of(seal, reply["Item"]["body"]) for id_, reply in replies if "Item" in reply}

    def delete(self, dataset_arn: str, ids: Iterable[str]) -> None:
        """Forget records by id; one that is gone already is no error."""
        seal = self._seals.of(dataset_arn)
        delete_all(self._client, self._table, (_key(dataset_arn, id_, seal) for id_ in ids))

    def delete_dataset(self, dataset_arn: str) -> None:
        """Forget all records of a dataset, which nobody needs a key for."""
        items = self._of(dataset_arn, ProjectionExpression="dataset, id")
        delete_all(self._client, self._table, ({"dataset": item["dataset"], "id": item["id"]} for item in items))

    def _of(self, dataset_arn: str, **more: object) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="dataset = :d",
            ExpressionAttributeValues={":d": {"S": dataset_arn}},
            **more,
        )
        for page in pages:
            yield from page["Items"]


def _key(dataset_arn: str, id_: str, seal: Seal) -> Item:
    return {"dataset": {"S": dataset_arn}, "id": {"S": seal.name(id_)}}


def _sealed_id(id_: str, seal: Seal) -> Item:
    """Return the id itself where the key does not say it."""
    return {} if seal.is_open else {"sealed_id": attribute(seal, id_)}


def _id(item: Item, seal: Seal) -> str:
    return str(value_of(seal, item["sealed_id"]) if "sealed_id" in item else item["id"]["S"])


def _recorded(record: Record) -> Item:
    return {"recorded": {"S": sortable(record[RECORDED])}} if RECORDED in record else {}
