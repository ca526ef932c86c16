"""What a step takes as a job of Spark on EMR Serverless: the figures that a plan has of it, all in this one place.

The service starts imports of that kind (`tastemaker:spark`); what a training counts, nothing but spark-submit.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from tastemaker_local.costs import prices

# Bytes of CSV that one task reads, and events in one part of a training's shuffle.
SPLIT, EVENTS_BY_PART = 128 << 20, 1_000_000
# MB of an executor for each task at once: 1,478 MB of a JVM with two of them and 1 GB of heap, which spills the rest.
_PEAK_BY_TASK: Final = 739
# Until a job works: its application starts.
_START_SECONDS: Final = 120
# An executor, as its driver: vCPUs (each a task at once), GB of memory, GB of disk at most and without pay ("Supported
# worker configurations" of the guide).
_VCPUS, _MEMORY, _MOST_DISK, _FREE_DISK = 4, 8, 200, 20
# With the driver, as many as the 16 vCPUs hold that a new account may have at once, as we knew it.
_EXECUTORS: Final = 3
# What is shuffled lies on a disk twice, where it was written and while it is sorted.
_COPIES: Final = 2


@dataclass(frozen=True, slots=True)
class Throughput:
    """Rows a second of one vCPU, and bytes that are shuffled of each row."""

    rows: float
    shuffled: float


# By bench/data/spark.py on two cores that others used too (loads of 11.6 and 6.9, 2026-11-30), from the start to the
# end: an import of 20 M rows, and what a training counts of 1 M with 20,000 items. The tasks alone took a tenth and a
# seventh of it of their cores. That pairs are bounded from a few million events on is not in it.
IMPORT: Final = Throughput(rows=12_150, shuffled=46.5)
TRAINING: Final = Throughput(rows=2_190, shuffled=729)


@dataclass(frozen=True, slots=True)
class Job:
    """A job: tasks, bytes between them, executors with the MB that each takes at its peak, hours and dollars."""

    partitions: int
    shuffled: float
    executors: int
    peak: int
    hours: float
    dollars: float

    @property
    def vcpus(self) -> int:
        """Those of all executors and the driver."""
        return _VCPUS * (self.executors + 1)

    @property
    def memory(self) -> int:
        """MB of one executor."""
        return _MEMORY << 10

    @property
    def disk(self) -> float:
        """GB on the disk of one executor."""
        return _COPIES * self.shuffled / self.executors / 2**30


def import_job(rows: int, csv: float) -> Job:
    """Return the job that imports so many rows and bytes."""
    return _job(rows, ceil(csv / SPLIT), IMPORT)


def training_job(rows: int) -> Job:
    """Return the job that counts what a training learns from."""
    return _job(rows, 1 + rows // EVENTS_BY_PART, TRAINING)


def _job(rows: int, partitions: int, speed: Throughput) -> Job:
    shuffled = rows * speed.shuffled
    executors = max(_EXECUTORS, ceil(_COPIES * shuffled / (_MOST_DISK << 30)))
    hours = (_START_SECONDS + rows / speed.rows / (_VCPUS * executors)) / 3600
    disk = max(0.0, _COPIES * shuffled / executors / 2**30 - _FREE_DISK)
    hourly = (executors + 1) * (prices.SPARK_VCPU.of(_VCPUS) + prices.SPARK_MEMORY.of(_MEMORY))
    hourly += executors * prices.SPARK_DISK.of(disk)
    return Job(partitions, shuffled, executors, _VCPUS * _PEAK_BY_TASK, hours, hours * hourly)
