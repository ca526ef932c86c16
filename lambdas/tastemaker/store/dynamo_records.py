"""Items, users and actions put one by one, in DynamoDB."""

import json
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

_MOST_PAGES = 16  # of a megabyte each, of a query that is to be answered at once
# How often this process has put records into a dataset, by table and dataset.
_NEWS = Counter[tuple[str, str]]()


class DynamoRecords:
    """One item per dataset and id; an index by the moment of putting, of what has one."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table

    def put(self, dataset_arn: str, records: Mapping[str, Record]) -> None:
        """Keep records by id, each replacing its predecessor wholly."""
        items = (
            {"dataset": {"S": dataset_arn}, "id": {"S": id_}, "body": {"S": json.dumps(record)}, **_recorded(record)}
            for id_, record in records.items()
        )
        write_all(self._client, self._table, items)
        _NEWS[self._table, dataset_arn] += 1

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

    def since(self, dataset_arn: str, *, recorded_from: float, recorded_until: float, most: int) -> dict[str, Record]:
        """Return the `most` records put last between two moments, newest first; of very long ones fewer."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by-recorded",
            KeyConditionExpression="dataset = :d AND recorded BETWEEN :f AND :u",
            ExpressionAttributeValues={
                ":d": {"S": dataset_arn},
                ":f": {"S": sortable(recorded_from)},
                ":u": {"S": sortable(max(recorded_from, recorded_until))},
            },
            ProjectionExpression="id, body",
            ScanIndexForward=False,
            PaginationConfig={"MaxItems": most},
        )
        items = (item for page in islice(pages, _MOST_PAGES) for item in page["Items"])
        return {item["id"]["S"]: json.loads(item["body"]["S"]) for item in items}

    def news(self, dataset_arn: str) -> int:
        """Return a number that changes when this process puts records into a dataset."""
        return _NEWS[self._table, dataset_arn]

    def count(self, dataset_arn: str, *, most: int) -> int:
        """Count a dataset's records, but no further than `most`."""
        return count_items(self._client, self._table, dataset_arn, most, KeyConditionExpression="dataset = :k")

    def found(self, dataset_arn: str, ids: Collection[str]) -> dict[str, Record]:
        """Return the records of those ids that have one."""

        def read(id_: str) -> Item:
            key = {"dataset": {"S": dataset_arn}, "id": {"S": id_}}
            reply: Item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            return reply

        with ThreadPoolExecutor(READERS) as pool:
            replies = zip(ids, pool.map(read, ids), strict=True)
            return {id_: json.loads(reply["Item"]["body"]["S"]) for id_, reply in replies if "Item" in reply}

    def delete(self, dataset_arn: str, ids: Iterable[str]) -> None:
        """Forget records by id; one that is gone already is no error."""
        delete_all(self._client, self._table, ({"dataset": {"S": dataset_arn}, "id": {"S": id_}} for id_ in ids))

    def delete_dataset(self, dataset_arn: str) -> None:
        """Forget all records of a dataset."""
        self.delete(dataset_arn, (id_ for id_, _ in self.every(dataset_arn)))


def _recorded(record: Record) -> Item:
    return {"recorded": {"S": sortable(record[RECORDED])}} if RECORDED in record else {}
