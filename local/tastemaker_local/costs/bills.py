"""The bill of a month: what a deployment has and does at a volume, times list prices; and Amazon Personalize's.

What one request or row takes is assumed here, on the side of more; none of it was seen on a bill.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tastemaker.domain.training import quotes
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.measuring import forecast
from tastemaker_local.costs import prices
from tastemaker_local.costs.deployments import HOURS, Deployment
from tastemaker_local.costs.prices import Price

_KB, _GB = 1e3, 1e9
# Seconds of the task function for a step of a look, cold as it mostly is, and of a request that finds a warm process.
# A warm handler takes 5 ms (bench/results/handlers.txt), and waits for one to three requests to DynamoDB.
LOOK_STEP, REQUEST = 1.0, 0.03
# Seconds of a row's import (bench/results/imports.txt).
ROW = 1e-6
# Bytes: of a row as it is imported (bench/results/imports.txt) or described, of an event and of an answer as stored
# (docs/events.md), of what is logged of an invocation; and of the largest model that our benches trained.
INTERACTION, ITEM, USER, EVENT, ANSWER, LOGGED, MODEL = 43, 500, 100, 760, 1000, 1000, 400e6
# Read units of an event: its tracker, the answer that it names; and of each reading of the table (docs/events.md).
EVENT_READS, READING = 2, 0.0825
# Days of events that files do not have yet, on average: a training reads them from the table.
UNFILED_DAYS = 1.5
# X-Ray keeps the first request of every second, and of the others so many.
_SAMPLED: Final = 0.05
_SECONDS: Final = HOURS * 3600
# In the month of a bill.
_DAYS: Final = HOURS / 24


@dataclass(frozen=True, slots=True)
class Volume:
    """What happens in a month: one event a call; interactions, items and users are imported once, then trained on."""

    events: int = 0
    answers: int = 0
    trainings: int = 0
    interactions: int = 0
    items: int = 0
    users: int = 0
    # Of Amazon's, each of one request a second at least; ours cost nothing to have.
    campaigns: int = 1

    @property
    def rows(self) -> int:
        """How many rows are imported."""
        return self.interactions + self.items + self.users

    @property
    def imported(self) -> float:
        """How many bytes are imported."""
        return float(self.interactions * INTERACTION + self.items * ITEM + self.users * USER)

    @property
    def counts(self) -> Counts:
        """What each training learns from."""
        return Counts(self.interactions + self.events, max(1, self.users), max(1, self.items))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on a bill."""

    price: Price
    what: str
    quantity: float

    @property
    def dollars(self) -> float:
        """What it costs, if nothing is free."""
        return self.price.of(self.quantity)


def total(lines: Iterable[Line]) -> float:
    """Return the sum of a bill, if nothing is free."""
    return sum(line.dollars for line in lines)


def beyond_free(lines: Iterable[Line]) -> float:
    """Return the sum of a bill in an account that has nothing else, of which some is free for ever."""
    quantities = defaultdict[Price, float](float)
    for line in lines:
        quantities[line.price] += line.quantity
    return sum(price.of(max(0.0, quantity - price.free)) for price, quantity in quantities.items())


def of_deployment(deployment: Deployment, volume: Volume, recipe: Recipe) -> list[Line]:
    """Return what a month of a deployment costs; what there is nothing of is left out."""
    lines = [
        *idle(deployment),
        *_requests(deployment, volume),
        *_imports(deployment, volume),
        *_trainings(deployment, volume, recipe),
        *_moved(deployment, volume),
        *_kept(deployment, volume),
    ]
    return [line for line in lines if line.quantity]


def of_amazon(volume: Volume) -> list[Line]:
    """Return what Amazon Personalize charges for the same, by the prices of its recipes of version 2."""
    least = volume.campaigns * _SECONDS
    ingested = volume.imported + volume.events * INTERACTION
    lines = [
        Line(prices.INGESTION, "data imported and recorded", ingested / _GB),
        Line(prices.TRAINING, "interactions of all trainings", float(volume.trainings * volume.counts.events)),
        Line(prices.RECOMMENDATION, "recommendations, or the minimum of a campaign", float(max(volume.answers, least))),
    ]
    return [line for line in lines if line.quantity]


