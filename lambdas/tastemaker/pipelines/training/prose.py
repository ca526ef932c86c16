"""What items are called and told of: the columns that their schema flags as `itemName` or `textual`."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.tables import Table
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training.numberings import Numbering, text
from tastemaker.pipelines.training.selections import Selection

_TYPE = "ITEMS"


def prose_columns(deps: Deps, group_arn: str, selection: Selection) -> list[str]:
    """Return the columns of a group's Items that are texts and that the solution does not leave out."""
    datasets = deps.resources.every("dataset", parent=group_arn)
    schemas = [deps.resources.get(d["schemaArn"])["schema"] for d in datasets if d["datasetType"] == _TYPE]
    fields = (field for schema in schemas for field in parse_schema(schema).fields)
    return [f.name for f in fields if (f.textual or f.item_name) and selection.trains_on(_TYPE, f.name)]


def prose(
    session: DuckDBPyConnection, items: Table | None, ids: Numbering, columns: Sequence[str]
) -> dict[str, list[str]]:
    """Return those of some columns that a dataset has, aligned with the items; null is an empty text."""
    names = [name for name in columns if items and items.has(name)]
    if not names or items is None:
        return {}
    rows = session.execute(ids.aligned(items, ", ".join(f'{text(name)} AS "{name}"' for name in names))).fetchnumpy()
    return {name: rows[name].tolist() for name in names}


def check_items(session: DuckDBPyConnection, items: Table | None, prefix: str) -> None:
    """Refuse to learn what items are alike from no items."""
    if items is None or session.execute(f"SELECT 1 FROM {items.scan} LIMIT 1").fetchone() is None:  # noqa: S608
        raise JobFailed(f"{prefix}Dataset has no items: import an Items dataset, or put items into it.")
