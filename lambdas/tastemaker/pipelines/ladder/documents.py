"""What a container is told and what it tells: two objects in the data bucket, named after the work."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tastemaker.errors import JobFailed, JobOutgrown, JobStopped
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.places import job_folder

_logger = logging.getLogger(__name__)
# What a step says to its workflow by being raised; anything else is a fault of ours.
_SPOKEN: Final = {kind.__name__: kind for kind in (JobFailed, JobOutgrown, JobStopped)}


class ContainerFailed(Exception):
    """A fault of ours ended a step in a container, whose log has the trace."""


@dataclass(frozen=True, slots=True)
class Document:
    """A step with its input, for one container; the same work has the same name, however often it is begun."""

    step: str
    work: Input

    @property
    def name(self) -> str:
        """What the container is called, and both objects."""
        return f"{self.step.replace('.', '-')}-{hashlib.sha256(self._text.encode()).hexdigest()[:40]}"

    @property
    def key(self) -> str:
        """Where it is told what to do."""
        return f"{job_folder(self.work['arn'])}{self.name}.json"

    def store(self, deps: Deps) -> None:
        """Tell it."""
        deps.objects.write(deps.config.data_bucket, self.key, self._text.encode())

    def result(self, deps: Deps) -> Input | None:
        """Return what it has told; raise what the step raised; None: it ended without a word."""
        try:
            told = json.loads(deps.objects.read(deps.config.data_bucket, _answer_to(self.key)))
        except FileNotFoundError:
            return None
        if "error" in told:
            raise _SPOKEN.get(told["error"], ContainerFailed)(told["message"])
        result: Input = told["result"]
        return result

    @property
    def _text(self) -> str:
        return json.dumps({"step": self.step, "input": self.work}, sort_keys=True)


def carry_out(deps: Deps, key: str, run: Callable[[str, Deps, Input], Input]) -> None:
    """Do in a container what an object says, with the container's memory, and store what comes of it."""
    document = json.loads(deps.objects.read(deps.config.data_bucket, key))
    work: Input = document["input"]
    deps = replace(deps, config=replace(deps.config, memory=work["rung"]["memory"]))
    told = _told(lambda: run(document["step"], deps, work))
    deps.of(work["arn"]).objects.write(deps.config.data_bucket, _answer_to(key), json.dumps(told).encode())


def _told(step: Callable[[], Input]) -> dict[str, Any]:
    try:
        return {"result": step()}
    except Exception as problem:
        if type(problem).__name__ not in _SPOKEN:
            _logger.exception("a step failed")
        return {"error": type(problem).__name__, "message": str(problem)}


def _answer_to(key: str) -> str:
    return f"{key.removesuffix('.json')}.result.json"
