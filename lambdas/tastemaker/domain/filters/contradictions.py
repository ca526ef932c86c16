"""Filters that are well formed and can never match: by what they say, and beside what is known of the data."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tastemaker.domain.filters.expressions import Condition, Expression, Filter
from tastemaker.domain.filters.texts import condition_text
from tastemaker.domain.schemas.schema import Field, Schema

Insights = Mapping[str, Mapping[str, Any]]  # by dataset type, as an import keeps them
Fields = Mapping[tuple[str, str], Field]

_NUMBERS = frozenset({"int", "long", "float", "double"})
_WHOLE, _ROUNDED = frozenset({"int", "long"}), 10**9
_IDS = frozenset({"ITEM_ID", "USER_ID", "ACTION_ID"})  # of which a row has one, whatever is in it
_LONGEST = 200  # characters of conditions in a warning


def warnings_of(filter_: Filter, schemas: Mapping[str, Schema], insights: Insights) -> list[str]:
    """Return what the maker of a filter should know; what is imported later may make it untrue."""
    fields = {(type_, field.name.upper()): field for type_, schema in schemas.items() for field in schema.fields}
    warnings = [text for expression in filter_.expressions for text in _of_expression(expression, fields, insights)]
    return list(dict.fromkeys(warnings))


def contradictions_of(filter_: Filter, schemas: Mapping[str, Schema]) -> list[str]:
    """Return what no data can meet."""
    return warnings_of(filter_, schemas, {})


def _of_expression(expression: Expression, fields: Fields, insights: Insights) -> Iterator[str]:
    effect = "lets no item pass" if expression.include else "keeps no item out"
    outcome = "the expression never applies"
    for conditions, of_user in [(each, False) for each in expression.alternatives] + [(expression.requirements, True)]:
        consequence = outcome if of_user else effect if len(expression.alternatives) == 1 else "that part of OR is void"
        for problem in (*_contradictions(conditions, fields, of_user=of_user), *_beside(conditions, insights, of_user)):
            yield f"{problem}: {consequence}."


def _contradictions(conditions: Sequence[Condition], fields: Fields, *, of_user: bool) -> Iterator[str]:
    """Name conditions on one field that no value meets together; those with values yet to come are passed over."""
    complete = [each for each in conditions if all(isinstance(term, str) for term in each.terms)]
    key = lambda each: (each.dataset, each.field)  # noqa: E731 - for sorting and grouping alike
    for name, those in groupby(sorted(complete, key=key), key):
        together = list(those)
        if name in fields and _impossible(together, fields[name]):
            yield f"{_written(together, of_user=of_user)} cannot hold together"


def _impossible(conditions: Sequence[Condition], field: Field) -> bool:
    """Whether no value meets all conditions; of several values in one cell each may meet another."""
    numeric = field.type in _NUMBERS
    choices = [_values(each, numeric=numeric) for each in conditions if each.operator in {"IN", "="}]
    exclusions = {v for each in conditions if each.operator in {"NOT IN", "!="} for v in _values(each, numeric=numeric)}
    if field.name.upper() == "EVENT_TYPE":
        return False
    if field.type == "string" and field.name.upper() not in _IDS:
        return any(values <= exclusions for values in choices)
    low, high = _bounds(conditions) if numeric else (-math.inf, math.inf)
    if choices:
        rest = set.intersection(*choices) - exclusions
        return not any(not numeric or _meets_orders(float(value), conditions) for value in rest)
    return low > high or (low == high and not _meets_orders(low, conditions))


def _values(condition: Condition, *, numeric: bool) -> set[str | float]:
    return {float(str(term)) if numeric else str(term) for term in condition.terms}


def _bounds(conditions: Sequence[Condition]) -> tuple[float, float]:
    lows = [float(str(each.terms[0])) for each in conditions if each.operator in {">", ">="}]
    highs = [float(str(each.terms[0])) for each in conditions if each.operator in {"<", "<="}]
    return max(lows, default=-math.inf), min(highs, default=math.inf)


def _meets_orders(value: float, conditions: Sequence[Condition]) -> bool:
    meets = {"<": value.__lt__, "<=": value.__le__, ">": value.__gt__, ">=": value.__ge__}
    return all(meets[each.operator](float(str(each.terms[0]))) for each in conditions if each.operator in meets)


def _beside(conditions: Sequence[Condition], insights: Insights, of_user: bool) -> Iterator[str]:  # noqa: FBT001
    """Name conditions that no imported row meets."""
    for condition in conditions:
        dataset = insights.get(condition.dataset, {})
        column = _column(dataset, condition.field)
        reason = _unmet(condition, column) if dataset.get("bulkRecords") else ""
        if reason:
            yield f"{_written([condition], of_user=of_user)}: {reason}"


def _column(dataset: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return what is known of a column, and its `values` where all of them are."""
    column: dict[str, Any] = next((c for c in dataset.get("columns", ()) if c["columnName"].upper() == name), {})
    values = [each["value"] for each in column.get("topValues", ())]
    if name == "EVENT_TYPE":
        values = [each["eventType"].lower() for each in dataset.get("eventTypes", ()) if "eventType" in each]
    complete = column.get("distinct", math.inf) <= len(values)
    return {**column, "values": set(values)} if complete else column


def _unmet(condition: Condition, column: Mapping[str, Any]) -> str:
    """Say why no imported row meets a condition; nothing where one may."""
    if condition.operator == "NOT IN" or not all(isinstance(term, str) for term in condition.terms):
        return ""
    if column.get("missingShare") == 1.0:
        return "the column is empty in all imported records"
    terms = {str(term) for term in condition.terms}
    if "values" in column and condition.operator in {"IN", "="}:
        values = {term.lower() for term in terms} if condition.field == "EVENT_TYPE" else terms
        if "*" not in terms and not values & column["values"]:
            return "no imported record has such a value"
    span = column.get("numbers", {})
    if "minimum" in span and "maximum" in span and not _within(condition, column):
        return f"the imported values go from {span['minimum']:g} to {span['maximum']:g}"
    return ""


def _within(condition: Condition, column: Mapping[str, Any]) -> bool:
    """Whether some number between the ends of a column may meet a condition; ends of many digits are rounded."""
    low, high = float(column["numbers"]["minimum"]), float(column["numbers"]["maximum"])
    largest = max(abs(low), abs(high))
    slack = 0.0 if column["type"] in _WHOLE and largest < _ROUNDED else 1e-6 * largest
    low, high = low - slack, high + slack
    values = [float(str(term)) for term in condition.terms]
    if condition.operator in {"IN", "="}:
        return any(low <= value <= high for value in values)
    meets = {"<": low < values[0], "<=": low <= values[0], ">": high > values[0], ">=": high >= values[0]}
    return meets.get(condition.operator, True)


def _written(conditions: Sequence[Condition], *, of_user: bool) -> str:
    text = " AND ".join(condition_text(each, of_user=of_user) for each in conditions)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
