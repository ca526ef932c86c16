"""Refuses a training that cannot fit into memory before it begins: a killed function says nothing to anybody."""

import os
from pathlib import Path

from tastemaker.config import Config
from tastemaker.errors import JobOutgrown
from tastemaker.recipes.contract import Recipe, Spread
from tastemaker.recipes.costs import COUNTING, Costs, Counts
from tastemaker.recipes.data import Interactions

_MB = 2**20
_REMEDY = (
    "Raise tastemaker:task_memory (Lambda gives at most 10,240 MB), let containers take what is larger "
    "(tastemaker:containers), or train on fewer interactions or items."
)


def check_reading(config: Config, events: int) -> None:
    """Raise JobOutgrown, before so many events are read, where not even a recipe that only counts could hold them."""
    if shortage := _shortage(config, COUNTING, Counts(events, 0, 0)):
        raise JobOutgrown(f"Training on {events:,} interactions {shortage}. {_REMEDY}")


def check_memory(config: Config, recipe: Recipe, interactions: Interactions) -> None:
    """Raise JobOutgrown with what is needed and what there is, where the one exceeds the other."""
    counts = Counts.of(interactions)
    if shortage := lack_of_memory(config, recipe, counts):
        size = f"{counts.events:,} interactions of {counts.users:,} users and {counts.items:,} items"
        raise JobOutgrown(f"Training on {size} {shortage}. {_REMEDY}")


def check_assembling(config: Config, spread: Spread, counts: Counts) -> None:
    """Raise JobOutgrown where even what is left to do after others have counted does not fit."""
    if shortage := _lacking(config, spread.memory(counts)):
        raise JobOutgrown(f"A model of {counts.events:,} interactions {shortage}. {_REMEDY}")


def lack_of_memory(config: Config, recipe: Recipe, counts: Counts) -> str:
    """Return what a recipe needs and what there is, where the one exceeds the other; nothing where it fits."""
    return _shortage(config, recipe.costs, counts)


def _shortage(config: Config, costs: Costs, counts: Counts) -> str:
    return _lacking(config, costs.memory(counts))


def _lacking(config: Config, memory: float) -> str:
    need, there = memory / _MB, config.memory or _machine()
    return f"needs about {need:,.0f} MB of memory, and there are {there:,} MB" if need > there else ""


def _machine(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Return the memory of this machine, or of the container it is, in MB."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = limit.read_text().strip() if limit.exists() else ""
    return (min(there, int(text)) if text.isdigit() else there) // _MB
