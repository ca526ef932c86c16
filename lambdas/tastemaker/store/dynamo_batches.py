"""DynamoDB by the many: items are written and removed in batches and counted by key; moments are texts in order."""

from collections.abc import Iterable
from itertools import islice
from time import sleep
from typing import Any

Item = dict[str, Any]

READERS = 16  # requests under way at once; the client has a connection for each
FOREVER = 10.0**11  # seconds: later than any clock
_BATCH = 25  # BatchWriteItem's limit
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0  # seconds


def write_all(client: Any, table: str, items: Iterable[Item]) -> None:  # noqa: ANN401 - a boto3 client
    """Write items, each over the one that has its key."""
    _send_all(client, table, ({"PutRequest": {"Item": item}} for item in items))


def delete_all(client: Any, table: str, keys: Iterable[Item]) -> None:  # noqa: ANN401 - as above
    """Remove items by key; one that is gone already is no error."""
    _send_all(client, table, ({"DeleteRequest": {"Key": key}} for key in keys))


def count_items(client: Any, table: str, value: str, most: int, **query: Any) -> int:  # noqa: ANN401 - as above
    """Count the items of a key, whose value a query calls `:k`; reading them would cost the same, hence the bound."""
    count, start = 0, dict[str, Any]()
    while count < most:
        reply = client.query(
            TableName=table,
            ExpressionAttributeValues={":k": {"S": value}},
            Limit=most - count,
            Select="COUNT",
            **query,
            **start,
        )
        count += reply["Count"]
        if "LastEvaluatedKey" not in reply:
            break
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
    return count


def sortable(seconds: float) -> str:
    """Return a moment as a text whose order is that of time, for a sort key; none lies before 1970."""
    return f"{min(max(0.0, seconds), FOREVER):019.6f}"


def _send_all(client: Any, table: str, requests: Iterable[Item]) -> None:  # noqa: ANN401 - as above
    rest = iter(requests)
    while batch := list(islice(rest, _BATCH)):
        pause = FIRST_PAUSE
        # DynamoDB hands back what it could not take under load: nothing counts as written until nothing is left.
        while batch := client.batch_write_item(RequestItems={table: batch}).get("UnprocessedItems", {}).get(table):
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
