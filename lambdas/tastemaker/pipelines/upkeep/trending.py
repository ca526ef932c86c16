"""Trending-Now between trainings: what rises by now is found in the newest events and laid over the model that serves.

The two newest intervals are compared as in training (`recipes/popular/aws_trending_now.py`), with the same events:
those that the model was trained on, and of those recorded since each event id once, of the types that count, of known
users. No event is later than it was recorded, whatever it says. What was found is a small object beside the models,
named in the record of the campaign or recommender.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np

from tastemaker.domain.resources.changes import is_retraining, is_updating
from tastemaker.domain.resources.records import current_trends
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import ResourceInUse, ServiceError
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import trends_folder
from tastemaker.pipelines.training.assignments import assignment
from tastemaker.pipelines.training.selections import Selection
from tastemaker.recipes import registry
from tastemaker.recipes.popular.aws_trending_now import FREQUENCY, SECONDS, TrendingNow, growth, trending_now
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Event, Record

_logger = logging.getLogger(__name__)

# Longer intervals are looked at as often ("Trending-Now recipe").
_LONGEST_REST = 7_200
_DAY = 86_400
# So many of the newest events are read; where the two intervals have more, they are as short as these events reach.
MOST_EVENTS = 1_000_000
# Seconds that one look may take for all trends; what is left is the first of the next.
_LONGEST_LOOK = 300.0
_EVENT = np.dtype([("id", "i8"), ("user", "i8"), ("item", "i4"), ("time", "i8"), ("recorded", "f8"), ("counts", "?")])


def refresh_all(deps: Deps, *, day: float) -> list[str]:
    """Refresh the trends of every campaign and recommender whose time has come, and return those."""
    began, fresh = deps.clock(), list[str]()
    for kind in ("campaign", "recommender"):
        for record in list(deps.resources.every(kind)):
            if deps.clock() - began > _LONGEST_LOOK:
                return fresh
            try:
                # Somebody else changed it at the same time: the next look will see what is left to do.
                with suppress(ServiceError):
                    fresh += refresh(deps, record, day=day)
            except (FileNotFoundError, ValueError):
                _logger.exception("the trends of %s cannot be refreshed", record["_arn"])
    return fresh


def refresh(deps: Deps, record: Record, *, day: float, most: int = MOST_EVENTS) -> list[str]:
    """Find what rises by now for a campaign or recommender, if it is time and anything was recorded since.

    `day` is the length of a day in seconds: a demonstration rests less between two looks. Intervals are of the events'
    own time and stay as they are.
    """
    if not _follows_trends(record):
        return []
    version = assignment(deps, str(record.get("solutionVersionArn", record["_arn"])), "create")
    interval, before, now = _interval(version), current_trends(record) or {}, deps.clock()
    last = before.get("moment", version["_trained_on"]["recorded_before"])
    due = now >= last + min(interval, _LONGEST_REST) * day / _DAY
    if not due or not AllEvents(deps).any_since(version["datasetGroupArn"], last):
        return []
    model = deps.models.get(record["_serving"]["artifact"])
    window = _Window(model, interval)
    recordings = AllEvents(deps).newest(version["datasetGroupArn"], since=model.recorded_before, most=most)
    window.read(recordings, Selection.of(version), most)
    _publish(deps.of(record["_arn"]), record, window, now)
    return [record["_arn"]]


def _follows_trends(record: Record) -> bool:
    is_settled = record["status"] == ACTIVE and not is_updating(record) and not is_retraining(record)
    return is_settled and issubclass(registry.get(record["_serving"]["recipe"]).model, TrendingNow)


def _interval(version: Record) -> int:
    config = version.get("solutionConfig") or {}
    parameters = config.get("featureTransformationParameters", {})
    return SECONDS[trending_now.metadata.resolve(parameters)[FREQUENCY]]


class _Window:
    """The events of the two newest intervals: of each when it was, its user's hash, and its item among `places`."""

    def __init__(self, model: Served, interval: int) -> None:
        events = model.lately(2 * interval)
        self.interval = interval
        self.places = {name: place for place, name in enumerate(events.item_ids)}
        self.users = np.array([hash(user) for user in events.user_ids], np.int64)[np.asarray(events.users, np.int64)]
        self.items = np.asarray(events.items, np.int32)
        self.times = np.minimum(np.asarray(events.times, np.int64), model.recorded_before).astype(np.int64)

    def read(self, events: Iterator[Event], selection: Selection, most: int) -> None:
        """Add recorded events, newest first; of those with one id the first counts."""
        rows = np.fromiter(self._rows(events, selection), _EVENT)[::-1]
        _, first = np.unique(rows["id"], return_index=True)
        counting = rows[first][rows["counts"][first]]
        self.users = np.concatenate([self.users, counting["user"]])
        self.items = np.concatenate([self.items, counting["item"]])
        self.times = np.concatenate([self.times, counting["time"]])
        if len(rows) == most:
            self.interval = min(self.interval, 1 + max(0, self.newest - int(rows["recorded"][0])) // 2)

    @property
    def newest(self) -> int:
        """Return the time of the newest event, which ends the newest interval."""
        return int(self.times.max(initial=0))

    def trends(self) -> dict[str, Any]:
        """Return what rises for sure, best first, and what falls for sure; of equal ones in the order of their ids."""
        lower, upper = growth(self.users, self.items, self.times, self.interval, len(self.places))
        names = list(self.places)
        rising = sorted((-lower[place], names[place]) for place in np.flatnonzero(lower > 0))
        return {
            "rising": [name for _, name in rising],
            "falling": sorted(names[place] for place in np.flatnonzero(upper < 0)),
        }

    def _rows(self, events: Iterator[Event], selection: Selection) -> Iterator[tuple[int, int, int, int, float, bool]]:
        """Number events as far back as they were recorded within both intervals: those before are older still."""
        newest = self.newest
        for event in events:
            counts = not event.get("anonymous") and selection.counts(event)
            time = min(event["timestamp"], int(event["recorded"]))
            newest = max(newest, time if counts else 0)
            if event["recorded"] < newest - 2 * self.interval:
                return
            place = self.places.setdefault(event["item_id"], len(self.places)) if counts else 0
            yield hash(event["event_id"]), hash(event["user_id"]), place, time, event["recorded"], counts


def _publish(deps: Deps, record: Record, window: _Window, now: float) -> None:
    """Store trends, and name them in the record in one write that gives way to any change under way."""
    arn, artifact = record["_arn"], record["_serving"]["artifact"]
    origin = {"of": artifact["sha256"], "moment": now}
    contents = {**origin, "newest": window.newest, "interval": window.interval, **window.trends()}
    body = json.dumps(contents, ensure_ascii=False, indent=0).encode()
    key = _key(record, now)
    trends = {**origin, "key": key, "sha256": hashlib.sha256(body).hexdigest()}

    def named(current: Record) -> Record:
        same = all(current.get(name) == record.get(name) for name in ("_serving", "_trends"))
        if not same or not _follows_trends(current):
            raise ResourceInUse(f"{arn} has changed meanwhile.")
        return {"_trends": trends}

    deps.objects.write(deps.config.models_bucket, key, body)
    try:
        deps.resources.update(arn, named, when={ACTIVE})
    except ServiceError:
        deps.objects.delete(deps.config.models_bucket, key)
        raise
    _drop_older(deps, record, now)


def _drop_older(deps: Deps, record: Record, now: float) -> None:
    """Remove trends that no logged answer needs: others replaced them before the oldest one was given."""
    bucket, oldest = deps.config.models_bucket, _key(record, now - deps.config.answer_days * _DAY)
    keys = [key for key, _, _ in deps.objects.list(bucket, trends_folder(record))]
    for key, following in pairwise(keys):
        if following < oldest:
            deps.objects.delete(bucket, key)


def _key(record: Record, moment: float) -> str:
    return f"{trends_folder(record)}{moment:017.6f}.json"
