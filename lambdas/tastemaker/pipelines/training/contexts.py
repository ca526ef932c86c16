"""The context of interactions: columns of their own schema beside the reserved ones ("contextual metadata")."""

from collections.abc import Collection, Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import Field, parse_schema
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training.selections import Selection
from tastemaker.recipes.data import ContextEvents

_TYPE = "INTERACTIONS"


def context_fields(deps: Deps, group_arn: str) -> list[Field]:
    """Return the fields of a group's Interactions that a context may tell."""
    rules = rules_for(_TYPE, None)
    reserved: Collection[str] = rules.columns if rules else ()
    datasets = deps.resources.every("dataset", parent=group_arn)
    schemas = [deps.resources.get(d["schemaArn"])["schema"] for d in datasets if d["datasetType"] == _TYPE]
    return [field for schema in schemas for field in parse_schema(schema).fields if field.name not in reserved]


def learned(fields: Sequence[Field], selection: Selection) -> list[str]:
    """Return the columns that a model may learn from: categories that the solution does not leave out."""
    return [field.name for field in fields if field.categorical and selection.trains_on(_TYPE, field.name)]


def names(columns: Sequence[str]) -> str:
    """Return the columns as they are called while they are selected, as the end of a list of columns."""
    return "".join(f", context_{place}" for place in range(len(columns)))


def context_events(session: DuckDBPyConnection, columns: Sequence[str]) -> ContextEvents | None:
    """Return the events of the table `chosen` that tell a context; values are numbered before they leave DuckDB."""
    if not columns:
        return None
    values = [_values(session, place) for place in range(len(columns))]
    codes = ", ".join(f"coalesce(of_{place}.code, -1) AS code_{place}" for place in range(len(columns)))
    joins = " ".join(
        f"LEFT JOIN context_values_{place} AS of_{place} ON context_{place} = of_{place}.value"
        for place in range(len(columns))
    )
    told = ", ".join(f"context_{place}" for place in range(len(columns)))
    order = ", ".join(f"code_{place}" for place in range(len(columns)))
    found = session.execute(f"""
        SELECT users.code AS users, items.code AS items, "timestamp" AS timestamps, {codes}
        FROM chosen JOIN users ON user_id = users.id JOIN items ON item_id = items.id {joins}
        WHERE coalesce({told}) IS NOT NULL ORDER BY users, timestamps, items, {order}
    """).fetchnumpy()  # noqa: S608 - numbers of ours
    return ContextEvents(
        np.asarray(found["users"], np.int32),
        np.asarray(found["items"], np.int32),
        np.asarray(found["timestamps"], np.int64),
        np.stack([np.asarray(found[f"code_{place}"], np.int32) for place in range(len(columns))], axis=1),
        tuple(columns),
        tuple(values),
    )


def _values(session: DuckDBPyConnection, place: int) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Make the table that numbers the distinct values of a column, and return them in order."""
    session.execute(
        f"CREATE TEMP TABLE context_values_{place} AS "  # noqa: S608 - a number of ours
        f"SELECT value, CAST(row_number() OVER (ORDER BY value) - 1 AS INTEGER) AS code "
        f"FROM (SELECT DISTINCT context_{place} AS value FROM chosen WHERE context_{place} IS NOT NULL)"
    )
    query = f"SELECT value FROM context_values_{place} ORDER BY code"  # noqa: S608 - same
    return np.asarray(session.execute(query).fetchnumpy()["value"], np.str_)
