"""What `tastemaker quote --rows` prints: the plan of an import, a training and serving, and where it breaks first."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from tastemaker.domain.training import quotes, rungs
from tastemaker.pipelines.training.spread.legs import SAMPLED
from tastemaker.serving.shelf import LARGEST
from tastemaker_local.costs import bills, shapes, sparks, trainings
from tastemaker_local.costs.limits import Limit
from tastemaker_local.costs.plans import Plan
from tastemaker_local.costs.shapes import Serving
from tastemaker_local.costs.steps import COUNT, LEGS, Step

_GB, _MB = 2**30, 2**20
# Seconds from which on a time is told in minutes, and in hours.
_MINUTES, _HOURS = 120, 7200

_MEASURED = (
    f"{bills.INTERACTION} bytes of CSV and {trainings.STORED_EVENT:g} of Parquet an interaction, and seconds of an "
    "import (bench/results/imports.txt; GB are of 2^30 bytes); seconds and memory of a training, as its recipe says "
    "(quotes.txt, memory.txt); bytes of a model, at most (training-*.txt)"
)
_ASSUMED = (
    f"as many interactions of each user, one core like that of bench/results, {shapes.FETCHED / 1e6:.0f} MB fetched in "
    "a second, no descriptions of items; more than 100 million interactions were not trained yet"
)


def answer(plan: Plan) -> Mapping[str, Any]:
    """Return a plan for a program."""
    shape, serving = plan.shape, plan.serving
    return {
        **asdict(shape),
        "recipe": plan.recipe.name,
        "csvBytes": round(shape.csv),
        "parquetBytes": round(shape.parquet),
        "steps": [_step(step) for step in plan.steps],
        "serving": {
            "modelBytes": round(serving.bytes),
            "historiesBytes": round(serving.histories),
            "touchedBytes": round(serving.touched),
            "learnedBytes": None if serving.learned is None else round(serving.learned),
            "atOnceBytes": round(serving.at_once),
            "mostBytes": LARGEST << 20,
            "fits": serving.fits,
            "firstAnswerSeconds": round(serving.first_answer, 3),
            "costOfMillionAnswers": round(serving.dollars, 6),
        },
        "limits": [{**asdict(limit), "passed": limit.passed(shape)} for limit in plan.limits],
        "first": first(plan),
        "measured": _MEASURED,
        "assumed": _assumed(plan),
    }


def _step(step: Step) -> Mapping[str, Any]:
    return {
        "step": step.name,
        "rung": step.place,
        "fits": step.fits,
        **_place_of(step),
        "seconds": round(step.seconds, 3),
        "peakMemory": round(step.peak),
        "diskGB": round(step.disk, 3),
        "cost": round(step.dollars, 6),
    }


def _place_of(step: Step) -> Mapping[str, Any]:
    if step.job:
        return {"spark": _job(step.job)}
    return {"memory": step.rung.memory, "vcpus": step.rung.vcpus} if step.rung else {}


def _job(job: sparks.Job) -> Mapping[str, Any]:
    return {
        "partitions": job.partitions,
        "shuffledBytes": round(job.shuffled),
        "executors": job.executors,
        "executorMemory": job.memory,
        "vcpus": job.vcpus,
    }


def show(out: Console, plan: Plan) -> None:
    """Print a plan for people."""
    shape = plan.shape
    out.print(f"{shape.rows:,} interactions of {shape.users:,} users, {shape.items:,} items; {plan.recipe.name}")
    out.print(f"{_size(shape.csv)} of CSV, {_size(shape.parquet)} of Parquet")
    out.print()
    out.print(_steps(plan.steps))
    if _by_spark(plan):
        out.print()
        out.print(_jobs(plan))
    for line in _beside(plan):
        out.print(line)
    out.print()
    out.print(_model(plan.serving))
    out.print()
    out.print(_limits(plan))
    out.print()
    out.print(first(plan))
    out.print()
    for line in (f"measured: {_MEASURED}.", f"assumed: {_assumed(plan)}.", f"prices: {_priced(plan)}."):
        out.print(line, style="dim")


def _beside(plan: Plan) -> Iterator[str]:
    """Say what the tables do not: what the legs of a training are, what Spark takes, and what fits nowhere."""
    if any(step.name == COUNT for step in plan.steps):
        yield (
            f"A training by Spark: a container gathers the events and learns from {SAMPLED // 10**6} M of them how "
            "pairs are weighed, Spark counts all of them, a container assembles the model."
        )
    if _by_spark(plan):
        yield "Imports and trainings by Spark are a setting of a deployment, tastemaker:spark."
    for step in plan.steps:
        if not step.rung:
            yield f"The {step.name} fits on no rung and fails: {_why_nowhere(plan)}."


def _why_nowhere(plan: Plan) -> str:
    if plan.recipe.spread is None:
        return f"{plan.recipe.name} learns from all events at once, which Spark does not do"
    return "it would take Spark more than 22 hours"


def first(plan: Plan) -> str:
    """Say in a sentence where a plan breaks first."""
    limit, passed = plan.first, plan.first.passed(plan.shape)
    start = "It breaks first in" if passed else "Nothing breaks at this size; larger, it would first in"
    if limit.rows:
        place = f"beyond about {_about(limit.rows)} interactions with {plan.shape.items:,} items"
    else:
        place = f"with any number of interactions, beyond about {_about(limit.items)} items"
    step = f"training by Spark, {limit.step}" if limit.step in LEGS else limit.step
    return f"{start} {step}: {place} {limit.why}."


def _steps(steps: Sequence[Step]) -> Table:
    table = _table("step", "rung", numbers=("time", "memory", "disk", "dollars"))
    for step in steps:
        table.add_row(
            step.name,
            _place(step),
            _time(step.seconds),
            f"{step.peak:,.0f} MB",
            f"{step.disk:,.1f} GB",
            f"{step.dollars:,.4f}",
        )
    return table


def _place(step: Step) -> str:
    if not step.rung:
        return step.place
    if step.job:
        return f"{step.place}, {step.job.executors} executors"
    return f"{step.place}, {step.rung.memory:,} MB, {step.rung.vcpus} vCPU"


def _jobs(plan: Plan) -> Table:
    table = _table("by Spark", numbers=("parts", "shuffled", "peak of each", "disk of each", "hours", "dollars"))
    for step, job in _by_spark(plan):
        peak, disk = f"{job.peak:,} of {job.memory:,} MB", f"{job.disk:,.0f} of {sparks.DISK} GB"
        told = (f"{job.partitions:,}", _size(job.shuffled), peak, disk)
        table.add_row(step.name, *told, f"{step.seconds / 3600:,.1f}", f"{step.dollars:,.2f}")
    return table


def _model(serving: Serving) -> str:
    sizes = (serving.bytes, serving.histories, serving.touched, serving.at_once)
    size, histories, touched, at_once = (f"{each / _MB:,.0f} MB" for each in sizes)
    parts = f"{histories} of it the histories and {touched} what filters know of users"
    if serving.learned is None:
        told = f"at least {size}, {parts}; nobody has worked out what this recipe's models have beside that"
    else:
        told = f"at most {size}, {parts}"
    fetched = (
        f"{at_once} of it are fetched at once, the rest as it is read" if serving.paged else "all of it is fetched"
    )
    fits = "holds" if serving.fits else "does not hold"
    return (
        f"The model has {told}; {fetched}. The function of {shapes.RUNTIME_MEMORY:,} MB that answers {fits} it: it "
        f"fetches {LARGEST:,} MB of one at once and keeps {shapes.RUNTIME_ROOM:,} MB of all. The first answer takes "
        f"{_time(serving.first_answer)}; API Gateway waits 29 s. A million answers cost ${serving.dollars:.2f}."
    )


def _limits(plan: Plan) -> Table:
    table = _table("limit of", f"with {plan.shape.items:,} items", numbers=("interactions", ""))
    for limit in plan.limits:
        table.add_row(limit.step, limit.why, _count(limit), "passed" if limit.passed(plan.shape) else "")
    return table


def _count(limit: Limit) -> str:
    return _about(limit.rows) if limit.rows else f"{_about(limit.items)} items"


def _assumed(plan: Plan) -> str:
    return "; ".join((_ASSUMED, *_of_spark(plan)))


def _of_spark(plan: Plan) -> Iterator[str]:
    for step, job in _by_spark(plan):
        seconds, shuffled = 1e6 * step.need.spread / plan.shape.rows, job.shuffled / plan.shape.rows
        yield f"{step.name} by Spark, {seconds:,.3g} s of a core for 1 M rows, {shuffled:,g} bytes shuffled of each"
    if any(_by_spark(plan)):
        yield (
            "Spark's seconds are those of its tasks' CPU on one machine (spark.txt), not on EMR, and are taken to hold "
            "at any size; its driver and disks are not in its dollars"
        )


def _by_spark(plan: Plan) -> list[tuple[Step, sparks.Job]]:
    return [(step, step.job) for step in plan.steps if step.job]


def _priced(plan: Plan) -> str:
    return "; ".join((quotes.PRICED, rungs.PRICED, *([rungs.SPARK_PRICED] if _by_spark(plan) else [])))


def _table(*titles: str, numbers: Sequence[str]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for title in titles:
        table.add_column(title)
    for title in numbers:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _about(number: int) -> str:
    """Write three digits of a number."""
    digits = max(0, math.floor(math.log10(max(1, number))) - 2)
    return f"{round(number, -digits):,}"


def _size(size: float) -> str:
    return f"{size / _GB:,.1f} GB" if size >= _GB else f"{size / _MB:,.1f} MB"


def _time(seconds: float) -> str:
    if seconds >= _HOURS:
        return f"{seconds / 3600:,.1f} h"
    return f"{seconds / 60:,.0f} min" if seconds >= _MINUTES else f"{seconds:,.1f} s"
