"""Insights of a dataset group: where each snapshot's lie, and what they warn of.

Pipelines write them, and an operation reads them that may read nothing else there. The warnings are those of the guide:
"Analyzing quality and quantity of data".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.domain.event_types import NO_TYPES, is_type
from tastemaker.domain.moments import AHEAD, LAST_SECOND, MOMENTS, UNITS, in_seconds, unit_of

Insights = Mapping[str, Any]  # of one dataset, as GetDataInsights tells them

# What is described by which other dataset's rows, and the id that both share.
COMPARED = {
    "ITEMS": ("INTERACTIONS", "ITEM_ID"),
    "USERS": ("INTERACTIONS", "USER_ID"),
    "ACTIONS": ("ACTION_INTERACTIONS", "ACTION_ID"),
}
_MANY_EVENTS = 50_000
_MANY_USERS = 1_000
_SHARE_OF_USERS = 0.01
_GAPS = 0.15
_CATEGORIES = 1_000
_EVENT_TYPES = 10
# Counts of a column, beside its gaps, that the newest import has left there.
ODDITIES = ("unreadable", "truncated", "future", *UNITS)


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a training needs: interactions, and users with two of them."""

    events: int
    users: int


def key_of(manifest_key: str) -> str:
    """Return the key of what one snapshot holds; it goes when the snapshot goes."""
    return f"{_folder(manifest_key)}/insights.json"


def comparison_key(manifest_key: str, events_manifest_key: str) -> str:
    """Return the key of what a snapshot of items or users looks like beside one of interactions."""
    type_, snapshot = _folder(events_manifest_key).split("/")[-2:]
    return f"{_folder(manifest_key)}/insights-{type_}-{snapshot}.json"


def warnings_of(datasets: Mapping[str, Insights], now: float, minimum: Minimum) -> list[dict[str, str]]:
    """Return what the owner of these datasets, by type, should know."""
    first = [_warning("NO_INTERACTIONS", "There is no Interactions dataset; no model can be trained.")]
    return ([] if "INTERACTIONS" in datasets else first) + [
        {**warning, "datasetType": type_}
        for type_, insights in datasets.items()
        for warning in (*_of_one(type_, insights, now, minimum), *_beside_events(type_, insights, datasets))
    ]


def _of_one(type_: str, insights: Insights, now: float, minimum: Minimum) -> Iterator[dict[str, str]]:
    if "bulkRecords" not in insights:
        yield _warning("NO_INSIGHTS", "What was imported was never looked into; the next import is.")
        return
    if type_ == "INTERACTIONS":
        yield from _amounts(insights, minimum.events)
        yield from _returning_users(insights, minimum.users)
        yield from _event_types(insights)
    for column in insights["columns"]:
        yield from _column(column, insights["bulkRecords"], now)


def _beside_events(type_: str, insights: Insights, datasets: Mapping[str, Insights]) -> Iterator[dict[str, str]]:
    events, _ = COMPARED.get(type_, ("", ""))
    if insights.get("comparison"):
        yield from _comparison(type_, insights["comparison"])
    elif insights.get("bulkRecords") and datasets.get(events, {}).get("bulkRecords"):
        yield _warning("NOT_COMPARED", f"Not yet compared with {events.title()}; the next import does that.")


def _warning(code: str, message: str, column: str = "") -> dict[str, str]:
    return {"code": code, "message": message, **({"columnName": column} if column else {})}


def _amounts(insights: Insights, least: int) -> Iterator[dict[str, str]]:
    count = insights["bulkRecords"] + insights["individualRecords"]["count"]
    if count < least:
        yield _warning("TOO_FEW_INTERACTIONS", f"{count:,} interactions; training needs at least {least:,}.")
    elif count < _MANY_EVENTS and "orMore" not in insights["individualRecords"]:
        yield _warning("FEW_INTERACTIONS", f"{count:,} interactions; at least {_MANY_EVENTS:,} are recommended.")


