"""What an import, a training and serving take at any size, and where that breaks first; no service is asked.

Rungs are chosen by the rules of the service itself. It has none above its containers: what fits on neither function nor
container is planned as a job of Spark that somebody would have to run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import CONTAINER, FUNCTION, Need, Rung
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.csv_files import Source
from tastemaker.pipelines.imports import sources
from tastemaker.pipelines.training import foresight
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.measuring import forecast
from tastemaker.serving.artifacts import KEPT_EVENTS
from tastemaker.serving.shelf import LARGEST
from tastemaker_local.costs import bills, prices, sparks
from tastemaker_local.costs.trainings import STORED_EVENT

SPARK: Final = "spark"
# Of users that nobody has counted: interactions of each.
USUAL_EVENTS: Final = 60
# Bytes of a model beside what the recipe learns: an event that is kept, an id of ten characters, a user's row; and for
# filters each item that a user had an event of a type with, and the user once more.
_HISTORY, _ID, _ROW, _TOUCHED = 16, 40, 8, 8
# Bytes that a large model has fetched at once for each item, at most, and for each byte of blocks that come as they are
# read (serving/fetching.py): the sums of these.
_WHOLE, _SUM = 48, 1 / 2048
# Bytes that a function fetches and verifies in a second.
FETCHED: Final = 100e6
# The function that answers (infra/functions.py): its memory, and the room for all models that it keeps; in MB.
RUNTIME_MEMORY, RUNTIME_ROOM = 1_769, 3_072
# Nobody plans for more; what breaks beyond is no limit.
_MOST: Final = 10**15


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is: interactions, items, and users."""

    rows: int
    items: int
    users: int

    @property
    def counts(self) -> Counts:
        """What a training learns from."""
        return Counts(self.rows, self.users, self.items)

    @property
    def csv(self) -> float:
        """Bytes of the interactions' CSV."""
        return float(self.rows * bills.INTERACTION)

    @property
    def parquet(self) -> float:
        """Bytes of their snapshot."""
        return self.rows * STORED_EVENT

    def grown(self, rows: int) -> Self:
        """Return the same items with other interactions, as many of each user."""
        return replace(self, rows=rows, users=max(1, rows * self.users // self.rows))


@dataclass(frozen=True, slots=True)
class Step:
    """A step, what it needs on one machine, and its rung; without one, the job of Spark that it would take."""

    name: str
    need: Need
    rung: Rung | None
    job: sparks.Job

    @property
    def seconds(self) -> float:
        """From its start to its end."""
        return float(self.rung.quoted(self.need)["seconds"]) if self.rung else 3600 * self.job.hours

    @property
    def dollars(self) -> float:
        """What it costs."""
        return float(self.rung.quoted(self.need)["cost"]) if self.rung else self.job.dollars

    @property
    def place(self) -> str:
        """Name its rung."""
        return self.rung.name if self.rung else SPARK

    @property
    def peak(self) -> float:
        """MB of memory at its peak, of one machine."""
        return self.need.memory if self.rung else self.job.peak

    @property
    def disk(self) -> float:
        """GB of temporary disk, of one machine."""
        return self.need.disk if self.rung else self.job.disk


@dataclass(frozen=True, slots=True)
class Serving:
    """Answers from a model: bytes of what users did, with all ids, of it for filters, and of what its recipe learns.

    None: nobody has worked out how much that is at most for the recipe. Of a large model `whole` bytes are arrays that
    are read whole.
    """

    histories: float
    touched: float
    learned: float | None
    whole: float

    @property
    def bytes(self) -> float:
        """Of all files that are foreseen, without descriptions of items."""
        return self.histories + self.touched + (self.learned or 0.0)

    @property
    def paged(self) -> bool:
        """Whether it is read by blocks."""
        return self.bytes > LARGEST << 20

    @property
    def at_once(self) -> float:
        """Bytes that are fetched before the first answer."""
        return self.whole + _SUM * self.bytes if self.paged else self.bytes

    @property
    def fits(self) -> bool:
        """Whether the function takes the model."""
        return self.at_once <= LARGEST << 20

    @property
    def first_answer(self) -> float:
        """Seconds until the first answer, in which files are fetched."""
        return self.at_once / FETCHED

    @property
    def dollars(self) -> float:
        """What a million answers cost: requests, and the function's time."""
        asked = 1e6
        time = asked * bills.REQUEST * RUNTIME_MEMORY / 1024
        return prices.REQUEST.of(asked) + prices.INVOCATION.of(asked) + prices.COMPUTE.of(time)


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What everything takes, and the limits by their interactions, the lowest first."""

    shape: Shape
    recipe: str
    steps: tuple[Step, ...]
    serving: Serving
    limits: tuple[Limit, ...]

    @property
    def first(self) -> Limit:
        """The first limit that stops the service."""
        return next(limit for limit in self.limits if limit.stops)


def plan_of(shape: Shape, recipe: Recipe, memory: int) -> Plan:
    """Return the plan for a deployment with a task function of so many MB, and containers."""
    ladder = rungs.ladder(memory, containers=True)
    steps = tuple(_steps(shape, recipe, ladder))
    limits = sorted(_limits(shape, recipe, ladder), key=lambda limit: (limit.rows, limit.items))
    return Plan(shape, recipe.name, steps, serving_of(shape, recipe), tuple(limits))


def serving_of(shape: Shape, recipe: Recipe) -> Serving:
    """Return what answers from a recipe's model take."""
    kept = _HISTORY * min(shape.rows, KEPT_EVENTS * shape.users) + _ROW * shape.users
    touched = _TOUCHED * shape.rows + (_ID + _ROW) * shape.users
    learned = recipe.costs.stored(shape.counts) if recipe.costs.stored else None
    return Serving(kept + _ID * (shape.users + shape.items), touched, learned, _WHOLE * shape.items)


def _steps(shape: Shape, recipe: Recipe, ladder: list[Rung]) -> Iterator[Step]:
    importing, training = _import(shape), _training(shape, recipe)
    yield Step("import", importing, rungs.choose(ladder, importing), sparks.import_job(shape.rows, shape.csv))
    yield Step("training", training, rungs.choose(ladder, training), sparks.training_job(shape.rows))


def _import(shape: Shape) -> Need:
    return sources.need_of(_files(shape), ())


def _training(shape: Shape, recipe: Recipe) -> Need:
    return foresight.need_of(forecast.training(recipe, shape.counts), shape.parquet)


def _files(shape: Shape) -> list[Source]:
    return [Source("", "", round(shape.csv), "")]


def _limits(shape: Shape, recipe: Recipe, ladder: list[Rung]) -> Iterator[Limit]:
    needs: dict[str, Callable[[Shape], Need]] = {"import": _import, "training": lambda size: _training(size, recipe)}
    for name, need in needs.items():
        for rung in (ladder[0], ladder[-1]):
            yield _of_rung(name, rung, need, shape)
    yield _limit("import", "one import may bring 100 GB of CSV, as in Amazon Personalize", _within_quota, shape)
    why = f"what is read whole of the model exceeds {LARGEST:,} MB, fetched before API Gateway's 29 s are over"
    yield _limit("serving", why, lambda size: serving_of(size, recipe).fits, shape)


def _of_rung(name: str, rung: Rung, need: Callable[[Shape], Need], shape: Shape) -> Limit:
    limit = _limit(name, "", lambda size: rung.holds(need(size)), shape)
    beyond = shape.grown(limit.rows + 1) if limit.rows else replace(shape, rows=1, users=1, items=limit.items + 1)
    place = f"the function of {rung.memory:,} MB" if rung.name == FUNCTION else "the largest container"
    return replace(limit, why=f"{place} has too little {_lack(rung, need(beyond))}", stops=rung.name == CONTAINER)


def _lack(rung: Rung, need: Need) -> str:
    parts = {"memory": Need(need.memory, 0), "disk": Need(0, 0, need.disk), "time": Need(0, need.seconds)}
    return " and ".join(name for name, part in parts.items() if not rung.holds(part))


def _within_quota(shape: Shape) -> bool:
    try:
        sources.within_quota(_files(shape), "FULL")
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
