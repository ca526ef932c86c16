"""Writes what changes to the data folder before anybody is told, and puts it back after a restart."""

import base64
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path
from threading import Lock
from time import time
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

from tastemaker_local.emulation import cloudformation, dynamodb, executions
from tastemaker_local.emulation.controls import is_control
from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.executions import Unfinished
from tastemaker_local.emulation.messages import Reply, Request
from tastemaker_local.emulation.randomness import at_moment, new_seed, seeded
from tastemaker_local.persistence import stored_objects
from tastemaker_local.persistence.data_folder import Change, DataFolder
from tastemaker_local.persistence.journal import changes_something

Answer = Callable[[Request], Reply]
# (region, table, hash value, range value) as DynamoDB writes them in JSON; "" where a table has no range key.
ItemKey = tuple[str, str, str, str]
_FAILED = 400


@dataclass(slots=True)
class _Pending:
    """What has changed in memory and is not yet in the folder."""

    items: set[ItemKey] = field(default_factory=set)
    objects: set[tuple[str, str]] = field(default_factory=set)
    other: list[Change] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.items or self.objects or self.other)

    def put_before(self, earlier: "_Pending") -> None:
        """Take up what an earlier attempt could not write."""
        self.items |= earlier.items
        self.objects |= earlier.objects
        self.other[:0] = earlier.other


class Persistence:
    """Collects changes, and writes all of them in one transaction whenever somebody is about to be told of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = DataFolder(folder)
        self._pending = _Pending()
        self._collecting = Lock()
        self._writing = Lock()
        self._replayable = Lock()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Listen to every change; leaving writes the last ones and lets go of the folder."""
        with ExitStack() as stack:
            stack.callback(self._folder.close)
            stack.callback(self.flush)
            stack.enter_context(dynamodb.told(self._item_changed, self._table_dropped))
            stack.enter_context(stored_objects.kept(self._folder, self._object_changed))
            stack.enter_context(executions.told(self._execution_started, self._execution_ended))
            yield

    def flush(self) -> None:
        """Write everything that has changed so far; when this returns it is safe to tell anybody."""
        # A write under way holds the lock until it is complete, so an empty list and a free lock mean: all is written.
        if self._pending or self._writing.locked():
            with self._writing:
                self._write()

    def answer(self, request: Request, answer: Answer) -> Reply:
        """Answer a request to moto and remember it if it must be replayed; such requests run one after the other."""
        if not changes_something(request):
            return answer(request)
        seed = new_seed()
        with self._replayable:
            moment = time()
            with seeded(seed), at_moment(moment):
                reply = answer(request)
            if reply.status < _FAILED:
                row = (moment, request.region, seed, _head(request), request.body)
                self._note(("INSERT INTO journal VALUES (NULL, ?, ?, ?, ?, ?)", [row]))
        return reply

    def region_deployed(self, region: str) -> None:
        """Remember a region, so that the next start deploys it again."""
        self._note(("INSERT OR IGNORE INTO regions VALUES (?)", [(region,)]))

    def forget(self) -> None:
        """Empty the folder; what is in memory is to go at once."""
        with self._writing, self._collecting:
            self._folder.clear()
            self._pending = _Pending()

    def deployed(self) -> None:
        """Take what is in memory for what every start makes anew: there is nothing to write."""
        with self._collecting:
            self._pending = _Pending()

    def regions(self) -> list[str]:
        """Return the regions that earlier processes deployed."""
        return [name for (name,) in self._folder.read("SELECT name FROM regions ORDER BY name")]

    def replay(self, answer: Answer) -> None:
        """Repeat the journal, each request with its own chance and time, then bring back items and objects."""
        for moment, seed, head, body in self._folder.read("SELECT moment, seed, head, body FROM journal ORDER BY id"):
            request = Request(**json.loads(head), body=body)
            if is_control(request):  # earlier versions kept them, and a reset must not happen again
                continue
            with seeded(seed), at_moment(moment), cloudformation.remembered():
                reply = answer(request)
            if reply.status >= _FAILED:
                sys.stderr.write(
                    f"tastemaker: could not replay {request.method} {request.target}: {reply.body[:200]!r}\n"
                )
        self._restore_items()
        stored_objects.restore(self._folder)
        cloudformation.recall()
        self.deployed()

    def unfinished(self) -> list[Unfinished]:
        """Return the executions that earlier processes started and did not finish."""
        return [Unfinished(*row) for row in self._folder.read("SELECT * FROM executions")]

    def start_again(self, execution: Unfinished) -> None:
        """Start an execution again, or say why its machine cannot be found."""
        try:
            executions.start_again(execution)
        except Exception as error:  # noqa: BLE001 - a machine of an older version of the app must not stop the start
            sys.stderr.write(f"tastemaker: could not start {execution.arn} again: {error}\n")
            self._execution_ended(execution.arn)

    def _restore_items(self) -> None:
        for region, name, body in self._folder.read("SELECT region, name, body FROM items"):
            table = dynamodb_backends[ACCOUNT][region].tables.get(name)
            if table is not None:
                dynamodb.place(table, _item(table, json.loads(body)))

    def _write(self) -> None:
        # All as it is in one moment: an item that says that a request was sent, and the request itself.
        with dynamodb.lock, self._collecting:
            items = _item_changes(self._pending.items)
            pending, self._pending = self._pending, _Pending()
        try:
            self._write_all(pending, items)
        except BaseException:
            # A full disk, say: nobody has been told yet, and the next flush tries again.
            with self._collecting:
                self._pending.put_before(pending)
            raise

    def _write_all(self, pending: _Pending, items: list[Change]) -> None:
        changes = [*pending.other, *items]
        orphans: set[str] = set()
        for bucket, key in pending.objects:
            more, files = stored_objects.changes(self._folder, bucket, key)
            changes += more
            orphans |= files
        if changes:
            self._folder.write(changes)
        self._folder.drop(orphans)

    def _note(self, change: Change) -> None:
        with self._collecting:
            self._pending.other.append(change)

    def _item_changed(self, table: Table, hash_value: DynamoType, range_value: DynamoType | None) -> None:
        key = (table.region_name, table.name, _text(hash_value), _text(range_value))
        with self._collecting:
            self._pending.items.add(key)

    def _table_dropped(self, table: Table) -> None:
        self._note(("DELETE FROM items WHERE region = ? AND name = ?", [(table.region_name, table.name)]))

    def _object_changed(self, bucket: str, key: str) -> None:
        with self._collecting:
            self._pending.objects.add((bucket, key))

    def _execution_started(self, execution: Unfinished) -> None:
        self._note(("INSERT OR REPLACE INTO executions VALUES (?, ?, ?, ?, ?)", [astuple(execution)]))

    def _execution_ended(self, arn: str) -> None:
        self._note(("DELETE FROM executions WHERE arn = ?", [(arn,)]))
        self.flush()


