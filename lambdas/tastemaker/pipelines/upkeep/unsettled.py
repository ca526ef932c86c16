"""Changes that are under way, found in one pass over the resources, and those of them whose workflow never began."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from tastemaker.domain.resources.changes import unsettled
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.pipelines.deps import Deps


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A change of a resource that has not ended; to start its workflow once more, pass on its `attempt`."""

    arn: str
    change: str
    workflow: str
    attempt: str
    began: float
    pending: bool  # no workflow has taken it up


def all_unsettled(deps: Deps) -> list[Unsettled]:
    """Return what is under way, on all resources."""
    changes = (each | {"arn": r["_arn"]} for kind in KINDS for r in deps.resources.every(kind) for each in unsettled(r))
    return [Unsettled(**{f.name: each[f.name] for f in fields(Unsettled)}) for each in changes]


def overdue(deps: Deps, changes: Iterable[Unsettled], older_than: float) -> list[Unsettled]:
    """Return the changes that have been pending for more than so many seconds; `resume` has an eye on retrainings.

    The process that noted them ended before it could start their workflow. Started again under the same attempt, a
    workflow that runs after all is no harm: its steps may be repeated.
    """
    latest = deps.clock() - older_than
    return [each for each in changes if each.pending and each.change != "retrain" and each.began < latest]
