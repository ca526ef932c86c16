"""Many items at once, written, read, deleted or counted in DynamoDB."""

from collections.abc import Iterable
from itertools import islice
from time import sleep
from typing import Any

Item = dict[str, Any]


_BATCH = 25  # BatchWriteItem's limit


READERS = 16  # requests under way at once; the client has a connection for each


_LONGEST_PAUSE = 1.0  # seconds


MEGABYTES = 16  # pages of a query that is to be answered at once


FOREVER = 10.0**11  # seconds: later than any clock


def count_items(client: Any, table: str, value: str, most: int, **key: Any) -> int:  # noqa: ANN401 - a boto3 client
    """Count the items of one key; a page of a count costs what reading it would, hence the bound."""
    counted, more = 0, dict[str, Any]()
    while counted < most:
        values = {":k": {"S": value}}
        asked = {**key, **more, "ExpressionAttributeValues": values, "Limit": most - counted, "Select": "COUNT"}
        reply = client.query(TableName=table, **asked)
        counted += reply["Count"]
        if "LastEvaluatedKey" not in reply:
            break
        more = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
    return counted


def sortable(seconds: float) -> str:
    return f"{seconds:019.6f}"


def delete_all(client: Any, table: str, keys: Iterable[Item]) -> None:  # noqa: ANN401 - a boto3 client
    write_all(client, table, ({"DeleteRequest": {"Key": key}} for key in keys))


def write_all(client: Any, table: str, requests: Iterable[dict[str, Any]]) -> None:  # noqa: ANN401 - a boto3 client
    rest = iter(requests)
    while batch := list(islice(rest, _BATCH)):
        pause = 0.02
        # DynamoDB hands back what it could not take under load: nothing counts as written until nothing is left.
        while batch := client.batch_write_item(RequestItems={table: batch}).get("UnprocessedItems", {}).get(table):
            sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
