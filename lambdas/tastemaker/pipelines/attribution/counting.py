"""Events of any origin, as a DuckDB relation, summed by metric, source and quarter of an hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.attribution.metrics import Metric, event_types, summed_columns
from tastemaker.pipelines.attribution.totals import UNDEFINED, WINDOW, Total, merged
from tastemaker.pipelines.datasets.staging import staged_scan, temp_table, temp_view
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.datasets.tables import Table, open_tables
from tastemaker.pipelines.deps import Deps

# The members of an event in a relation, under names that no column of a schema can have.
TYPE, SOURCE, ANSWER, ITEM, TIME, RECORDED = '"#type"', '"#source"', '"#answer"', '"#item"', '"#time"', '"#recorded"'
_NUMBERS = frozenset({"int", "long", "float", "double"})


@dataclass(frozen=True, slots=True)
class Events:
    """A relation of events: `query` gives the members above and the summed columns of Interactions, in capitals."""

    deps: Deps
    session: DuckDBPyConnection
    folder: Path
    group: str
    query: str

    def totals(self, metrics: Sequence[Metric]) -> list[Total]:
        """Return what the events come to; a metric that sums leaves events without a value out."""
        temp_view(self.session, "events", self.query)
        self._stage_answers(metrics)
        items = reading(lambda: self._stage_items(metrics))
        source = f"coalesce(nullif(trim({SOURCE}), ''), answers.source, '{UNDEFINED}')"
        columns = ", ".join([f"events.* REPLACE ({source} AS {SOURCE})", *(f"items.{name}" for name in items.values())])
        join = f"LEFT JOIN items ON items.id = events.{ITEM}" if items else ""
        temp_view(
            self.session,
            "attributed",
            f"SELECT {columns} FROM events LEFT JOIN answers ON answers.id = events.{ANSWER} {join}",  # noqa: S608
        )
        return merged(total for metric in metrics for total in self._of(metric, items))

    def _of(self, metric: Metric, items: Mapping[str, str]) -> list[Total]:
        """Return one metric's totals; sums are compensated, so that they depend on no order."""
        value = _value(metric, items)
        if value is None:
            return []
        query = f"""
            SELECT {SOURCE}, {TIME} - {TIME} % {WINDOW}, count(*), fsum({value}), min({value}), max({value})
            FROM attributed WHERE lower({TYPE}) = ? AND {RECORDED} >= ? AND {value} IS NOT NULL GROUP BY ALL
        """  # noqa: S608 - names were checked with the schema
        rows = self.session.execute(query, [metric.event_type.lower(), metric.since]).fetchall()
        return [Total(metric.name, *row) for row in rows]

    def _stage_answers(self, metrics: Sequence[Metric]) -> None:
        """Look up the answers that events without a source of their own name; only the log's days may be there."""
        days = self.deps.config.answer_days
        query = f"""
            SELECT DISTINCT {ANSWER} FROM events
            WHERE {ANSWER} IS NOT NULL AND nullif(trim({SOURCE}), '') IS NULL AND lower({TYPE}) IN (SELECT unnest(?))
            AND {TIME} >= ?
        """  # noqa: S608 - our own names
        oldest = int(self.deps.clock()) - (days + 1) * 86_400
        rows = self.session.execute(query, [event_types(metrics), oldest]).fetchall() if days else []
        sources = self.deps.answers.sources(self.group, (id_ for (id_,) in rows))
        scan = staged_scan(self.folder / "answers.csv", sources.items(), {"id": "VARCHAR", "source": "VARCHAR"})
        temp_table(self.session, "answers", f"SELECT * FROM {scan}")  # noqa: S608

    def _stage_items(self, metrics: Sequence[Metric]) -> dict[str, str]:
        """Bring the summed columns of items, as they are now, into the session; return their names there."""
        columns = summed_columns(metrics, "ITEMS")
        table = self._items() if columns else None
        if table is None:
            return {}
        names = {c.name.upper(): number(f'"{c.name}"', c.type) for c in table.columns if c.type in _NUMBERS}
        values = {name: f'"#item.{name}"' for name in columns if name in names}
        select = ", ".join(["ITEM_ID AS id", *(f"{names[name]} AS {place}" for name, place in values.items())])
        query = f"SELECT {select} FROM {table.scan} SEMI JOIN events ON ITEM_ID = {ITEM}"  # noqa: S608
        temp_table(self.session, "items", query)
        return values

    def _items(self) -> Table | None:
        datasets = self.deps.resources.every("dataset", parent=self.group)
        keys = {d["datasetType"]: d["_snapshot"] for d in datasets if d["datasetType"] == "ITEMS" and "_snapshot" in d}
        return open_tables(self.deps, self.session, self.group, keys, self.folder, put=("ITEMS",)).get("ITEMS")


def number(column: str, type_: str) -> str:
    """Return the expression of a numeric column as a double: a float as the number it is written as."""
    return f"CAST(CAST({column} AS VARCHAR) AS DOUBLE)" if type_ == "float" else f"CAST({column} AS DOUBLE)"


def _value(metric: Metric, items: Mapping[str, str]) -> str | None:
    """Return the expression of what an event counts; None where the items no longer have the column."""
    column = str(metric.expression.column)
    if metric.sums("ITEMS"):
        return items.get(column)
    return f'"{column}"' if metric.expression.dataset else "1.0::DOUBLE"
