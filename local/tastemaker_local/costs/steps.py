"""The steps of an import and of a training, each with what it needs and the rung that the service would choose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeGuard

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import SPARK, Need, Rung
from tastemaker.pipelines.datasets.csv_files import Source
from tastemaker.pipelines.imports import sources
from tastemaker.pipelines.training import foresight
from tastemaker.pipelines.training.spread import legs
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.measuring import forecast
from tastemaker_local.costs.shapes import Shape
from tastemaker_local.costs.sparks import Job

IMPORT, TRAINING = "import", "training"
# The legs of a training by Spark.
LEGS = GATHER, COUNT, ASSEMBLE = "gather", "count", "assemble"
NOWHERE: Final = "none"


@dataclass(frozen=True, slots=True)
class Step:
    """A step, what it needs, and its rung, if there is one; `job` is what it is there if that is Spark."""

    name: str
    need: Need
    rung: Rung | None
    job: Job | None = None

    @property
    def seconds(self) -> float:
        """From its start to its end."""
        return float(self.rung.quoted(self.need)["seconds"]) if self.rung else self.need.seconds

    @property
    def dollars(self) -> float:
        """What it costs; nothing where it fails."""
        return float(self.rung.quoted(self.need)["cost"]) if self.rung else 0.0

    @property
    def fits(self) -> bool:
        """Whether it is done there, as far as can be foreseen."""
        if self.job:
            return self.job.fits
        return self.rung is not None and has_room(self.rung, self.need)

    @property
    def place(self) -> str:
        """Name its rung."""
        return self.rung.name if self.rung else NOWHERE

    @property
    def peak(self) -> float:
        """MB of memory at its peak, of one machine."""
        return self.job.peak if self.job else self.need.memory

    @property
    def disk(self) -> float:
        """GB of temporary disk, of one machine."""
        return self.job.disk if self.job else self.need.disk


def has_room(rung: Rung, need: Need) -> bool:
    """Whether a rung has what is foreseen, without the margin by which it is chosen."""
    return need.memory <= rung.memory and need.disk <= rung.disk and need.seconds <= rung.seconds


def steps_of(shape: Shape, recipe: Recipe, ladder: Sequence[Rung]) -> Iterator[Step]:
    """Yield the import, and the training or its legs."""
    importing, training = import_need(shape), training_need(shape, recipe)
    rung = rungs.choose(ladder, importing)
    yield Step(IMPORT, importing, rung, Job.importing(shape.rows, shape.csv, rung) if _spreads(rung) else None)
    rung = rungs.choose(ladder, training)
    if not _spreads(rung):
        yield Step(TRAINING, training, rung)
        return
    gathering, assembling = leg_needs(shape, recipe)
    yield Step(GATHER, gathering, rungs.container_for(ladder, gathering))
    yield Step(COUNT, training, rung, Job.counting(shape.rows, rung))
    yield Step(ASSEMBLE, assembling, rungs.container_for(ladder, assembling))


def import_need(shape: Shape) -> Need:
    """Return what the import takes."""
    return sources.need_of(files(shape), ())


def training_need(shape: Shape, recipe: Recipe) -> Need:
    """Return what the training takes on one machine, and what counting for it takes on many, if they can."""
    need = foresight.need_of(forecast.training(recipe, shape.counts), shape.parquet)
    return replace(need, spread=recipe.spread.counting_seconds(shape.counts)) if recipe.spread else need


def leg_needs(shape: Shape, recipe: Recipe) -> tuple[Need, Need]:
    """Return what the containers before and after Spark take."""
    return legs.needs(recipe, shape.counts, shape.parquet)


def files(shape: Shape) -> list[Source]:
    """Return what is imported."""
    return [Source("", "", round(shape.csv), "")]


def _spreads(rung: Rung | None) -> TypeGuard[Rung]:
    return rung is not None and rung.name == SPARK
