"""Columns of ITEMS in answers (guide: "Metadata in recommendations"): as the model learned them, or as put since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.errors import InvalidInput
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Record

Items = list[dict[str, object]]

_DATASET = "ITEMS"
_MOST_COLUMNS = 10
_MOST_ITEMS = 50
# These have metadata without being asked for it, as soon as there are columns.
_ALWAYS = frozenset({"aws-user-personalization-v2", "aws-personalized-ranking-v2", "aws-semantic-similarity"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """The columns a request asks for, as it spells them, from the model that answers it."""

    names: tuple[str, ...]
    model: Served

    def add(self, items: Items) -> Items:
        """Return the items with their metadata; a value that is missing has no key."""
        ids = [str(item["itemId"]) for item in items]
        rows = self.model.cells(ids, [name.upper() for name in self.names])
        return [{**item, "metadata": self._spelled(cells)} for item, cells in zip(items, rows, strict=True)]

    def _spelled(self, cells: Mapping[str, str]) -> dict[str, str]:
        return {name: cells[name.upper()] for name in self.names if name.upper() in cells}


def requested_metadata(
    serving: Record, model: Served, columns: Mapping[str, Sequence[str]] | None, *, items: int, member: str
) -> Metadata | None:
    """Return the metadata a request asks for, or None; `items` is what its `member` asks for."""
    if not columns:
        return None
    if set(columns) != {_DATASET}:
        raise InvalidInput(f"metadataColumns must have the one key {_DATASET}, not {', '.join(sorted(columns))}.")
    if not (serving.get("metadata") or serving["recipe"] in _ALWAYS):
        raise InvalidInput("metadataColumns: enableMetadataWithRecommendations is not set in the configuration.")
    if items > _MOST_ITEMS:
        raise InvalidInput(f"{member} must be at most {_MOST_ITEMS} with metadataColumns, not {items}.")
    names = tuple(dict.fromkeys(columns[_DATASET]))
    if not 0 < len(names) <= _MOST_COLUMNS:
        raise InvalidInput(f"metadataColumns must name 1 to {_MOST_COLUMNS} columns, not {len(names)}.")
    for name in names:
        if name.upper() not in model.columns:
            raise InvalidInput(f"metadataColumns: the deployed model has no column {_DATASET}.{name}.")
    return Metadata(names, model)
