"""How a step notices that nobody wants its work any more."""

from collections.abc import Iterator
from contextlib import contextmanager

from tastemaker.domain.resources.statuses import CREATE_STOPPED, CREATE_STOPPING, DELETING, INACTIVE, TURNING
from tastemaker.errors import JobStopped, ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps

_UNWANTED = TURNING | DELETING | {CREATE_STOPPING, CREATE_STOPPED, INACTIVE}


@contextmanager
def heeding_stops(deps: Deps, arn: str) -> Iterator[None]:
    """Tell a write that was refused because somebody stopped or deleted the resource from any other refusal."""
    try:
        yield
    except (ResourceInUse, ResourceNotFound):
        require_wanted(deps, arn)
        raise


def require_wanted(deps: Deps, arn: str) -> None:
    """Raise JobStopped where somebody has stopped or deleted the resource."""
    record = deps.resources.find(arn)
    if record is None or record.get("status") in _UNWANTED:
        raise JobStopped(f"{arn} was stopped or deleted")
