"""What `tastemaker quote --rows` prints: the plan of an import, a training and serving, and where it breaks first."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tastemaker.domain.training import quotes, rungs
from tastemaker.serving.shelf import LARGEST
from tastemaker_local.costs import bills, plans, prices, sparks
from tastemaker_local.costs.plans import Limit, Plan, Serving, Step

_GB, _MB = 2**30, 2**20
# Seconds from which on a time is told in minutes, and in hours.
_MINUTES, _HOURS = 120, 7200

_MEASURED = (
    f"{bills.INTERACTION} bytes of CSV and {plans.STORED_EVENT:g} of Parquet an interaction, and seconds of an import "
    "(bench/results/imports.txt; GB are of 2^30 bytes); seconds and memory of a training, as its recipe says "
    "(quotes.txt, memory.txt); bytes of a model, at most (training-*.txt)"
)
_ASSUMED = (
    f"as many interactions of each user, one core like that of bench/results, {plans.FETCHED / 1e6:.0f} MB fetched in "
    "a second, no descriptions of items; more than 100 million interactions were not trained yet"
)


def answer(plan: Plan) -> Mapping[str, Any]:
    """Return a plan for a program."""
    shape, serving = plan.shape, plan.serving
    return {
        **asdict(shape),
        "recipe": plan.recipe,
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
    rung = step.rung
    place = {"memory": rung.memory, "vcpus": rung.vcpus} if rung else {"spark": _job(step.job)}
    return {
        "step": step.name,
        "rung": step.place,
        "built": bool(rung) or step.name == "import",  # which Spark does, where there is any
        **place,
        "seconds": round(step.seconds, 3),
        "peakMemory": round(step.peak),
        "diskGB": round(step.disk, 3),
        "cost": round(step.dollars, 6),
    }


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
    out.print(f"{shape.rows:,} interactions of {shape.users:,} users, {shape.items:,} items; {plan.recipe}")
    out.print(f"{_size(shape.csv)} of CSV, {_size(shape.parquet)} of Parquet")
    out.print()
    out.print(_steps(plan.steps))
    jobs = [step for step in plan.steps if not step.rung]
    if jobs:
        out.print()
        out.print(_jobs(jobs))
        for step in jobs:
            out.print(_BY_SPARK[step.name])
    out.print()
    out.print(_model(plan.serving))
    out.print()
    out.print(_limits(plan))
    out.print()
    out.print(first(plan))
    out.print()
    for line in (f"measured: {_MEASURED}.", f"assumed: {_assumed(plan)}.", f"prices: {_priced(jobs)}."):
        out.print(line, style="dim")


_BY_SPARK: Final = {
    "import": "Imports by Spark are a setting of a deployment, tastemaker:spark.",
    "training": "No training runs by Spark yet: its figures are of what it would count there.",
}


def first(plan: Plan) -> str:
    """Say in a sentence where a plan breaks first."""
    limit, passed = plan.first, plan.first.passed(plan.shape)
    start = "It breaks first in" if passed else "Nothing breaks at this size; larger, it would first in"
    if limit.rows:
        place = f"beyond about {_about(limit.rows)} interactions with {plan.shape.items:,} items"
    else:
        place = f"with any number of interactions, beyond about {_about(limit.items)} items"
    return f"{start} {limit.step}: {place} {limit.why}."


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
        return f"{step.place}, {step.job.executors} executors"
    return f"{step.place}, {step.rung.memory:,} MB, {step.rung.vcpus} vCPU"


def _jobs(steps: Sequence[Step]) -> Table:
    table = _table("by Spark", numbers=("partitions", "shuffled", "executors", "peak of each", "hours", "dollars"))
    for step in steps:
        job = step.job
        peak = f"{job.peak:,} of {job.memory:,} MB"
        told = (f"{job.partitions:,}", _size(job.shuffled), f"{job.executors}", peak)
        table.add_row(step.name, *told, f"{job.hours:,.1f}", f"{job.dollars:,.2f}")
    return table


def _needing(steps: Sequence[Step]) -> str:
    return " and ".join(step.name for step in steps)


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
        f"The model has {told}; {fetched}. The function of {plans.RUNTIME_MEMORY:,} MB that answers {fits} it: it "
        f"fetches {LARGEST:,} MB of one at once and keeps {plans.RUNTIME_ROOM:,} MB of all. The first answer takes "
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
    if any(not step.rung for step in plan.steps):
        for name, speed in (("importing", sparks.IMPORT), ("counting", sparks.TRAINING)):
            figures = f"{speed.rows:,.0f} rows a second of a vCPU, {speed.shuffled:,g} bytes shuffled of a row"
            yield f"{name} by Spark, {figures}"
        yield (
            "both were measured on one busy machine, 20 M rows imported and 1 M counted, not on EMR (spark.txt), and "
            "are taken to hold at any size; what a training does after it has counted is not in the plan"
        )


def _priced(jobs: Sequence[Step]) -> str:
    of_spark = [f"EMR Serverless, arm64, {prices.REGION}, list price of {prices.SPARK_VCPU.dated}"] if jobs else []
    return "; ".join((quotes.PRICED, rungs.PRICED, *of_spark))


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
