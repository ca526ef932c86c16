"""The resources table in DynamoDB: a record is one JSON text beside the keys; a claim is an item of its own."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.domain.resources import arns
from tastemaker.errors import ResourceAlreadyExists, ResourceInUse, ResourceNotFound
from tastemaker.store.contract import already_exists, changed_record, require_status
from tastemaker.store.ports import Changes, Record
from tastemaker.store.recent import Recent

_ABSENT = "attribute_not_exists(arn)"
# Somebody else has written, or is just writing, what a write depends on.
_CONDITION = frozenset({"ConditionalCheckFailedException", "ConditionalCheckFailed"})
_CONFLICT = frozenset({"TransactionConflictException", "TransactionConflict"})
_ATTEMPTS = 50  # of a read-change-write cycle; each failure means that another writer went through


class DynamoResources:
    """Every write is conditional: on absence, or on the revision that was read."""

    def __init__(self, client: Any, table: str, recent: Recent | None = None) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._table = table
        self._recent = recent or Recent()

    def create(self, record: Record) -> None:
        """Store a new record and what it claims, or raise ResourceAlreadyExists."""
        arn, claims = record["_arn"], record.get("_claims", ())
        if not claims:
            is_new = self._write(record, 0)
        else:
            items = [*({"arn": {"S": claim}, "holder": {"S": arn}} for claim in claims), _item(record, 1)]
            is_new = self._transact([{"Put": {"Item": item, "ConditionExpression": _ABSENT}} for item in items])
        if not is_new:
            raise ResourceAlreadyExists(already_exists(self._holder(arn, claims)))

    def find(self, arn: str) -> Record | None:
        """Return a record, or None."""
        record, _ = self._read(arn)
        return record

    def get(self, arn: str) -> Record:
        """Return a record, or raise ResourceNotFound."""
        record = self.find(arn)
        if record is None:
            raise ResourceNotFound(arns.not_found(arn))
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
            "ProjectionExpression": "body",  # all that is read; parsing the rest took as long
            "Limit": limit + 1,  # the one more tells whether another page follows
            "ScanIndexForward": not newest_first,
        }
        if after:
            arn = after.partition("#")[2]
            request["ExclusiveStartKey"] = {"arn": {"S": arn}, key: {"S": value}, "created": {"S": after}}
        reply = self._client.query(**request)
        records = [json.loads(item["body"]["S"]) for item in reply["Items"]]
        # DynamoDB ends a page early where it holds more than 1 MB.
        more = len(records) > limit or "LastEvaluatedKey" in reply
        return records[:limit], records[:limit][-1]["_created"] if more else None

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
        with self._recent.changing(arn):
            for _ in range(_ATTEMPTS):
                record, revision = self._read(arn)
                if record is None:
                    raise ResourceNotFound(arns.not_found(arn))
                require_status(record, when)
                after = changed_record(record, changes, drop)
                if self._write(after, revision):
                    return after
        raise ResourceInUse(f"Resource {arn} is being changed by others; try again.")

    def delete(self, arn: str, *, when: Collection[str] | None = None) -> None:
        """Remove a record if its status is one of `when`."""
        with self._recent.changing(arn):
            for _ in range(_ATTEMPTS):
                record, revision = self._read(arn)
                if record is None:
                    return
                require_status(record, when)
                if self._remove(record, revision):
                    return

    def _read(self, arn: str) -> tuple[Record | None, int]:
        reply = self._client.get_item(TableName=self._table, Key={"arn": {"S": arn}}, ConsistentRead=True)
        item = reply.get("Item")
        return (json.loads(item["body"]["S"]), int(item["revision"]["N"])) if item else (None, 0)

    def _write(self, record: Record, revision: int) -> bool:
        item = _item(record, revision + 1)

        def is_there() -> bool:
            reply = self._client.get_item(TableName=self._table, Key={"arn": item["arn"]}, ConsistentRead=True)
            return bool(reply.get("Item") == item)

        write = self._client.put_item
        return self._goes_through(write, is_there, TableName=self._table, Item=item, **_if_unchanged(revision))

    def _remove(self, record: Record, revision: int) -> bool:
        """Delete a record together with its claims, unless somebody has changed it."""
        key = {"arn": {"S": record["_arn"]}}
        if not record.get("_claims"):
            remove, condition = self._client.delete_item, _if_unchanged(revision)
            return self._goes_through(remove, _unknown, TableName=self._table, Key=key, **condition)
        claims = [{"Delete": {"Key": {"arn": {"S": claim}}}} for claim in record["_claims"]]
        return self._transact([{"Delete": {"Key": key, **_if_unchanged(revision)}}, *claims])

    def _holder(self, arn: str, claims: Collection[str]) -> str:
        """Return the ARN of the resource that has what a new one wants."""
        for claim in claims:
            reply = self._client.get_item(TableName=self._table, Key={"arn": {"S": claim}}, ConsistentRead=True)
            if "Item" in reply:
                return str(reply["Item"]["holder"]["S"])
        return arn

    def _transact(self, writes: Sequence[dict[str, Any]]) -> bool:
        items = [{action: {"TableName": self._table, **what}} for write in writes for action, what in write.items()]
        # Sent again, a transaction is the same one to DynamoDB: boto3 gives it a token.
        return self._goes_through(self._client.transact_write_items, _unknown, TransactItems=items)

    @staticmethod
    def _goes_through(write: Any, is_done: Callable[[], bool], **what: object) -> bool:  # noqa: ANN401 - a client's method
        """Write, and say whether the condition held; `is_done` tells of a write that was sent more than once."""
        for _ in range(_ATTEMPTS):
            try:
                write(**what)
            except ClientError as error:
                if not _refusals(error) <= _CONDITION | _CONFLICT:
                    raise
                if _refusals(error) & _CONDITION:
                    # An earlier attempt may have gone through, and only its answer have got lost.
                    return _was_sent_again(error) and is_done()
            else:
                return True
        raise ResourceInUse("The resource is being changed by others; try again.")


class RecentResources(DynamoResources):
    """The same table for answers, which may be a second behind the writes of other processes."""

    def find(self, arn: str) -> Record | None:
        """Return a record as it was within the last second, for reading only; or None."""
        return self._recent.find(arn, super().find)


def _item(record: Record, revision: int) -> dict[str, dict[str, str]]:
    item = {
        "arn": {"S": record["_arn"]},
        "kind": {"S": record["_kind"]},
        "created": {"S": record["_created"]},
        "revision": {"N": str(revision)},
        "body": {"S": json.dumps(record)},
    }
    if record.get("_parent"):
        item["parent"] = {"S": f"{record['_kind']}#{record['_parent']}"}
    return item


def _if_unchanged(revision: int) -> dict[str, object]:
    if not revision:
        return {"ConditionExpression": _ABSENT}
    return {"ConditionExpression": "revision = :r", "ExpressionAttributeValues": {":r": {"N": str(revision)}}}


def _unknown() -> bool:
    """Leave it to the caller to find out, by reading again."""
    return False


def _was_sent_again(error: ClientError) -> bool:
    return bool(error.response["ResponseMetadata"].get("RetryAttempts"))


def _refusals(error: ClientError) -> set[str]:
    """Return why a write was refused: one reason, or those of the items of a transaction."""
    reasons = error.response.get("CancellationReasons") or [error.response["Error"]]
    return {str(reason["Code"]) for reason in reasons} - {"None"}
