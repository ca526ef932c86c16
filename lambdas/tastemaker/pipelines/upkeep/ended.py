"""Changes whose execution has ended without a word: stopped by somebody, timed out, or past what it could handle.

A state machine writes every failure that it can catch. It catches neither its own end nor what Step Functions itself
refuses (States.DataLimitExceeded), and where it could not reach the tasks function for long, it gave up.
"""

from collections.abc import Iterable

from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.steps import fail
from tastemaker.pipelines.upkeep.unsettled import Unsettled
from tastemaker.store.ports import Ending

_UNKNOWN = "UNKNOWN"


def fail_ended(deps: Deps, changes: Iterable[Unsettled], *, older_than: float) -> list[Unsettled]:
    """Fail the changes, begun so many seconds ago, whose execution is no more, and return them.

    One that has settled in this moment stays as it is: the step writes only to what is under way.
    """
    latest = deps.clock() - older_than
    old = [each for each in changes if each.began < latest]
    ended = [(each, ending) for each in old if (ending := _ending(deps, each))]
    for each, ending in ended:
        fail(deps, _failure(each, ending))
    return [each for each, _ in ended]


def _ending(deps: Deps, change: Unsettled) -> Ending | None:
    """Return how its execution has ended; None while it runs, and where its start may be made good."""
    ending = deps.workflows.ending(change.workflow, change.arn, change.change, attempt=change.attempt)
    return None if ending and ending.status == _UNKNOWN and change.pending else ending


def _failure(change: Unsettled, ending: Ending) -> Input:
    """Return what the step that writes failures is to be told."""
    error = ending.error if ending.status == "FAILED" else ending.status
    own = {"arn": change.arn, "change": change.change, "attempt": change.attempt}
    return {**own, "error": error, "cause": ending.cause, "execution": ending.execution}
