"""What a training reads: the snapshots that were fixed for it, or what has taken their place."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.training import actions
from tastemaker.pipelines.training.assignments import recommends_actions
from tastemaker.store.ports import Record

_TRAINED = ("INTERACTIONS", "ITEMS", "USERS")
_Read = TypeVar("_Read")


def snapshots_of(deps: Deps, record: Record) -> dict[str, str]:
    """Return the snapshots that the datasets point at which a version or recommender reads, by type."""
    types = actions.TYPES if recommends_actions(record) else _TRAINED
    datasets = deps.resources.every("dataset", parent=record["datasetGroupArn"])
    # A dataset on its way out would be gone in the middle of the training.
    staying = (d for d in datasets if d["status"] == ACTIVE and d.get("_snapshot"))
    keys: dict[str, str] = {d["datasetType"]: d["_snapshot"] for d in staying}
    return {type_: keys[type_] for type_ in types if type_ in keys}


def read_fixed(
    deps: Deps, work: Input, version: Record, load: Callable[[Mapping[str, str]], _Read]
) -> tuple[Input, _Read]:
    """Read the data that was fixed; where an import or a deletion has replaced it meanwhile, what is there now."""
    first = iter((work["snapshots"],))

    def read() -> tuple[Input, _Read]:
        keys = next(first, None) or snapshots_of(deps, version)
        data = load(keys)
        return {**work, "snapshots": keys}, data

    return reading(read)
