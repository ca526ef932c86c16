"""The log of answers in DynamoDB: one small write per answer, which expires by itself."""

import json
import logging
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from time import sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tastemaker.errors import KeyUnusable
from tastemaker.store.contract import moment_of
from tastemaker.store.dynamo_batches import FIRST_PAUSE, LONGEST_PAUSE, READERS
from tastemaker.store.ports import Record
from tastemaker.store.sealing import AnySeals, NoSeals, Seal

Item = dict[str, Any]
_logger = logging.getLogger(__name__)
_LOOKED_UP = 100  # BatchGetItem's limit
_PAGE = 102  # what a page of a hundred answers needs


class DynamoAnswers:
    """Key: the recommendationId; an index by dataset group and time.

    The body is compressed: what an answer of 25 items needs fits into one write unit. `hasty` gives the client that
    writes, which functions that never do need not make.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a boto3 client
        table: str,
        *,
        hasty: Callable[[], Any],
        seals: AnySeals | None = None,
    ) -> None:
        self._client = client
        self._seals = seals or NoSeals()
        self._hasty = hasty
        self._table = table

    def keep(self, answer: Record) -> None:
        """Keep an answer; one that cannot be logged in half a second is not."""
        try:
            item = _item(answer, self._seals.of(answer["group"]))
            self._hasty().put_item(TableName=self._table, Item=item)
        except (BotoCoreError, ClientError, KeyUnusable):
            _logger.warning("the answer %s is not in the log", answer["id"], exc_info=True)

    def find(self, id_: str) -> Record | None:
        """Return an answer, or None."""
        reply = self._client.get_item(TableName=self._table, Key={"id": {"S": id_}}, ConsistentRead=True)
        if "Item" not in reply:
            return None
        return _answer(reply["Item"], self._seals.of(reply["Item"]["group"]["S"]))

    def sources(self, group_arn: str, ids: Iterable[str]) -> dict[str, str]:
        """Return what gave each answer of a dataset group, by id; many are looked up at once."""
        rest = iter(ids)
        batches = iter(lambda: list(islice(rest, _LOOKED_UP)), [])
        sources = dict[str, str]()
        with ThreadPoolExecutor(READERS) as pool:
            while window := list(islice(batches, READERS)):
                for items in pool.map(self._looked_up, window):
                    sources |= {i["id"]["S"]: i["source"]["S"] for i in items if i["group"]["S"] == group_arn}
        return sources

    def page(
        self, group_arn: str, source: str, *, since: float, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Return the source's answers among the next `limit` of its group, and where to go on."""
        # `after` itself comes again; one more than asked for says whether there are others.
        items = list(islice(self._of(group_arn, after or f"{since:017.6f}"), limit + 2))
        items = [item for item in items if item["moment"]["S"] != after]
        more = items[limit - 1]["moment"]["S"] if len(items) > limit else None
        seal = self._seals.of(group_arn)
        return [_answer(item, seal) for item in items[:limit] if item["source"]["S"] == source], more

    def forget(self, group_arn: str, user_ids: Collection[str] | None = None) -> None:
        """Remove what a dataset group answered to users, or to anybody."""
        users = None if user_ids is None else frozenset(map(self._seals.of(group_arn).name, user_ids))
        for item in self._of(group_arn, ""):
            if users is None or item["user"]["S"] in users:
                self._client.delete_item(TableName=self._table, Key={"id": item["id"]})

    def _looked_up(self, ids: list[str]) -> list[Item]:
        items, keys, pause = list[Item](), [{"id": {"S": id_}} for id_ in ids], FIRST_PAUSE
        query = {"ProjectionExpression": "id, #g, #s", "ExpressionAttributeNames": {"#g": "group", "#s": "source"}}
        while keys:
            reply = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, **query}})
            items += reply["Responses"].get(self._table, [])
            # DynamoDB hands back what it could not read under load.
            if keys := reply.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", []):
                sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        return items

    def _of(self, group_arn: str, first: str) -> Iterator[Item]:
        """Walk through a group's answers from a moment on."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by-group",
            KeyConditionExpression="#g = :g AND moment >= :m",
            ExpressionAttributeNames={"#g": "group"},
            ExpressionAttributeValues={":g": {"S": group_arn}, ":m": {"S": first or "0"}},
            PaginationConfig={"PageSize": _PAGE},
        )
        for page in pages:
            yield from page["Items"]


def _item(answer: Record, seal: Seal) -> Item:
    body = zlib.compress(json.dumps(answer, separators=(",", ":")).encode())
    return {
        "id": {"S": answer["id"]},
        "group": {"S": answer["group"]},
        "user": {"S": seal.name(answer["user"])},
        "source": {"S": answer["source"]},
        "moment": {"S": moment_of(answer)},
        "expires": {"N": str(int(answer["expires"]))},
        "body": {"B": seal.closed(body)},
    }


def _answer(item: Item, seal: Seal) -> Record:
    answer: Record = json.loads(zlib.decompress(seal.opened(bytes(item["body"]["B"]))))
    return answer
