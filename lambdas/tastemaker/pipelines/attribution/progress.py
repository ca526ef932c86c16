"""How far an attribution has come, as its record says: each step of it is one conditional write.

Events recorded before `until` are in a batch. The newest batch is a stored list of totals; `sent` of its chunks are in
CloudWatch, and one that is being sent is noted before, with how many values its last window had then: whoever finds
such a note can tell by counting again whether the call had arrived.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import ResourceInUse
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record


@dataclass(frozen=True, slots=True)
class Progress:
    """`batch` is the key of the newest batch's totals, if it has any; `seen` those of the ids counted, a file a day."""

    until: float
    batch: str = ""
    seen: tuple[str, ...] = ()
    # Up to when it was looked, when what had been read was read again for the last time.
    again: float = 0.0
    sent: int = 0
    # {at, count}: a chunk on its way since then, and what its last window counted before.
    sending: Mapping[str, float] | None = None
    # Import jobs whose totals are in the batch.
    jobs: tuple[str, ...] = ()

    @classmethod
    def of(cls, attribution: Record) -> Self:
        """Read a record; an attribution begins with what is recorded from its creation on."""
        members: dict[str, Any] = attribution.get("_counted") or {"until": attribution["creationDateTime"]}
        return cls(**{**members, **{name: tuple(members.get(name, ())) for name in ("seen", "jobs")}})


def advance(deps: Deps, attribution: Record, progress: Progress, **more: object) -> Record:
    """Write the next step of an attribution and return its record, unless somebody else has gone on meanwhile."""

    def advanced(current: Record) -> Record:
        same = (current.get("_counted"), current["_created"]) == (attribution.get("_counted"), attribution["_created"])
        if not same:
            raise ResourceInUse(f"{attribution['_arn']} is counted by another look.")
        return {"_counted": {**asdict(progress), "seen": list(progress.seen), "jobs": list(progress.jobs)}, **more}

    return deps.resources.update(attribution["_arn"], advanced, when={ACTIVE})
