"""Which trainings many machines can count for, what that takes, and the legs in which it is done."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tastemaker.domain.training.rungs import SPARK, Need
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.lifecycle.keys import is_under_key
from tastemaker.pipelines.training.assignments import is_to_choose, recipe_of, spread_of
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.measuring import forecast
from tastemaker.store.ports import Record

Row = Mapping[str, Any]
# Events of the users that choose how all events are counted: a container of 8 to 16 GB learns from them in minutes.
SAMPLED: Final = 20_000_000
# Bytes of disk for each byte of the snapshots, and for each of the sample's part of them: these, the chosen events, and
# what sorting them spills; what was counted and what the model keeps. With 20 M events it was 2,031 and 1,584 MB for
# 165 (bench/results/ladder-parity.txt).
_GATHERED, _ASSEMBLED = (5, 13), (7, 3)


def why_alone(deps: Deps, version: Record) -> str:
    """Return why one machine has to do a training by itself; nothing where many can count for it."""
    if is_to_choose(version):
        return "its recipe is chosen among several, each of which learns from all events"
    recipe = recipe_of(version)
    if recipe.spread is None:
        return f"{recipe.name} learns from all events at once"
    under_key = is_under_key(deps, version["datasetGroupArn"])
    return "its dataset group has a key of its own, which Spark may not use" if under_key else ""


def sample_of(counts: Counts) -> Counts:
    """Return the size of the sample of so many."""
    share = share_of(counts.events)
    return Counts(round(share * counts.events), round(share * counts.users), counts.items)


def share_of(events: int) -> float:
    """Return what part of all users is in the sample."""
    return min(1.0, SAMPLED / max(1, events))


def needs(recipe: Recipe, counts: Counts, read: float) -> tuple[Need, Need]:
    """Return what the legs before and after Spark take; `read` is the bytes of the snapshots.

    Each goes through all events, and does no more with them than a training of the sample does.
    """
    sampled = forecast.training(recipe, sample_of(counts))
    seconds = sampled.seconds + forecast.BY_EVENT_READ * counts.events
    assembling, part = spread_of(recipe).memory(counts), share_of(counts.events)
    gathered, assembled = (read / 2**30 * (all_ + some * part) for all_, some in (_GATHERED, _ASSEMBLED))
    return Need(sampled.memory / 2**20, seconds, gathered), Need(assembling / 2**20, seconds, assembled)


def with_containers(deps: Deps, rows: Sequence[Row], legs: Sequence[Need]) -> list[Row]:
    """Return the rows of a quote, that of Spark with the containers before and after it."""
    around = [choosing.container_for(deps, need).quoted(need) for need in legs] if _has_spark(rows) else []
    more = {name: sum(row[name] for row in around) for name in ("seconds", "cost")}
    return [
        {**row, **{name: round(row[name] + each, 8) for name, each in more.items()}} if row["rung"] == SPARK else row
        for row in rows
    ]


def _has_spark(rows: Sequence[Row]) -> bool:
    return any(row["rung"] == SPARK for row in rows)


def spread(deps: Deps, work: Input, recipe: Recipe, counts: Counts, read: float) -> Input:
    """Return a training's work with its three legs, if it is done by Spark; `read` is the bytes of the snapshots."""
    both = gathering, assembling = needs(recipe, counts, read)
    work = {**work, "rungs": with_containers(deps, work["rungs"], both)}
    if work["rung"]["name"] != SPARK:
        return work
    return choosing.around_spark(deps, work, ("training.gather", gathering), ("training.assemble", assembling))
