"""The context of interactions: columns of their own schema beside the reserved ones ("contextual metadata")."""

from collections.abc import Collection, Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import Field, parse_schema
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training.numberings import Numbering, numbered
from tastemaker.pipelines.training.selections import Selection
from tastemaker.recipes.data import ContextEvents

_TYPE = "INTERACTIONS"


def context_fields(deps: Deps, group_arn: str) -> list[Field]:
    """Return the fields of a group's Interactions that a context may tell."""
    rules = rules_for(_TYPE, None)
    standard: Collection[str] = rules.columns if rules else ()
    datasets = deps.resources.every("dataset", parent=group_arn)
    schemas = [deps.resources.get(d["schemaArn"])["schema"] for d in datasets if d["datasetType"] == _TYPE]
    return [field for schema in schemas for field in parse_schema(schema).fields if field.name not in standard]


def learned(fields: Sequence[Field], selection: Selection) -> list[str]:
    """Return the columns that a model may learn from: categories that the solution does not leave out."""
    return [field.name for field in fields if field.categorical and selection.trains_on(_TYPE, field.name)]


def names(columns: Sequence[str]) -> str:
    """Return the columns as they are called while they are selected, as the end of a list of columns."""
    return "".join(f", context_{place}" for place in range(len(columns)))


def context_events(
    session: DuckDBPyConnection, events: str, columns: Sequence[str], users: Numbering, items: Numbering
) -> ContextEvents | None:
    """Return the events of a table that tell a context; its values are numbered before they leave DuckDB."""
    if not columns:
        return None
    values = [_values(session, events, place) for place in range(len(columns))]
    codes = ", ".join(f"coalesce(of_{place}.code, -1) AS code_{place}" for place in range(len(columns)))
    joins = " ".join(
        f"LEFT JOIN {value.table} AS of_{place} ON context_{place} = of_{place}.id"
        for place, value in enumerate(values)
    )
    contexts = ", ".join(f"context_{place}" for place in range(len(columns)))
    order = ", ".join(f"code_{place}" for place in range(len(columns)))
    rows = session.execute(f"""
        SELECT users.code AS users, items.code AS items, "timestamp" AS timestamps, {codes}
        FROM {numbered(events, users, items)} {joins}
        WHERE coalesce({contexts}) IS NOT NULL ORDER BY users, timestamps, items, {order}
    """).fetchnumpy()  # noqa: S608 - numbers of ours
    return ContextEvents(
        np.asarray(rows["users"], np.int32),
        np.asarray(rows["items"], np.int32),
        np.asarray(rows["timestamps"], np.int64),
        np.stack([np.asarray(rows[f"code_{place}"], np.int32) for place in range(len(columns))], axis=1),
        tuple(columns),
        tuple(value.ids for value in values),
    )


def _values(session: DuckDBPyConnection, events: str, place: int) -> Numbering:
    query = f"SELECT context_{place} AS id FROM {events} WHERE context_{place} IS NOT NULL"  # noqa: S608 - names of ours
    return Numbering.of(session, f"context_values_{place}", query)
