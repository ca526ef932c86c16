"""The ladder of places in which a long step can run: the task function, then containers, the small ones first.

Containers are those of AWS Fargate on Arm: sizes by "AWS Batch: ResourceRequirement", prices of us-east-1 by "AWS
Fargate Pricing" and "Amazon EMR Pricing", all as we knew them on 2026-11-30.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from tastemaker.domain.training.quotes import BY_MANY, USUAL_MEMORY, cost

FUNCTION, CONTAINER, SPARK = "function", "container", BY_MANY
NAMES: Final = (FUNCTION, CONTAINER, SPARK)
# The tag by which a solution or recommender chooses the rung of its trainings itself, a dataset or a job of an import.
PIN: Final = "tastemaker:rung"
# MB of containers and their vCPUs. Fargate has more sizes between them; what has outgrown one needs twice as much.
_SIZES: Final = ((4 << 10, 2), (8 << 10, 2), (16 << 10, 2), (30 << 10, 4), (60 << 10, 8), (120 << 10, 16))
# MB and vCPUs of an executor of EMR Serverless, how many may work at once, and seconds until they do (none measured).
_EXECUTOR, EXECUTORS, _SPARK_START = (16 << 10, 4), 16, 120
# Dollars an hour.
_VCPU, _GB, _DISK_GB = 0.03238, 0.00356, 0.000111
_SPARK_VCPU, _SPARK_GB = 0.042094, 0.004628
PRICED: Final = "Fargate, arm64, us-east-1, list price of 2026-11-30"
SPARK_PRICED: Final = "EMR Serverless, arm64, us-east-1, list price of 2026-11-30, as we knew them"
# GB of disk: a function's, a container's (the most that Fargate has), and what of it costs nothing.
_FUNCTION_DISK, CONTAINER_DISK, _FREE_DISK = 10, 200, 20
# Seconds: Lambda's limit, and a day of Step Functions, less what lies around the step.
_FUNCTION_SECONDS, _CONTAINER_SECONDS = 900, 80_000
# Seconds until a container works: its image, and the code and wheels that it unpacks.
START_SECONDS: Final = 60
# A quote is no promise: so much more time must be left; a container has so much more memory than is foreseen.
_SLACK, _MARGIN = 1.5, 1.25


@dataclass(frozen=True, slots=True)
class Need:
    """What a step takes: MB of memory at the peak, seconds on the machine of the last ones, GB of disk.

    `spread`: seconds of executors' cores that many machines take for it; 0: only one machine can do it.
    """

    memory: float
    seconds: float
    disk: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One place: MB of memory, vCPUs, GB of disk, and the seconds after which it is ended; 0: there is no limit."""

    name: str
    memory: int
    vcpus: int
    disk: int
    seconds: int

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Self:
        """Return the rung that a state machine carries along."""
        return cls(**members)

    def holds(self, need: Need) -> bool:
        """Whether a step fits."""
        if self.name == SPARK:
            return need.spread > 0 and self._seconds(need) <= self.seconds
        memory = need.memory * (1.0 if self.name == FUNCTION else _MARGIN)
        limits = ((memory, self.memory), (need.disk, self.disk), (need.seconds * _SLACK, self.seconds))
        return all(needed <= limit or not limit for needed, limit in limits)

    def cost(self, seconds: float, spread: float = 0.0) -> float:
        """Return dollars for so many seconds of one machine's work, where many work for those of executors' cores.

        Without a limit it is as large a function as there usually is.
        """
        if self.name == FUNCTION:
            return cost(seconds, self.memory or USUAL_MEMORY)
        if self.name == SPARK:
            hour = self.memory / 1024 * _SPARK_GB + self.vcpus * _SPARK_VCPU
            return round((spread / self.vcpus + EXECUTORS * _SPARK_START) * hour / 3600, 8)
        hour = self.vcpus * _VCPU + self.memory / 1024 * _GB + (self.disk - _FREE_DISK) * _DISK_GB
        return round((seconds + START_SECONDS) * hour / 3600, 8)

    def quoted(self, need: Need) -> dict[str, Any]:
        """Return what a step takes here, as a quote tells it."""
        took = {"seconds": round(self._seconds(need), 3), "cost": self.cost(need.seconds, need.spread)}
        return {"rung": self.name, "memory": self.memory, **took}

    def _seconds(self, need: Need) -> float:
        """Return how long a step takes here, with what comes before it."""
        if self.name == SPARK:
            return _SPARK_START + need.spread / (EXECUTORS * self.vcpus)
        return need.seconds + (0 if self.name == FUNCTION else START_SECONDS)


def ladder(function_memory: int, *, containers: bool, spark: bool = False) -> list[Rung]:
    """Return a deployment's rungs, from below; `function_memory` is the task function's in MB, 0 where no Lambda is."""
    limits = (function_memory, 1, _FUNCTION_DISK, _FUNCTION_SECONDS) if function_memory else (0, 1, 0, 0)
    function = Rung(FUNCTION, *limits)
    sizes = _SIZES if containers else ()
    middle = [Rung(CONTAINER, memory, vcpus, CONTAINER_DISK, _CONTAINER_SECONDS) for memory, vcpus in sizes]
    return [function, *middle, *([Rung(SPARK, *_EXECUTOR, 0, _CONTAINER_SECONDS)] if spark else [])]


def able(rungs: Sequence[Rung], need: Need) -> Iterator[Rung]:
    """Yield the lowest rung of each kind on which a step fits, from below."""
    for name in NAMES:
        fitting = (rung for rung in rungs if rung.name == name and rung.holds(need))
        if found := next(fitting, None):
            yield found


def choose(rungs: Sequence[Rung], need: Need, *, pinned: str | None = None) -> Rung | None:
    """Return the lowest rung on which a step fits, of the pinned kind if one is pinned; None: it fits on none."""
    return next((rung for rung in able(rungs, need) if pinned in {None, rung.name}), None)


def container_for(rungs: Sequence[Rung], need: Need) -> Rung:
    """Return the smallest container for a part of a step; the largest where none is sure to hold it."""
    containers = [rung for rung in rungs if rung.name == CONTAINER]
    return choose(containers, need) or containers[-1]


def above(rungs: Sequence[Rung], rung: Rung) -> Rung | None:
    """Return where a step goes on that has outgrown a rung: the smallest container with at least twice its memory."""
    return next((each for each in rungs if each.name == CONTAINER and each.memory >= 2 * rung.memory), None)
