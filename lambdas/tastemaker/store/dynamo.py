"""The resources table in DynamoDB: a record is one JSON text beside the keys and the status."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.errors import ResourceAlreadyExists, ResourceInUse, ResourceNotFound
from tastemaker.store.messages import already_exists, not_found
from tastemaker.store.ports import Changes, Record
from tastemaker.store.records import changed_record, require_status

_ATTEMPTS = 50  # of a read-change-write cycle; each failure means that another writer went through


class DynamoResources:
    """Every write is conditional: on absence, or on the revision that was read."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table

    def create(self, record: Record) -> None:
        """Store a new record, or raise ResourceAlreadyExists."""
        if not self._write(record, 0):
            raise ResourceAlreadyExists(already_exists(record["_arn"]))

    def find(self, arn: str) -> Record | None:
        """Return a record, or None."""
        record, _ = self._read(arn)
        return record

    def get(self, arn: str) -> Record:
        """Return a record, or raise ResourceNotFound."""
        record, _ = self._read(arn)
        if record is None:
            raise ResourceNotFound(not_found(arn))
        return record

    def page(
        self,
        kind: str,
        *,
        parent: str | None = None,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> tuple[list[Record], str | None]:
        """Return up to `limit` records in the order of creation, and where to go on."""
        index, key, value = ("by-parent", "parent", f"{kind}#{parent}") if parent else ("by-kind", "kind", kind)
        request = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": f"{key} = :v",
            "ExpressionAttributeValues": {":v": {"S": value}},
            "Limit": limit,
            "ScanIndexForward": not newest_first,
        }
        if after:
            arn = after.partition("#")[2]
            request["ExclusiveStartKey"] = {"arn": {"S": arn}, key: {"S": value}, "created": {"S": after}}
        reply = self._client.query(**request)
        last = reply.get("LastEvaluatedKey")
        return [json.loads(item["body"]["S"]) for item in reply["Items"]], last["created"]["S"] if last else None

    def every(self, kind: str, *, parent: str | None = None) -> Iterator[Record]:
        """Walk through all records of a kind."""
        after = None
        while True:
            records, after = self.page(kind, parent=parent, after=after)
            yield from records
            if after is None:
                return

    def update(
        self, arn: str, changes: Changes, *, when: Collection[str] | None = None, drop: Collection[str] = ()
    ) -> Record:
        """Set and drop members if the status is one of `when`."""
        for _ in range(_ATTEMPTS):
            record, revision = self._read(arn)
            if record is None:
                raise ResourceNotFound(not_found(arn))
            require_status(record, when)
            changed = changed_record(record, changes, drop)
            if self._write(changed, revision):
                return changed
        raise ResourceInUse(f"Resource {arn} is being changed by others; try again.")

    def delete(self, arn: str, *, when: Collection[str] | None = None) -> None:
        """Remove a record if its status is one of `when`."""
        for _ in range(_ATTEMPTS):
            record, revision = self._read(arn)
            if record is None:
                return
            require_status(record, when)
            if self._conditionally(self._client.delete_item, revision, Key={"arn": {"S": arn}}):
                return

    def _read(self, arn: str) -> tuple[Record | None, int]:
        reply = self._client.get_item(TableName=self._table, Key={"arn": {"S": arn}}, ConsistentRead=True)
        item = reply.get("Item")
        return (json.loads(item["body"]["S"]), int(item["revision"]["N"])) if item else (None, 0)

    def _write(self, record: Record, revision: int) -> bool:
        item = {
            "arn": {"S": record["_arn"]},
            "kind": {"S": record["_kind"]},
            "created": {"S": record["_created"]},
            "revision": {"N": str(revision + 1)},
            "body": {"S": json.dumps(record)},
        }
        if record.get("_parent"):
            item["parent"] = {"S": f"{record['_kind']}#{record['_parent']}"}
        return self._conditionally(self._client.put_item, revision, Item=item)

    def _conditionally(self, write: Any, revision: int, **what: object) -> bool:  # noqa: ANN401 - a client's method
        condition: dict[str, object] = {"ConditionExpression": "attribute_not_exists(arn)"}
        if revision:
            condition = {
                "ConditionExpression": "revision = :r",
                "ExpressionAttributeValues": {":r": {"N": str(revision)}},
            }
        try:
            write(TableName=self._table, **what, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
