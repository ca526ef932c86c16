"""On which rung a step runs, settled before anything is read."""

from collections.abc import Iterable
from dataclasses import asdict

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import CONTAINER, FUNCTION, PIN, SPARK, Need, Rung
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.store.ports import Record

_SETTING = {CONTAINER: "containers", SPARK: "spark"}
_ALONE = "many machines do imports, and trainings by some recipes, and nothing else"


def rungs_of(deps: Deps) -> list[Rung]:
    """Return the rungs of this deployment, from below; where no function has limits, the first one holds everything."""
    config = deps.config
    return rungs.ladder(config.memory, containers=bool(config.job_queue), spark=bool(config.spark_application))


def place(deps: Deps, work: Input, need: Need, *, pinned: str | None = None, alone: str = "") -> Input:
    """Return the work with the rung on which its long step is to run; raise JobFailed where it fits on none.

    `alone` says why only one machine can do it, if that is so.
    """
    ladder = rungs_of(deps)
    if pinned == SPARK and not need.spread:
        raise JobFailed(f"The tag {PIN} asks for {SPARK}, which cannot do this: {alone or _ALONE}.")
    chosen = rungs.choose(ladder, need, pinned=pinned)
    if chosen is None and len(ladder) > 1 and pinned != FUNCTION:
        raise JobFailed(_too_large(need, [rung for rung in ladder if rung.name == CONTAINER][-1]))
    return {
        **work,
        # Without containers the step says itself what it lacks, by all that it has read by then.
        "rung": asdict(chosen or ladder[0]),
        "rungs": [rung.quoted(need) for rung in rungs.able(ladder, need)],
        "expected": round(need.seconds),
        "pinned": bool(pinned),
    }


def pin_of(records: Iterable[Record | None]) -> str | None:
    """Return the rung that the first of some resources with such a tag chooses."""
    tags = (record.get("_tags", {}).get(PIN) for record in records if record)
    return next((tag for tag in tags if tag), None)


def require_there(deps: Deps, pinned: str | None) -> None:
    """Refuse a rung that the deployment does not have."""
    if pinned and pinned not in {rung.name for rung in rungs_of(deps)}:
        raise JobFailed(
            f"The tag {PIN} asks for {pinned}, and this deployment has none (tastemaker:{_SETTING[pinned]})."
        )


def around_spark(deps: Deps, work: Input, before: tuple[str, Need], after: tuple[str, Need]) -> Input:
    """Return the work of Spark with three legs, which the ladder takes one after the other: containers around it."""
    (first, gathering), (last, ending) = before, after
    rungs_by_leg = {
        first: asdict(container_for(deps, gathering)),
        SPARK: work["rung"],
        last: asdict(container_for(deps, ending)),
    }
    legs = [{"of": of, "rung": rung} for of, rung in rungs_by_leg.items()]
    return {**work, "legs": legs, "rung": legs[0]["rung"]}


def container_for(deps: Deps, need: Need) -> Rung:
    """Return the smallest container for a part of a step; the largest where none is sure to hold it."""
    return rungs.container_for(rungs_of(deps), need)


def _too_large(need: Need, largest: Rung) -> str:
    return (
        f"This job takes about {need.memory:,.0f} MB of memory, {need.disk:,.0f} GB of disk and {need.seconds:,.0f} s; "
        f"the largest container has {largest.memory:,} MB, {largest.disk} GB and {largest.seconds:,} s."
    )
