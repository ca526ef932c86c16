"""The log of answers in DynamoDB: one small write per answer, which expires by itself."""

import json
import logging
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from heapq import merge
from itertools import islice
from time import monotonic, sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tastemaker.errors import KeyUnusable
from tastemaker.store.contract import moment_of
from tastemaker.store.dynamo_batches import FIRST_PAUSE, LONGEST_PAUSE, READERS, delete_all
from tastemaker.store.ports import Record
from tastemaker.store.schema import ANSWER_SHARDS
from tastemaker.store.sealing import AnySeals, NoSeals, Seal

Item = dict[str, Any]
_logger = logging.getLogger(__name__)
_LOOKED_UP = 100  # BatchGetItem's limit
_PAGE = 16  # of one shard: a page of a hundred answers needs six of each, and one more
_SILENCE = 60.0  # seconds between two warnings


class DynamoAnswers:
    """Key: the recommendationId; an index by dataset group and time, and one by user.

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
        self._losses = _Losses()

    def keep(self, answer: Record) -> None:
        """Keep an answer; one that cannot be logged in half a second is not."""
        try:
            item = _item(answer, self._seals.of(answer["group"]))
            self._hasty().put_item(TableName=self._table, Item=item)
        except (BotoCoreError, ClientError, KeyUnusable) as problem:
            self._losses.note(answer["id"], problem)

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
        items = list(islice(self._in_order(group_arn, after or f"{since:017.6f}"), limit + 2))
        items = [item for item in items if item["moment"]["S"] != after]
        more = items[limit - 1]["moment"]["S"] if len(items) > limit else None
        seal = self._seals.of(group_arn)
        return [_answer(item, seal) for item in items[:limit] if item["source"]["S"] == source], more

    def forget(self, group_arn: str, user_ids: Collection[str] | None = None) -> None:
        """Remove what a dataset group answered to users, or to anybody; what is gone stays so if this is cut short."""
        if user_ids is None:
            values, index, key = _shards(group_arn), "by-group", "shard"
        else:
            name = self._seals.of(group_arn).name
            values, index, key = [_owner(group_arn, name(user)) for user in user_ids], "by-user", "owner"
        with ThreadPoolExecutor(READERS) as pool:
            for _ in pool.map(lambda value: self._remove(self._of(value, index, key)), values):
                pass

    def _remove(self, items: Iterator[Item]) -> None:
        delete_all(self._client, self._table, ({"id": item["id"]} for item in items))

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

    def _in_order(self, group_arn: str, first: str) -> Iterator[Item]:
        """Walk through a group's answers from a moment on, a page of each shard in memory."""
        shards = [self._of(shard, "by-group", "shard", first, PageSize=_PAGE) for shard in _shards(group_arn)]
        return merge(*shards, key=lambda item: str(item["moment"]["S"]))

    def _of(self, value: str, index: str, key: str, first: str = "0", **paging: int) -> Iterator[Item]:
        """Walk through what an index has under a value of its key, from a moment on."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression="#k = :k AND moment >= :m",
            ExpressionAttributeNames={"#k": key},
            ExpressionAttributeValues={":k": {"S": value}, ":m": {"S": first}},
            PaginationConfig=paging,
        )
        for page in pages:
            yield from page["Items"]


class _Losses:
    """Answers that are not in the log: one warning in a minute, for a busy service loses many at once."""

    def __init__(self) -> None:
        self._count = 0
        self._told = -_SILENCE

    def note(self, id_: str, problem: Exception) -> None:
        """Count an answer, and warn if nothing was said for a while."""
        self._count += 1
        if monotonic() - self._told >= _SILENCE:
            words = "the answer %s is not in the log; since the last such warning %d were not"
            _logger.warning(words, id_, self._count, exc_info=problem)
            self._count, self._told = 0, monotonic()


def _shards(group_arn: str) -> list[str]:
    return [f"{group_arn}#{shard}" for shard in range(ANSWER_SHARDS)]


def _owner(group_arn: str, user: str) -> str:
    return f"{group_arn}#{user}"


def _item(answer: Record, seal: Seal) -> Item:
    body = zlib.compress(json.dumps(answer, separators=(",", ":")).encode())
    return {
        "id": {"S": answer["id"]},
        "group": {"S": answer["group"]},
        "shard": {"S": _shards(answer["group"])[zlib.crc32(answer["id"].encode()) % ANSWER_SHARDS]},
        "owner": {"S": _owner(answer["group"], seal.name(answer["user"]))},
        "source": {"S": answer["source"]},
        "moment": {"S": moment_of(answer)},
        "expires": {"N": str(int(answer["expires"]))},
        "body": {"B": seal.closed(body)},
    }


def _answer(item: Item, seal: Seal) -> Record:
    answer: Record = json.loads(zlib.decompress(seal.opened(bytes(item["body"]["B"]))))
    return answer
