"""SearchItems, SearchUsers and GetUserHistory, operations of our own: what the console shows beside a list."""

from collections.abc import Mapping, Sequence

from tastemaker.domain.resources import paging
from tastemaker.errors import InvalidInput
from tastemaker.operations.answering.sources import model_of, serving_of, source_of
from tastemaker.operations.call import Call
from tastemaker.operations.resources import read_place
from tastemaker.serving.answerer import Reading
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Event, Record

_PAGE = 25
_HOUR = 3600
# Where a name is looked for, in this order; else in the first column that is called something like it.
_NAMES = ("TITLE", "NAME", "ITEM_NAME", "PRODUCT_NAME")
_NAME_ENDS = ("_TITLE", "_NAME")
_MOST_COLUMNS = 12
_LONGEST = 300  # characters of a cell


def search_items(
    call: Call,
    *,
    source_arn: str,
    text: str = "",
    item_ids: list[str] | None = None,
    count_events: bool = False,
    max_results: int = _PAGE,
    next_token: str | None = None,
) -> dict[str, object]:
    """Return items as a campaign's or recommender's model knows them: those that are named, or a page of a search."""
    if item_ids and (text or next_token):
        raise InvalidInput("Either itemIds or text may be given.")
    model = model_of(call, source_arn, _serving(call, source_arn))
    column = _name_column(model)
    if item_ids:
        return {
            "items": _with_events(model, _described(model, item_ids, column), counting=count_events),
            "nameColumn": column,
        }
    query = f"items\n{source_arn}\n{text}"
    found = model.find_items(text, column, read_place(query, next_token, InvalidInput), max_results)
    return {
        "items": _with_events(model, _described(model, found.ids, column), counting=count_events),
        "nameColumn": column,
        "nextToken": _token(query, found.more),
    }


def search_users(
    call: Call, *, source_arn: str, text: str = "", max_results: int = _PAGE, next_token: str | None = None
) -> dict[str, object]:
    """Return a page of the users of a training whose ids begin with a text, and how many events of each are kept."""
    model = model_of(call, source_arn, _serving(call, source_arn))
    query = f"users\n{source_arn}\n{text}"
    found = model.find_users(text, read_place(query, next_token, InvalidInput), max_results)
    return {
        "users": [{"userId": each, "events": model.kept_events(each)} for each in found.ids],
        "nextToken": _token(query, found.more),
    }


def get_user_history(
    call: Call, *, source_arn: str, user_id: str | None = None, max_results: int = _PAGE
) -> dict[str, object]:
    """Return a user's newest events, the last first: those recorded since the training and those learned from.

    Without a user, what was recorded of everybody in the last hour.
    """
    serving = _serving(call, source_arn)
    model = model_of(call, source_arn, serving)
    if user_id is None:
        return {"events": _of_everybody(call, serving["group"], model, max_results)}
    reading = Reading.of(model, user_id)
    recordings = call.events.since(serving["group"], user_id, recorded_from=reading.begin, limit=max_results)
    since = [_recorded(event) for event in reading.events(recordings) if event.get("item_id")]
    learned = [
        {"itemId": done.item_id, "eventType": done.event_type or None, "sentAt": done.time, "sinceTraining": False}
        for done in model.done(user_id, max_results)
    ]
    # Stable, so that of events of one moment the one recorded last comes first.
    events = sorted([*reversed(since), *learned], key=lambda event: -float(event["sentAt"]))
    return {"events": events[:max_results]}


def _of_everybody(call: Call, group: str, model: Served, most: int) -> list[Record]:
    events = call.events.newest(group, since=call.clock() - _HOUR, most=most)
    return [
        _recorded(event, since=event["recorded"] >= model.recorded_before) | {"userId": event["user_id"]}
        for event in events
        if event.get("item_id")
    ]


def _serving(call: Call, source_arn: str) -> Record:
    return serving_of(source_of(call, source_arn), only="those that know items can be searched")


def _name_column(model: Served) -> str | None:
    names = [name for name in _NAMES if name in model.columns]
    like = sorted(name for name in model.columns if name.endswith(_NAME_ENDS))
    return next(iter([*names, *like]), None)


def _described(model: Served, item_ids: Sequence[str], column: str | None) -> list[Record]:
    others = sorted(model.columns - {"ITEM_ID", column})[: _MOST_COLUMNS - 1]
    rows = model.cells(item_ids, [*([column] if column else []), *others])
    return [_item(model, id_, cells, column) for id_, cells in zip(item_ids, rows, strict=True)]


def _with_events(model: Served, items: list[Record], *, counting: bool) -> list[Record]:
    """Add how many events with each item the model keeps, if that is asked for."""
    return [{**item, "events": model.kept_events(item_id=item["itemId"])} for item in items] if counting else items


def _item(model: Served, item_id: str, cells: Mapping[str, str], column: str | None) -> Record:
    metadata = {name: text[:_LONGEST] for name, text in cells.items()}
    return {
        "itemId": item_id,
        "known": model.knows(item_id),
        "name": metadata.get(column) if column else None,
        "metadata": metadata,
    }


def _recorded(event: Event, *, since: bool = True) -> Record:
    return {
        "itemId": event["item_id"],
        "eventType": event["event_type"],
        "sentAt": event["timestamp"],
        "sinceTraining": since,
    }


def _token(query: str, more: int | None) -> str | None:
    return None if more is None else paging.make_token(query, str(more))
