"""What each column of a snapshot holds: types, gaps, distinct values, numbers, categories, lengths of texts."""

import math
from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from tastemaker.domain.insights import ODDITIES
from tastemaker.pipelines.datasets.columns import Column

Insights = dict[str, object]

_NUMBERS = frozenset({"int", "long", "float", "double"})
_TOP = 10  # values that are named of a categorical column
# Of larger snapshots distinct values are estimated, and medians those of so many rows, evenly apart.
_EXACT_ROWS = 200_000
# Sums of many numbers depend on the order of adding in the last digits; what is kept does not.
_DIGITS = {"float": 7}
_MORE_DIGITS = 10


def rounded(value: float, type_: str) -> float:
    """Return a number with the digits that its type holds."""
    return float(f"{value:.{_DIGITS.get(type_, _MORE_DIGITS)}g}")


def finite(numbers: Mapping[str, float], type_: str) -> Insights:
    """Return numbers rounded; the mean of the largest ones may be none that a double holds, and is left out."""
    values = {name: rounded(value, type_) for name, value in numbers.items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def column_insights(
    session: DuckDBPyConnection, scan: str, columns: Sequence[Column], stats: Mapping[str, int]
) -> list[Insights]:
    """Return what each column holds, in the schema's order."""
    rows, results = stats["rows"], _measured(session, scan, columns, stats)
    return [
        _declared(column)
        | _oddities(column, stats)
        | _gaps(stats[f"empty {column.field.name}"], rows)
        | _distinct(session, scan, column, results, stats)
        | _numbers(column, results, approximate=rows > _EXACT_ROWS)
        | _lengths(column, results)
        for column in columns
    ]


def _declared(column: Column) -> Insights:
    field = column.field
    flags = {"categorical": field.categorical, "textual": field.textual}
    return {"columnName": field.name, "type": field.type, **{name: True for name, flag in flags.items() if flag}}


def _oddities(column: Column, stats: Mapping[str, int]) -> Insights:
    """Return how many cells were lost or cut in the import, and how many moments are none, where there are any."""
    counts = {kind: stats.get(f"{kind} {column.field.name}") for kind in ODDITIES}
    return {kind: count for kind, count in counts.items() if count}


def _gaps(empty: int, rows: int) -> Insights:
    return {"missing": empty, "missingShare": round(empty / rows, 6)}


def _distinct(
    session: DuckDBPyConnection,
    scan: str,
    column: Column,
    results: Mapping[str, float | None],
    stats: Mapping[str, int],
) -> Insights:
    name = column.field.name
    if f"distinct {name}" in stats:
        return {"distinct": stats[f"distinct {name}"]}
    if column.field.categorical:
        return _categories(session, scan, column, stats["rows"] - stats[f"empty {name}"])
    flag = {"distinctIsApproximate": True} if stats["rows"] > _EXACT_ROWS else {}
    return {"distinct": results[f"distinct {name}"], **flag}


def _categories(session: DuckDBPyConnection, scan: str, column: Column, cells: int) -> Insights:
    """Return the most frequent categories; a cell may hold several, and each counts."""
    rows = session.execute(f"""
        WITH cells AS (SELECT {column.name} AS cell, count(*) AS rows FROM {scan} WHERE cell IS NOT NULL GROUP BY ALL),
            parts AS (SELECT unnest(list_distinct(string_split(cell, '|'))) AS value, rows FROM cells)
        SELECT value, CAST(sum(rows) AS BIGINT) AS found, count(*) OVER () FROM parts
        GROUP BY value ORDER BY found DESC, value LIMIT {_TOP}
    """).fetchall()  # noqa: S608 - names were checked with the schema
    if column.field.name.endswith("_ID"):  # whoever it names, here is no place for ids
        return {"distinct": rows[0][2] if rows else 0}
    top = [{"value": value, "count": count, "share": round(count / cells, 6)} for value, count, _ in rows]
    return {"distinct": rows[0][2] if rows else 0, "topValues": top}


def _measured(
    session: DuckDBPyConnection, scan: str, columns: Sequence[Column], stats: Mapping[str, int]
) -> dict[str, float | None]:
    """Return all that one pass over the rows tells, by name; what only gaps would tell is None."""
    numbered = scan.removesuffix(")") + ", file_row_number = true)"
    expressions = dict[str, str]()
    for column in columns:
        expressions |= _measures(column, rows=stats["rows"], has_distinct=f"distinct {column.field.name}" in stats)
    row = session.execute(f"SELECT {', '.join(['1', *expressions.values()])} FROM {numbered}").fetchone()  # noqa: S608
    return dict(zip(expressions, (row or (1,))[1:], strict=True))


def _measures(column: Column, *, rows: int, has_distinct: bool) -> dict[str, str]:
    name, expressions = column.field.name, dict[str, str]()
    if not has_distinct and not column.field.categorical:
        estimate = f"approx_count_distinct({column.name})"
        expressions[f"distinct {name}"] = estimate if rows > _EXACT_ROWS else f"count(DISTINCT {column.name})"
    if column.field.type in _NUMBERS:
        expressions |= _number_measures(column, step=1 if rows <= _EXACT_ROWS else -(-rows // (_EXACT_ROWS // 2)))
    if _is_text(column):
        for measure in ("min", "avg", "max"):
            expressions[f"{measure} length {name}"] = f"{measure}(length({column.name}))"
    return expressions


def _number_measures(column: Column, *, step: int) -> dict[str, str]:
    expressions = {
        "min": f"min({column.name})",
        "median": f"median({column.name}) FILTER (file_row_number % {step} = 0)",
        "mean": f"avg(CAST({column.name} AS DOUBLE))",
        "max": f"max({column.name})",
    }
    return {f"{measure} {column.field.name}": expression for measure, expression in expressions.items()}


def _is_text(column: Column) -> bool:
    """Whether a column's strings are read rather than compared."""
    name, field = column.field.name, column.field
    return field.type == "string" and not (field.categorical or name.endswith("_ID") or name == "EVENT_TYPE")


def _numbers(column: Column, results: Mapping[str, float | None], *, approximate: bool) -> Insights:
    members = {"minimum": "min", "median": "median", "mean": "mean", "maximum": "max"}
    values = {member: results.get(f"{measure} {column.field.name}") for member, measure in members.items()}
    insights = finite({member: value for member, value in values.items() if value is not None}, column.field.type)
    flag = {"medianIsApproximate": True} if approximate and "median" in insights else {}
    return {"numbers": insights | flag} if insights else {}


def _lengths(column: Column, results: Mapping[str, float | None]) -> Insights:
    members = {"minimum": "min", "mean": "avg", "maximum": "max"}
    values = {member: results.get(f"{measure} length {column.field.name}") for member, measure in members.items()}
    insights = finite({member: value for member, value in values.items() if value is not None}, "float")
    return {"characters": insights} if insights else {}
