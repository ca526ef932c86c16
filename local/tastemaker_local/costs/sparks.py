"""What a run of Spark on EMR Serverless has beside the time and dollars of its rung: parts, what is sent, executors.

Time and dollars are the service's own: seconds of cores that an import (`sources.need_of`) and what a training counts
(`Recipe.spread`) are foreseen to take, on the executors of the rung.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, Self

from tastemaker.domain.training import rungs
from tastemaker.domain.training.rungs import SPARK, Rung
from tastemaker.pipelines.training.spread.spark_work import EVENTS_BY_PART

# Bytes of CSV that one task reads (spark/job.py), and GB of an executor's disk (store/emr.py).
SPLIT, DISK = 128 << 20, 200
# MB of an executor for each task at once: 1,559 MB of a JVM with two of them and 1 GB of heap, which spills the rest.
PEAK_BY_TASK: Final = 780
# Bytes that are shuffled of a row of an import, and of an event that a training counts, 20 M of them
# (bench/results/spark.txt).
IMPORTED, COUNTED = 46.5, 497
# What is shuffled lies on a disk twice, where it was written and while it is sorted.
_COPIES: Final = 2


@dataclass(frozen=True, slots=True)
class Job:
    """A run: its parts, and bytes between its machines; `rung` is one of its executors, each core a task at once."""

    partitions: int
    shuffled: float
    rung: Rung

    @classmethod
    def importing(cls, rows: int, csv: float, rung: Rung) -> Self:
        """Return the run that imports so many rows and bytes."""
        return cls(ceil(csv / SPLIT), rows * IMPORTED, rung)

    @classmethod
    def counting(cls, rows: int, rung: Rung) -> Self:
        """Return the run that counts so many events for a training."""
        return cls(1 + rows // EVENTS_BY_PART, rows * COUNTED, rung)

    @property
    def executors(self) -> int:
        """How many work at once."""
        return rungs.EXECUTORS

    @property
    def vcpus(self) -> int:
        """Those of all executors and the driver."""
        return self.rung.vcpus * (self.executors + 1)

    @property
    def memory(self) -> int:
        """MB of one executor."""
        return self.rung.memory

    @property
    def peak(self) -> int:
        """MB that one executor takes."""
        return self.rung.vcpus * PEAK_BY_TASK

    @property
    def disk(self) -> float:
        """GB on the disk of one executor."""
        return _COPIES * self.shuffled / self.executors / 2**30

    @property
    def fits(self) -> bool:
        """Whether its executors' disks hold what is shuffled."""
        return self.disk <= DISK


def rung_of(ladder: Sequence[Rung]) -> Rung:
    """Return the rung of Spark of a ladder that has it."""
    return next(rung for rung in ladder if rung.name == SPARK)
