"""Changes whose execution has ended without a word: stopped by somebody, timed out, or past what it could handle.

A state machine writes every failure that it can catch. It catches neither its own end nor what Step Functions itself
refuses (States.DataLimitExceeded), and where it could not reach the tasks function for long, it gave up.
"""

from dataclasses import dataclass

from tastemaker.domain.resources.changes import unsettled
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.steps import fail
from tastemaker.store.ports import Ending

_UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class _Work:
    """A change that is under way, as its execution was started with it."""

    arn: str
    workflow: str
    change: str
    attempt: str
    pending: bool

    def ending(self, deps: Deps) -> Ending | None:
        """Return how its execution has ended; None while it runs, and where its start may be made good."""
        ending = deps.workflows.ending(self.workflow, self.arn, self.change, attempt=self.attempt)
        return None if ending and ending.status == _UNKNOWN and self.pending else ending

    def failure(self, ending: Ending) -> Input:
        """Return what the step that writes failures is to be told."""
        error = ending.error if ending.status == "FAILED" else ending.status
        own = {"arn": self.arn, "change": self.change, "attempt": self.attempt}
        return {**own, "error": error, "cause": ending.cause, "execution": ending.execution}


def fail_ended(deps: Deps, *, older_than: float) -> list[str]:
    """Fail the changes, begun so many seconds ago, whose execution is no more; return their resources.

    One that has settled in this moment stays as it is: the step writes only to what is under way.
    """
    ended = [(work, ending) for work in _under_way(deps, older_than) if (ending := work.ending(deps))]
    for work, ending in ended:
        fail(deps, work.failure(ending))
    return [work.arn for work, _ in ended]


def _under_way(deps: Deps, older_than: float) -> list[_Work]:
    latest = deps.clock() - older_than
    changes = [(r["_arn"], each) for kind in KINDS for r in deps.resources.every(kind) for each in unsettled(r)]
    names = ("workflow", "change", "attempt", "pending")
    return [_Work(arn, **{name: each[name] for name in names}) for arn, each in changes if each["began"] < latest]
