"""What is wrong with a dataset group's data, or too little ("Analyzing quality and quantity of data")."""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.domain.insights import COMPARED

Warned = dict[str, str]
Insights = Mapping[str, Any]  # of one dataset, as GetDataInsights tells them

_EVENTS, _MANY_EVENTS = 1_000, 50_000
_USERS, _MANY_USERS = 25, 1_000
_SHARE_OF_USERS = 0.01
_GAPS = 0.15
_CATEGORIES = 1_000
_EVENT_TYPES = 10
# The year 5138 in seconds is 1973 in milliseconds.
_LAST_PLAUSIBLE_SECOND = 100_000_000_000


def warnings_of(datasets: Mapping[str, Insights], now: float) -> list[Warned]:
    """Return what the owner of these datasets, by type, should know."""
    if "INTERACTIONS" not in datasets:
        return [_warning("NO_INTERACTIONS", "There is no Interactions dataset; no model can be trained.")]
    return [
        {**warning, "datasetType": type_}
        for type_, found in datasets.items()
        for warning in (*_of_one(type_, found, now), *_beside_events(type_, found, datasets))
    ]


def _of_one(type_: str, found: Insights, now: float) -> Iterator[Warned]:
    if "bulkRecords" not in found:
        yield _warning("NO_INSIGHTS", "What was imported was never looked into; the next import is.")
        return
    if type_ == "INTERACTIONS":
        yield from _amounts(found)
        yield from _returning_users(found)
        yield from _event_types(found)
    if "lastTimestamp" in found:
        yield from _moment(found["lastTimestamp"], "TIMESTAMP", now)
    for column in found["columns"]:
        yield from _column(column, found["bulkRecords"], now)


def _beside_events(type_: str, found: Insights, datasets: Mapping[str, Insights]) -> Iterator[Warned]:
    events, _ = COMPARED.get(type_, ("", ""))
    if found.get("comparison"):
        yield from _comparison(type_, found["comparison"])
    elif found.get("bulkRecords") and datasets.get(events, {}).get("bulkRecords"):
        yield _warning("NOT_COMPARED", f"Not yet compared with {events.title()}; the next import does that.")


def _warning(code: str, message: str, column: str = "") -> Warned:
    return {"code": code, "message": message, **({"columnName": column} if column else {})}


def _amounts(found: Insights) -> Iterator[Warned]:
    count = found["bulkRecords"] + found["individualRecords"]["count"]
    if count < _EVENTS:
        yield _warning("TOO_FEW_INTERACTIONS", f"{count:,} interactions; training needs at least {_EVENTS:,}.")
    elif count < _MANY_EVENTS and "orMore" not in found["individualRecords"]:
        yield _warning("FEW_INTERACTIONS", f"{count:,} interactions; at least {_MANY_EVENTS:,} are recommended.")


def _returning_users(found: Insights) -> Iterator[Warned]:
    spread = next((one for one in found.get("eventsPerId", ()) if one["columnName"] == "USER_ID"), None)
    if spread is None:
        return
    users = spread["distinctIds"]
    returning = users - spread["withOneEvent"]
    what = f"{returning:,} of {users:,} imported users have two interactions or more"
    if returning < _USERS:
        yield _warning("TOO_FEW_USERS", f"{what}; training needs at least {_USERS:,} such users.")
    elif returning < _SHARE_OF_USERS * users:
        yield _warning("TOO_SMALL_SHARE_OF_USERS", f"{what}; training needs at least {_SHARE_OF_USERS:.0%}.")
    elif returning < _MANY_USERS:
        yield _warning("FEW_USERS", f"{what}; at least {_MANY_USERS:,} are recommended.")


def _event_types(found: Insights) -> Iterator[Warned]:
    distinct = next((c["distinct"] for c in found["columns"] if c["columnName"] == "EVENT_TYPE"), 0)
    if distinct > _EVENT_TYPES:
        message = f"{distinct:,} event types; training allows {_EVENT_TYPES}."
        yield _warning("TOO_MANY_EVENT_TYPES", message, "EVENT_TYPE")


def _moment(last: float, column: str, now: float) -> Iterator[Warned]:
    if last > _LAST_PLAUSIBLE_SECOND:
        yield _warning("MILLISECONDS", f"{column} looks like milliseconds; it must be in seconds.", column)
    elif last > now:
        yield _warning("FUTURE", f"The newest {column} lies in the future.", column)


def _column(column: Mapping[str, Any], rows: int, now: float) -> Iterator[Warned]:
    name, missing = column["columnName"], column["missingShare"]
    if missing == 1.0:
        yield _warning("NEVER_SET", f"{name} is empty in all {rows:,} records.", name)
    elif missing > _GAPS:
        yield _warning("SPARSE_COLUMN", f"{name} is filled in {1 - missing:.1%} of the records; 85% are wanted.", name)
    if column.get("categorical") and column.get("distinct", 0) > _CATEGORIES:
        message = f"{name} has {column['distinct']:,} categories; at most {_CATEGORIES:,} are recommended."
        yield _warning("TOO_MANY_CATEGORIES", message, name)
    if name == "CREATION_TIMESTAMP" and "numbers" in column:
        yield from _moment(column["numbers"]["maximum"], name, now)


def _comparison(type_: str, found: Mapping[str, Any]) -> Iterator[Warned]:
    things = type_.lower()
    if found["withoutEvents"]:
        message = f"{found['withoutEvents']:,} {things} ({found['withoutEventsShare']:.1%}) have no interactions."
        yield _warning(f"{type_}_WITHOUT_INTERACTIONS", message)
    if found["undescribedIds"]:
        lost = f"{found['undescribedIds']:,} {things} with {found['eventsOfUndescribedIds']:,} interactions"
        yield _warning(f"{type_}_NOT_DESCRIBED", f"{lost} are missing in the {type_.title()} dataset.")
