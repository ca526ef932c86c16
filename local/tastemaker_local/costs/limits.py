"""What each step can have no more of: the most interactions, with as many of each user, or else the most items."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from tastemaker.domain.training.rungs import CONTAINER, FUNCTION, SPARK, Need, Rung
from tastemaker.errors import JobFailed
from tastemaker.pipelines.imports import sources
from tastemaker.recipes.contract import Recipe
from tastemaker.serving.shelf import LARGEST
from tastemaker_local.costs.shapes import Shape, serving_of
from tastemaker_local.costs.sparks import Job
from tastemaker_local.costs.steps import (
    ASSEMBLE,
    COUNT,
    GATHER,
    IMPORT,
    TRAINING,
    files,
    has_room,
    import_need,
    leg_needs,
    training_need,
)

# Nobody plans for more; what breaks beyond is no limit.
_MOST: Final = 10**15
_LARGEST: Final = "the largest container"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a step cannot have more of: `rows` with the items of the plan; 0: of so many `items`, with any rows."""

    step: str
    why: str
    rows: int
    items: int
    # Nothing of the service goes on beyond it; else the next rung does.
    stops: bool = True

    def passed(self, shape: Shape) -> bool:
        """Whether there is more."""
        return shape.rows > self.rows


def limits_of(shape: Shape, recipe: Recipe, ladder: Sequence[Rung]) -> list[Limit]:
    """Return all limits, the lowest first."""
    limits = [*_of_import(shape, ladder), *_of_training(shape, recipe, ladder), _of_serving(shape, recipe)]
    return sorted(limits, key=_order)


def _order(limit: Limit) -> tuple[int, int]:
    return limit.rows, limit.items


def _of_import(shape: Shape, ladder: Sequence[Rung]) -> Iterator[Limit]:
    for rung in (ladder[0], _last(ladder, CONTAINER)):
        yield _of_rung(IMPORT, rung, import_need, shape)
    yield _limit(IMPORT, "one import may bring 100 GB of CSV, as in Amazon Personalize", _within_quota, shape)


def _of_training(shape: Shape, recipe: Recipe, ladder: Sequence[Rung]) -> Iterator[Limit]:
    """Yield where a training leaves the function and the largest container, and where its legs break from there on."""

    def need(size: Shape) -> Need:
        return training_need(size, recipe)

    yield _of_rung(TRAINING, ladder[0], need, shape)
    alone = _of_rung(TRAINING, _last(ladder, CONTAINER), need, shape)
    yield alone if recipe.spread else replace(alone, stops=True)
    if recipe.spread:
        yield from (_later(limit, alone) for limit in _of_legs(shape, recipe, ladder))


def _later(limit: Limit, other: Limit) -> Limit:
    """Return a limit that nobody comes to before another one."""
    return limit if _order(limit) >= _order(other) else replace(limit, rows=other.rows, items=other.items)


def _of_legs(shape: Shape, recipe: Recipe, ladder: Sequence[Rung]) -> Iterator[Limit]:
    """Yield where the legs of a training by Spark end; those of containers are tried in the largest one."""
    room, spark = partial(has_room, _last(ladder, CONTAINER)), _last(ladder, SPARK)

    def gathering(size: Shape) -> Need:
        return leg_needs(size, recipe)[0]

    def memory(size: Shape) -> Need:
        return Need(leg_needs(size, recipe)[1].memory, 0)

    def disk(size: Shape) -> Need:
        return Need(0, 0, leg_needs(size, recipe)[1].disk)

    for name, need in ((GATHER, gathering), (ASSEMBLE, memory), (ASSEMBLE, disk)):
        yield _of_place(name, _LARGEST, room, need, shape)
    yield _limit(COUNT, "Spark has too little time", lambda size: spark.holds(training_need(size, recipe)), shape)
    yield _limit(
        COUNT, "Spark's executors have too little disk", lambda size: Job.counting(size.rows, spark).fits, shape
    )


def _of_serving(shape: Shape, recipe: Recipe) -> Limit:
    why = f"what is read whole of the model exceeds {LARGEST:,} MB, fetched before API Gateway's 29 s are over"
    return _limit("serving", why, lambda size: serving_of(size, recipe).fits, shape)


def _last(ladder: Sequence[Rung], name: str) -> Rung:
    return [rung for rung in ladder if rung.name == name][-1]


def _of_rung(step: str, rung: Rung, need: Callable[[Shape], Need], shape: Shape) -> Limit:
    """Return where a step goes on to the next rung."""
    place = f"the function of {rung.memory:,} MB" if rung.name == FUNCTION else _LARGEST
    return replace(_of_place(step, place, rung.holds, need, shape), stops=False)


def _of_place(
    step: str, place: str, holds: Callable[[Need], bool], need: Callable[[Shape], Need], shape: Shape
) -> Limit:
    limit = _limit(step, "", lambda size: holds(need(size)), shape)
    beyond = shape.grown(limit.rows + 1) if limit.rows else replace(shape, rows=1, users=1, items=limit.items + 1)
    return replace(limit, why=f"{place} has too little {_lack(holds, need(beyond))}")


def _lack(holds: Callable[[Need], bool], need: Need) -> str:
    parts = {"memory": Need(need.memory, 0), "disk": Need(0, 0, need.disk), "time": Need(0, need.seconds)}
    return " and ".join(name for name, part in parts.items() if not holds(part))


def _within_quota(shape: Shape) -> bool:
    try:
        sources.within_quota(files(shape), "FULL")
    except JobFailed:
        return False
    return True


def _limit(step: str, why: str, holds: Callable[[Shape], bool], shape: Shape) -> Limit:
    """Look for the most interactions with the items of a plan; where one is too much, for the most items."""
    rows = _most(lambda count: holds(shape.grown(count)))
    items = shape.items if rows else _most(lambda count: holds(Shape(1, count, 1)))
    return Limit(step, why, rows, items)


def _most(holds: Callable[[int], bool]) -> int:
    """Return the largest number before the first power of two that does not hold, or the most that anybody plans."""
    above = 1
    while holds(above):
        above *= 2
        if above > _MOST:
            return _MOST
    low, high = above // 2, above
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
