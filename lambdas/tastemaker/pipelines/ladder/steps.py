"""The steps around a step that runs in a container: start it, look at it, and go on where there is more room."""

from dataclasses import asdict
from typing import Any, Final

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import SPARK, Need, Rung
from tastemaker.errors import JobFailed, JobOutgrown, JobStopped
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.ladder.choosing import rungs_of
from tastemaker.pipelines.ladder.documents import ContainerFailed, Document
from tastemaker.pipelines.lifecycle.reasons import reason_of
from tastemaker.pipelines.lifecycle.stopping import require_wanted
from tastemaker.store.ports import JobEnd

# Seconds between two looks: soon after the start, then less and less often.
_FIRST_LOOK, _MOST_APART = 1, 60
# What a container has at least, however short a quote is.
_LEAST_SECONDS = 3_600
_KILLED: Final = 137  # 128 + SIGKILL, which is what a container gets that has no memory left
_OUT_OF_MEMORY, _OUT_OF_TIME = "OutOfMemory", "timeout"


def start(deps: Deps, work: Input) -> Input:
    """Let a container do the step that `of` names with the input `work`; repeated, it finds what it has started.

    Work that is done in several legs says itself which step comes next; one of Spark has its document already.
    """
    inner: Input = work["work"]
    of = inner["legs"][0]["of"] if "legs" in inner else work["of"]
    rung, document = Rung.of(inner["rung"]), Document(of, inner)
    longest = min(rung.seconds, max(_LEAST_SECONDS, round(3 * inner.get("expected", 0))))
    if not _by_spark(inner):
        document.store(deps)
    key = inner["document"] if _by_spark(inner) else document.key
    port = deps.sparks if _by_spark(inner) else deps.jobs
    id_ = port.start(document.name, key, memory=rung.memory, vcpus=rung.vcpus, seconds=longest)
    return {**inner, "job": {"id": id_, "of": of, "wait": _FIRST_LOOK, "input": inner}}


def look(deps: Deps, work: Input) -> Input:
    """Return the work as it is while its container works (`running`), what came of it, or raise what it raised."""
    job: dict[str, Any] = work["job"]
    end = _wanted(deps, work)
    if end is None:
        return {**work, "job": {**job, "wait": min(_MOST_APART, 2 * job["wait"])}, "running": True}
    spark = _by_spark(work)
    result = job["input"] if spark else Document(job["of"], job["input"]).result(deps)
    if result is None or (spark and not end.succeeded):
        raise _failure(end)
    return {**_next_leg(result), "running": False}


def climb(deps: Deps, work: Input) -> Input:
    """Return the work for the next rung, after it has outgrown one; once, and not where the rung was chosen."""
    inner: Input = work["work"]
    rung, error = Rung.of(inner["rung"]), inner["error"]
    told = {"error": error["Error"], "cause": error["Cause"], "execution": work["execution"]}
    reason = reason_of(told, rung.memory)
    # A container carries on with what it was given.
    given: Input = inner["job"]["input"] if "job" in inner else inner
    further = _further(deps, given, rung)
    if further is None:
        raise JobFailed(reason)
    climbed = {"from": rung.name, "memory": rung.memory, "reason": reason}
    deps.note(work["arn"], {"_climbed": climbed})
    return {name: value for name, value in given.items() if name != "error"} | {
        "rung": asdict(further),
        "climbed": climbed,
    }


def _wanted(deps: Deps, work: Input) -> JobEnd | None:
    """Return how a container has ended, or None; end the container of work that nobody wants any more.

    That takes a while, and what it still writes meanwhile is removed only afterwards.
    """
    arn, job, port = work["arn"], work["job"], deps.sparks if _by_spark(work) else deps.jobs
    try:
        require_wanted(deps, arn)
    except JobStopped:
        port.stop(job["id"], "stopped")
        if port.look(job["id"]) is None:
            return None
        raise
    return port.look(job["id"])


def _by_spark(work: Input) -> bool:
    return bool(work["rung"]["name"] == SPARK)


def _next_leg(work: Input) -> Input:
    """Return what a leg made, ready for the next one, if there is one (`more`)."""
    legs = work.get("legs", [])[1:]
    return {**work, **({"legs": legs, "rung": legs[0]["rung"]} if legs else {}), "more": bool(legs)}


def _further(deps: Deps, work: Input, rung: Rung) -> Rung | None:
    # Who chooses Spark has not chosen the containers around it.
    chosen = work.get("pinned") and "legs" not in work
    if "climbed" in work or chosen or rung.name == SPARK:
        return None
    ladder = rungs_of(deps)
    higher = rungs.above(ladder, rung)
    quote = (deps.resources.get(work["arn"]).get("_quote") or {}).get("peakMemory", 0)
    fitting = (each for each in ladder if higher and each.memory >= higher.memory and each.name == higher.name)
    return next((each for each in fitting if each.holds(Need(quote, 0))), higher)


def _failure(end: JobEnd) -> Exception:
    """Return what a container failed of that has not said it itself."""
    if end.exit_code == _KILLED or _OUT_OF_MEMORY in end.reason:
        return JobOutgrown("The container of this job was ended for want of memory.")
    if _OUT_OF_TIME in end.reason:
        return JobOutgrown(f"The container of this job took longer than it may ({end.reason}).")
    if end.succeeded:
        return ContainerFailed("the container ended well and left no result")
    return JobFailed(f"The container of this job could not do its work: {end.reason or 'AWS Batch says no more'}.")
