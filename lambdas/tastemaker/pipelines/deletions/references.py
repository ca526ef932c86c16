"""Records that name a stored model: versions, and the campaigns and recommenders that answer from one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deletions.stored import trained
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record

Artifact = Mapping[str, Any]
# Says what took the place of an artifact: itself, if nothing did.
Lead = Callable[[Artifact], Artifact]


def repoint(deps: Deps, group: str, lead: Lead) -> None:
    """Let every record of a dataset group name what took the place of its model; done again, it changes nothing."""
    for record in list(naming_models(deps, group)):
        if _led(record, lead):
            # It is changed or deleted in this moment: who asks for the old model is led on all the same.
            with suppress(ResourceInUse, ResourceNotFound):
                deps.resources.update(record["_arn"], lambda present: _led(present, lead))


def naming_models(deps: Deps, group: str) -> Iterator[Record]:
    """Walk through the records."""
    yield from trained(deps, group)
    for solution in deps.resources.every("solution", parent=group):
        yield from deps.resources.every("campaign", parent=solution["_arn"])


def _led(record: Record, lead: Lead) -> Record:
    """Return the members that name another model from now on."""
    changes = {"_artifact": dict(lead(record["_artifact"]))} if "_artifact" in record else {}
    if "_serving" in record:
        changes |= _serving(record, lead)
    if "_serving" in record.get("_before", {}):
        changes["_before"] = {**record["_before"], **_serving(record["_before"], lead)}
    return {name: value for name, value in changes.items() if value != record[name]}


def _serving(record: Record, lead: Lead) -> Record:
    """Return what serves, and the trends that are laid over it."""
    before = record["_serving"]["artifact"]
    after = dict(lead(before))
    changes: Record = {"_serving": {**record["_serving"], "artifact": after}}
    if record.get("_trends", {}).get("of") == before["sha256"]:
        changes["_trends"] = {**record["_trends"], "of": after["sha256"]}
    return changes
