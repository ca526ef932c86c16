"""Follows long work through Describe calls until it is ACTIVE, or stops with the reason of its failure."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PROGRESS_HEADER = "x-tastemaker-progress"
# What a resource, a file and a round of questions are in the end.
_DONE = frozenset({"ACTIVE", "UPLOADED", "ANSWERED"})
_INTERVAL = 0.2  # seconds; a Describe call takes a few milliseconds


class WorkFailed(Exception):
    """A resource became CREATE FAILED; the message is the service's failureReason."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a resource: its status, and how far (0 to 1) its work has come."""

    status: str
    fraction: float = 0.0
    phrase: str = ""
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether the work is finished."""
        return self.status in _DONE

    @property
    def failed(self) -> bool:
        """Whether it never will be finished."""
        return self.status.endswith("FAILED")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to wait for: a label for people, and how to look at it."""

    label: str
    look: Callable[[], Sight]


class Board(Protocol):
    """Where progress is shown."""

    def show(self, label: str, sight: Sight) -> None:
        """Show how far one job has come."""


def sight(reply: Mapping[str, Any], member: str) -> Sight:
    """Read a Describe reply; the service tells progress in a header that ordinary clients never notice."""
    resource = reply[member]
    headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    fraction, _, phrase = headers.get(PROGRESS_HEADER, "").partition(";")
    return Sight(resource["status"], float(fraction or 0), phrase, resource.get("failureReason", ""))


def describing(call: Callable[..., Mapping[str, Any]], member: str, arn: str) -> Callable[[], Sight]:
    """Return a look at one resource through its Describe call; every one of them takes `<member>Arn`."""
    return lambda: sight(call(**{f"{member}Arn": arn}), member)


def watch(jobs: Sequence[Job], board: Board, pause: Callable[[float], None] = time.sleep) -> None:
    """Return when all jobs are done; raise WorkFailed as soon as one cannot be."""
    waiting = list(jobs)
    while waiting := [job for job in waiting if not _settled(job, board)]:
        pause(_INTERVAL)


def _settled(job: Job, board: Board) -> bool:
    view = job.look()
    board.show(job.label, view)
    if view.failed:
        raise WorkFailed(f"{job.label}: {view.status}. {view.reason or 'The service gave no reason.'}")
    return view.done