def _head(request: Request) -> str:
    return json.dumps({name: getattr(request, name) for name in ("method", "target", "headers", "peer", "spelled")})


def _item_changes(keys: set[ItemKey]) -> list[Change]:
    if not keys:
        return []
    now = {key: _body(*key) for key in keys}
    items = [(*key, body) for key, body in now.items() if body is not None]
    deletions = [key for key, body in now.items() if body is None]
    return [
        ("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", items),
        ("DELETE FROM items WHERE region = ? AND name = ? AND hash = ? AND range = ?", deletions),
    ]


def _body(region: str, name: str, hash_value: str, range_value: str) -> str | None:
    table = dynamodb_backends[ACCOUNT][region].tables.get(name)
    if table is None:
        return None
    item = dynamodb.find(table, _key(hash_value), _key(range_value) if range_value else None)
    return None if item is None else json.dumps({name: _plain(value) for name, value in item.attrs.items()})


def _item(table: Table, attributes: dict[str, Any]) -> Item:
    # Not through the constructor, which measures the growing item again for each attribute.
    item = object.__new__(Item)
    item.attrs = LimitedSizeDict()
    dict.update(item.attrs, {name: DynamoType(value) for name, value in attributes.items()})
    item.hash_key = item.attrs[table.hash_key_attr]
    item.range_key = item.attrs[table.range_key_attr] if table.range_key_attr else None
    return item


def _text(value: DynamoType | None) -> str:
    return "" if value is None else json.dumps(_plain(value))


def _key(text: str) -> DynamoType:
    return DynamoType(json.loads(text))


def _plain(value: Any) -> Any:  # noqa: ANN401 - an attribute value of any depth
    if not isinstance(value, DynamoType):
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value
    if isinstance(value.value, dict):
        return {value.type: {name: _plain(inner) for name, inner in value.value.items()}}
    if isinstance(value.value, list):
        return {value.type: [_plain(inner) for inner in value.value]}
    return {value.type: _plain(value.value)}