def idle(deployment: Deployment) -> Iterator[Line]:
    steps = deployment.looks * deployment.look_steps
    yield Line(prices.DASHBOARD, "dashboard", deployment.dashboards)
    yield Line(prices.ALARM, "alarms", deployment.alarm_metrics)
    yield Line(prices.TRANSITION, "looks for what is due", steps)
    yield Line(prices.INVOCATION, "looks for what is due", steps)
    yield from _run(deployment, "tasks", "looks for what is due", steps * LOOK_STEP)
    yield Line(prices.LOG, "logs of the looks", steps * LOGGED / _GB)
    yield Line(prices.TRACE, "looks for what is due", deployment.looks * deployment.traced)


def _run(deployment: Deployment, function: str, what: str, seconds: float, *, needed: int = 0) -> Iterator[Line]:
    """Yield what a function's seconds cost, at its memory or at what is needed if that is more."""
    size = deployment.functions[function]
    yield Line(prices.COMPUTE, what, seconds * max(size.memory, needed) / 1024)
    yield Line(prices.DISK, what, seconds * max(0, size.disk - 512) / 1024)


def _requests(deployment: Deployment, volume: Volume) -> Iterator[Line]:
    requests = volume.events + volume.answers
    is_logged = deployment.answer_days > 0
    yield Line(prices.REQUEST, "events and answers", requests)
    yield Line(prices.INVOCATION, "events and answers", requests)
    yield from _run(deployment, "events", "events", volume.events * REQUEST)
    yield from _run(deployment, "runtime", "answers", volume.answers * REQUEST)
    yield Line(prices.WRITE, "events", volume.events * deployment.copies["events"])
    yield Line(prices.WRITE, "the log of answers", volume.answers * deployment.copies["answers"] * is_logged)
    yield Line(prices.READ, "events", volume.events * EVENT_READS)
    yield Line(prices.READ, "what a user did since the training", volume.answers)
    yield Line(prices.LOG, "logs of requests", requests * LOGGED / _GB)
    yield Line(prices.TRACE, "events and answers", _traces(requests) * deployment.traced)


def _traces(requests: int) -> float:
    """Return how many of evenly spread requests are traced."""
    first = min(requests, _SECONDS)
    return first + _SAMPLED * (requests - first)


def _imports(deployment: Deployment, volume: Volume) -> Iterator[Line]:
    datasets = sum(count > 0 for count in (volume.interactions, volume.items, volume.users))
    yield Line(prices.TRANSITION, "imports", datasets * deployment.steps["import"])
    yield from _run(deployment, "tasks", "imports", volume.rows * ROW)


def need(recipe: Recipe, volume: Volume) -> forecast.Quote:
    """Return what one training takes, as `tastemaker quote` says it where no training has gone before."""
    return forecast.training(recipe, volume.counts)


def _trainings(deployment: Deployment, volume: Volume, recipe: Recipe) -> Iterator[Line]:
    one = need(recipe, volume)
    memory = quotes.billed_memory(0, one.memory / 2**20)
    steps = deployment.steps["training"] + deployment.steps["deployment"]
    yield from _run(deployment, "tasks", "trainings", volume.trainings * one.seconds, needed=memory)
    yield Line(prices.TRANSITION, "trainings and deployments", volume.trainings * steps)
    days = min(_DAYS, UNFILED_DAYS)
    yield Line(prices.READ, "events that trainings read", volume.trainings * volume.events * days / _DAYS * READING)


def _moved(deployment: Deployment, volume: Volume) -> Iterator[Line]:
    """Yield what it costs that events go into files, and out of the table where that is wanted."""
    times = 2 if deployment.event_days else 1
    yield Line(prices.READ, "events on their way into files", times * volume.events * READING)
    if deployment.event_days:
        yield Line(prices.WRITE, "events that leave the table", volume.events * deployment.copies["events"])


def _kept(deployment: Deployment, volume: Volume) -> Iterator[Line]:
    months = (deployment.event_days or _DAYS) / _DAYS
    events = months * volume.events * EVENT * deployment.copies["events"] / _GB
    answers = volume.answers * ANSWER * deployment.copies["answers"] / _GB
    yield Line(prices.TABLE, "events in the table", events)
    yield Line(prices.RECOVERY, "recovery of events", events)
    yield Line(prices.TABLE, "the log of answers", answers * deployment.answer_days / _DAYS)
    yield Line(prices.OBJECT, "data imported", volume.imported / _GB)
    yield Line(prices.OBJECT, "models", volume.trainings * MODEL / _GB)
