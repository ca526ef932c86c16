"""Changes that were noted, but whose workflow never began."""

from dataclasses import dataclass, fields

from tastemaker.domain.resources.changes import (
    is_pending,
)
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.pipelines.deps import Deps


@dataclass(frozen=True, slots=True)
class Overdue:
    """A change whose workflow has not taken it up; to start it once more, pass on its `attempt`."""

    arn: str
    change: str
    workflow: str
    attempt: str


def overdue(deps: Deps, older_than: float) -> list[Overdue]:
    """Return the changes that have been pending for more than so many seconds.

    The process that noted them ended before it could start their workflow. Started again under the same attempt, a
    workflow that runs after all is no harm: its steps may be repeated.
    """
    latest = deps.clock() - older_than
    changes = [r["_change"] | {"arn": r["_arn"]} for kind in KINDS for r in deps.resources.every(kind) if is_pending(r)]
    return [Overdue(**{f.name: c[f.name] for f in fields(Overdue)}) for c in changes if c["began"] < latest]
