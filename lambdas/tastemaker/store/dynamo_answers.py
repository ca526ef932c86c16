"""The log of answers in DynamoDB: one small write per answer, which expires by itself."""

import json
import logging
import zlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tastemaker.store.histories import moment_of
from tastemaker.store.ports import Record

Item = dict[str, Any]
_logger = logging.getLogger(__name__)
_LATEST = "9"  # behind every moment of an answer


class DynamoAnswers:
    """Key: the recommendationId; an index by campaign or recommender and time.

    The body is compressed: what an answer of 25 items needs fits into one write unit.
    """

    def __init__(self, client: Any, table: str, *, hasty: Any) -> None:  # noqa: ANN401 - boto3 clients
        self._client = client
        self._hasty = hasty
        self._table = table

    def keep(self, answer: Record) -> None:
        """Keep an answer; one that cannot be logged in half a second is not."""
        try:
            self._hasty.put_item(TableName=self._table, Item=_item(answer))
        except (BotoCoreError, ClientError):
            _logger.warning("the answer %s is not in the log", answer["id"], exc_info=True)

    def find(self, id_: str) -> Record | None:
        """Return an answer, or None."""
        reply = self._client.get_item(TableName=self._table, Key={"id": {"S": id_}}, ConsistentRead=True)
        return _answer(reply["Item"]) if "Item" in reply else None

    def page(self, source: str, *, since: float, after: str | None, limit: int) -> tuple[list[Record], str | None]:
        """Return up to `limit` answers in the order of time, and where to go on."""
        first = after or f"{since:017.6f}"
        reply = self._client.query(
            TableName=self._table,
            IndexName="by-source",
            KeyConditionExpression="#s = :s AND moment BETWEEN :f AND :l",
            ExpressionAttributeNames={"#s": "source"},
            ExpressionAttributeValues={":s": {"S": source}, ":f": {"S": first}, ":l": {"S": _LATEST}},
            # One more than asked for says whether there are more; another is what `after` names itself.
            Limit=limit + 2,
        )
        found = [item for item in reply["Items"] if item["moment"]["S"] != after]
        more = len(found) > limit or "LastEvaluatedKey" in reply
        found = found[:limit]
        return [_answer(item) for item in found], found[-1]["moment"]["S"] if more and found else None


def _item(answer: Record) -> Item:
    return {
        "id": {"S": answer["id"]},
        "source": {"S": answer["source"]},
        "moment": {"S": moment_of(answer)},
        "expires": {"N": str(int(answer["expires"]))},
        "body": {"B": zlib.compress(json.dumps(answer, separators=(",", ":")).encode())},
    }


def _answer(item: Item) -> Record:
    answer: Record = json.loads(zlib.decompress(item["body"]["B"]))
    return answer
