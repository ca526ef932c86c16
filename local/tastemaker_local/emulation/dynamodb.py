"""Makes moto's DynamoDB fit for work: one request at a time, queries that read their page only, word of each change."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

from moto.core.common_models import BaseModel
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionContext
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from tastemaker_local.emulation.shelves import Shelves, bounds, page

# An item was written or deleted: the table, and the item's hash and range value. A table was deleted.
ItemListener = Callable[[Table, DynamoType, DynamoType | None], None]
TableListener = Callable[[Table], None]

# moto checks a condition and then writes; two threads between the two would both succeed.
lock = RLock()
_put, _delete, _query = Table.put_item, Table.delete_item, Table.query
_update, _delete_table = DynamoDBBackend.update_item, DynamoDBBackend.delete_table
_answer, _serialize = DynamoHandler.call_action, DynamoResult.execute_result
_OF_ITEMS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})
_shelves: WeakKeyDictionary[Table, Shelves] = WeakKeyDictionary()
_listeners: list[ItemListener] = []


@contextmanager
def installed() -> Iterator[None]:
    """Put everything in place of moto's own; leaving puts moto's own back."""
    with (
        patch.multiple(Table, put_item=_put_item, delete_item=_delete_item, query=_narrow_query),
        patch.object(DynamoDBBackend, "update_item", _update_item),
        patch.object(DynamoHandler, "call_action", _one_at_a_time),
        patch.object(DynamoResult, "execute_result", _written_at_once),
        # moto remembers every item and every copy of one for its dashboard: memory that never comes back.
        patch.object(BaseModel, "__new__", staticmethod(lambda model, *_, **__: object.__new__(model))),
    ):
        try:
            yield
        finally:
            _shelves.clear()


@contextmanager
def told(on_change: ItemListener, on_drop: TableListener) -> Iterator[None]:
    """Tell of every item that is written or deleted, and of every deleted table, while the lock is held."""

    def delete_table(backend: DynamoDBBackend, name: str) -> Table:
        table = _delete_table(backend, name)
        on_drop(table)
        return table

    _listeners.append(on_change)
    try:
        with patch.object(DynamoDBBackend, "delete_table", delete_table):
            yield
    finally:
        _listeners.remove(on_change)


def find(table: Table, hash_value: DynamoType, range_value: DynamoType | None) -> Item | None:
    """Return an item as it is now."""
    items: Any = table.items
    item: Item | None = items.get(hash_value) if range_value is None else items.get(hash_value, {}).get(range_value)
    return item


def place(table: Table, item: Item) -> None:
    """Put an item that was stored earlier back into its table."""
    items: Any = table.items
    if item.range_key is None:
        items[item.hash_key] = item
    else:
        items[item.hash_key][item.range_key] = item


def empty(table: Table) -> None:
    """Remove every item of a table without telling anybody."""
    with lock:
        table.items.clear()
        _shelves.pop(table, None)


def _one_at_a_time(handler: DynamoHandler) -> Any:  # noqa: ANN401 - moto's answer, handed on
    with lock:
        return _answer(handler)


def _written_at_once(result: DynamoResult, context: ActionContext) -> TYPE_RESPONSE:
    # moto's serializer takes a millisecond per item to find in the model what the items say themselves.
    if context.operation_model.name not in _OF_ITEMS or not isinstance(result.result, dict):
        return _serialize(result, context)
    members = {name: value for name, value in result.result.items() if value is not None}
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(members, default=_base64)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _put_item(table: Table, item_attrs: dict[str, Any], *args: Any, **kwargs: Any) -> Item:  # noqa: ANN401
    before = _current(table, item_attrs)
    item = _put(table, item_attrs, *args, **kwargs)
    _replaced(table, before, item)
    _tell(table, item.hash_key, item.range_key)
    return item


def _delete_item(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
    item = _delete(table, hash_key, range_key)
    if item is not None:
        _replaced(table, item, None)
        _tell(table, hash_key, range_key)
    return item


def _update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:  # noqa: ANN401
    # moto changes the item in its place, perhaps only half of it before it finds an error.
    table = backend.get_table(table_name)
    before = _current(table, key)
    if before is None:
        return _create_by_update(backend, table_name, key, *args, **kwargs)
    changing = before.__deepcopy__({})
    place(table, changing)
    try:
        _update(backend, table_name, key, *args, **kwargs)
    except BaseException:
        place(table, before)
        raise
    _replaced(table, before, changing)
    _tell(table, changing.hash_key, changing.range_key)
    return changing


def _create_by_update(
    backend: DynamoDBBackend,
    table_name: str,
    key: dict[str, Any],
    *args: Any,  # noqa: ANN401 - moto's own parameters, handed on
    **kwargs: Any,  # noqa: ANN401 - same
) -> Item:
    table = backend.get_table(table_name)
    try:
        item = _update(backend, table_name, key, *args, **kwargs)
    except BaseException:
        if (half := _current(table, key)) is not None:
            _delete_item(table, half.hash_key, half.range_key)
        raise
    # The put inside the update knew only the keys.
    _replaced(table, item, item)
    return item


def _narrow_query(  # noqa: PLR0917 - moto's own parameters
    table: Table,
    hash_key: DynamoType | None,
    range_comparison: str | None,
    range_objs: list[DynamoType],
    limit: int,
    exclusive_start_key: dict[str, Any],
    scan_index_forward: bool,  # noqa: FBT001
    projection_expressions: list[list[str]] | None,
    index_name: str | None = None,
    consistent_read: bool = False,  # noqa: FBT001, FBT002
    filter_expression: Any = None,  # noqa: ANN401
    **others: Any,  # noqa: ANN401
) -> tuple[list[Item], int, dict[str, Any] | None]:
    shelf = _shelves_of(table).shelf(index_name)
    unusual = set(others) - {"hash_key_conditions", "range_key_conditions"}
    inconsistent = consistent_read and any(index.name == index_name for index in table.global_indexes)
    if shelf is None or unusual or inconsistent or hash_key is None:
        return _query(
            table, hash_key, range_comparison, range_objs, limit, exclusive_start_key, scan_index_forward,
            projection_expressions, index_name, consistent_read, filter_expression, **others,
        )  # fmt: skip
    start = shelf.place_of(exclusive_start_key) if exclusive_start_key else None
    values = [value.cast_value for value in range_objs]
    within = bounds(range_comparison, values, start, forward=scan_index_forward)
    items, more = page(shelf.walk(hash_key.cast_value, within, forward=scan_index_forward), limit)
    last = table._get_last_evaluated_key(items[-1], index_name) if more else None  # noqa: SLF001
    matches = [item for item in items if filter_expression is None or filter_expression.expr(item)]
    return _projected(table, matches, index_name, projection_expressions), len(items), last


def _projected(
    table: Table, items: list[Item], index_name: str | None, expressions: list[list[str]] | None
) -> list[Item]:
    if index_name:
        index = table.get_index(index_name)
        items = [index.project(item) for item in items]
    return [_parts(item, expressions) for item in items] if expressions else items


def _parts(item: Item, expressions: list[list[str]]) -> Item:
    if any(len(path) > 1 or path[0].endswith("]") for path in expressions):
        return item.project(expressions)
    # moto would turn the whole item into Python and back for what is here a look into a dictionary.
    part = object.__new__(Item)
    part.hash_key, part.range_key = item.hash_key, item.range_key
    part.attrs = LimitedSizeDict()
    dict.update(part.attrs, {name: item.attrs[name] for (name,) in expressions if name in item.attrs})
    return part


def _current(table: Table, attributes: dict[str, Any]) -> Item | None:
    if not all(name in attributes for name in table.table_key_attrs):
        return None
    range_value = DynamoType(attributes[table.range_key_attr]) if table.range_key_attr else None
    return find(table, DynamoType(attributes[table.hash_key_attr]), range_value)


def _replaced(table: Table, before: Item | None, after: Item | None) -> None:
    shelves = _shelves_of(table)
    shelves.remove(before)
    if after is not None:
        shelves.add(after)


def _shelves_of(table: Table) -> Shelves:
    return _shelves.get(table) or _shelves.setdefault(table, Shelves(table))


def _tell(table: Table, hash_value: DynamoType, range_value: DynamoType | None) -> None:
    for listener in _listeners:
        listener(table, hash_value, range_value)
