"""What a snapshot holds, for people: found where DuckDB has it at hand anyway, and kept as JSON beside it.

Numbers are those of GetDataInsights' reply. No id is in them, of users or of anything else.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from tastemaker.domain.insights import COMPARED, key_of
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.counts import Statistics, are_events
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.insights.columns import column_insights, finite, rounded

Insights = dict[str, object]
IDS = "ids.parquet"  # of each id its number of events, for comparisons with other datasets
_MOST_TYPES = 50  # of events are listed; ten are allowed in a model


def write_insights(
    deps: Deps,
    session: DuckDBPyConnection,
    scan: str,
    columns: Sequence[Column],
    *,
    folder: Path,
    type_: str,
    stats: Statistics,
    manifest_key: str,
) -> None:
    """Store what a snapshot's files hold, beside them and before its manifest; `folder` is to work in."""
    insights = _insights(session, scan, columns, stats)
    ids, bucket = folder / IDS, deps.config.data_bucket
    snapshots.write_parquet(session, _ids_query(scan, stats, type_), ids)
    deps.objects.upload(ids, bucket, ids_key(manifest_key))
    deps.objects.write(bucket, key_of(manifest_key), json.dumps(insights, indent=1).encode())


def ids_key(manifest_key: str) -> str:
    """Return the key of a snapshot's ids."""
    return f"{manifest_key.rpartition('/')[0]}/{IDS}"


def _insights(session: DuckDBPyConnection, scan: str, columns: Sequence[Column], stats: Statistics) -> Insights:
    counts = stats.counts
    if not counts["rows"]:  # a deletion may leave nothing
        return {"bulkRecords": 0, "columns": []}
    insights: Insights = {"bulkRecords": counts["rows"], "columns": column_insights(session, scan, columns, counts)}
    if are_events(columns):
        insights |= {
            **{f"{end}Timestamp": counts[f"{end} TIMESTAMP"] for end in ("first", "last")},
            "eventsPerId": [_per_id(session, key, table) for key, table in stats.events.items()],
            "eventTypes": _event_types(session, scan, columns, counts["rows"]),
        }
    return insights


def _per_id(session: DuckDBPyConnection, key: str, table: str) -> Insights:
    """Return how the events spread over the ids of a column."""
    names = (
        *("distinctIds", "minimum", "median", "mean", "percentile90", "maximum"),
        *("withOneEvent", "withFewerThanFiveEvents"),
    )
    row = session.execute(f"""
        SELECT count(*), min(events), median(events), sum(events) / count(*), quantile_disc(events, 0.9), max(events),
            count(*) FILTER (events < 2), count(*) FILTER (events < 5)
        FROM {table}
    """).fetchone()  # noqa: S608 - our own names
    spread = dict(zip(names, row or (), strict=True))
    return {"columnName": key, **spread, "mean": rounded(spread["mean"], "double")}


def _event_types(session: DuckDBPyConnection, scan: str, columns: Sequence[Column], rows: int) -> list[Insights]:
    """Return how often each type of event is there, and the span of its values."""
    present = {column.field.name: column for column in columns}
    if "EVENT_TYPE" not in present:
        return []
    event_value = present.get("EVENT_VALUE")
    value = "EVENT_VALUE" if event_value else "CAST(NULL AS FLOAT)"
    types = session.execute(f"""
        SELECT EVENT_TYPE, count(*) AS events, count({value}), min({value}), avg(CAST({value} AS DOUBLE)), max({value})
        FROM {scan} GROUP BY EVENT_TYPE ORDER BY events DESC, EVENT_TYPE NULLS LAST LIMIT {_MOST_TYPES}
    """).fetchall()  # noqa: S608
    type_ = event_value.field.type if event_value else "float"
    return [
        {
            **({"eventType": name} if name is not None else {}),
            "count": count,
            "share": round(count / rows, 6),
            "withValue": with_value,
            **({"value": _span(*span, type_=type_)} if with_value else {}),
        }
        for name, count, with_value, *span in types
    ]


def _span(minimum: float, mean: float, maximum: float, *, type_: str) -> Insights:
    return finite({"minimum": minimum, "mean": mean, "maximum": maximum}, type_)


def _ids_query(scan: str, stats: Statistics, type_: str) -> str:
    """Return the query of a dataset's ids: whoever took part in events, or what its records describe."""
    tables = [f"SELECT '{key}' AS key, id, events FROM {table}" for key, table in stats.events.items()]  # noqa: S608
    if not tables:
        _, key = COMPARED[type_]
        tables = [f"SELECT '{key}' AS key, {key} AS id, 0 AS events FROM {scan}"]  # noqa: S608
    return f"{' UNION ALL '.join(tables)} ORDER BY key, hash(id), id"