def _returning_users(insights: Insights, least: int) -> Iterator[dict[str, str]]:
    spread = next((one for one in insights.get("eventsPerId", ()) if one["columnName"] == "USER_ID"), None)
    if spread is None:
        return
    users = spread["distinctIds"]
    returning = users - spread["withOneEvent"]
    what = f"{returning:,} of {users:,} imported users have two interactions or more"
    if returning < least:
        yield _warning("TOO_FEW_USERS", f"{what}; training needs at least {least:,} such users.")
    elif returning < _SHARE_OF_USERS * users:
        yield _warning("TOO_SMALL_SHARE_OF_USERS", f"{what}; training needs at least {_SHARE_OF_USERS:.0%}.")
    elif returning < _MANY_USERS:
        yield _warning("FEW_USERS", f"{what}; at least {_MANY_USERS:,} are recommended.")


def _event_types(insights: Insights) -> Iterator[dict[str, str]]:
    types = [each.get("eventType", "") for each in insights.get("eventTypes", ())]
    if types and not any(map(is_type, types)):
        yield _warning("NO_EVENT_TYPES", f"{NO_TYPES}; no model can be trained on them.", "EVENT_TYPE")
    distinct = next((c["distinct"] for c in insights["columns"] if c["columnName"] == "EVENT_TYPE"), 0)
    if distinct > _EVENT_TYPES:
        message = f"{distinct:,} event types; training allows {_EVENT_TYPES}."
        yield _warning("TOO_MANY_EVENT_TYPES", message, "EVENT_TYPE")


def _moments(column: Mapping[str, Any], rows: int, now: float) -> Iterator[dict[str, str]]:
    """Warn of moments that are none; an import of old has not counted them."""
    name, last = column["columnName"], column["numbers"]["maximum"]
    for unit in UNITS:
        if count := column.get(unit, 0):
            yield _warning(unit.upper(), f"{name} {in_seconds(unit)} ({count:,} of {rows:,} records).", name)
    if not any(unit in column for unit in UNITS) and (likely := unit_of(last)):
        yield _warning(likely.upper(), f"{name} {in_seconds(likely)}.", name)
    if name in AHEAD:
        return
    if not column.get("future") and now < last < LAST_SECOND:
        yield _warning("FUTURE", f"The newest {name} lies in the future.", name)
    elif (count := column.get("future", 0)) and last > now:
        yield _warning("FUTURE", f"{name} lay in the future in {count:,} of {rows:,} records when they came.", name)


def _losses(column: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    name = column["columnName"]
    if count := column.get("unreadable", 0):
        message = f"{name} could not be read in {count:,} records of the newest import and is missing there."
        yield _warning("UNREADABLE", message, name)
    if count := column.get("truncated", 0):
        yield _warning("TRUNCATED", f"{name} was too long in {count:,} records of the newest import; it is cut.", name)


def _column(column: Mapping[str, Any], rows: int, now: float) -> Iterator[dict[str, str]]:
    name, missing = column["columnName"], column["missingShare"]
    if missing == 1.0:
        yield _warning("NEVER_SET", f"{name} is empty in all {rows:,} records.", name)
    elif missing > _GAPS:
        yield _warning("SPARSE_COLUMN", f"{name} is filled in {1 - missing:.1%} of the records; 85% are wanted.", name)
    if column.get("categorical") and column.get("distinct", 0) > _CATEGORIES:
        message = f"{name} has {column['distinct']:,} categories; at most {_CATEGORIES:,} are recommended."
        yield _warning("TOO_MANY_CATEGORIES", message, name)
    yield from _losses(column)
    if name in (*MOMENTS, *AHEAD) and "numbers" in column:
        yield from _moments(column, rows, now)


def _comparison(type_: str, comparison: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    things = type_.lower()
    if comparison["withoutEvents"]:
        message = (
            f"{comparison['withoutEvents']:,} {things} ({comparison['withoutEventsShare']:.1%}) have no interactions."
        )
        yield _warning(f"{type_}_WITHOUT_INTERACTIONS", message)
    if comparison["undescribedIds"]:
        rows = f"{comparison['undescribedIds']:,} {things} with {comparison['eventsOfUndescribedIds']:,} interactions"
        yield _warning(f"{type_}_NOT_DESCRIBED", f"{rows} are missing in the {type_.title()} dataset.")


def _folder(manifest_key: str) -> str:
    return manifest_key.rpartition("/")[0]
