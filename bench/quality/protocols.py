"""How the quality bench asks: protocols make training data and questions, views bar what was seen, intervals pair.

Amazon's protocol: a tenth of the users is held out and asked for the newest tenth of their events. The time split:
what came before the 90 % quantile of time is learned from, every later event is a question with the user's history up
to then. Both rank the whole catalogue.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Indices, Interactions, Query, TrainingData
from tastemaker.recipes.measuring import evaluation, metrics
from tastemaker.recipes.measuring.evaluation import Case

QUANTILE = 0.9
MAX_QUESTIONS = 3000
RESAMPLES = 1000
VIEWS = ("allowed", "excluded")
Values = NDArray[np.float64]
Protocol = Callable[[TrainingData, int], tuple[TrainingData, list[Case]]]


class Judged(NamedTuple):
    """What each question of a view got: NDCG@10, any hit in ten, reciprocal rank in 25; `users` asked them."""

    ndcg: Values
    hit: Values
    reciprocal: Values
    users: Indices


def amazon(data: TrainingData, seed: int) -> tuple[TrainingData, list[Case]]:
    """Hold a tenth of the users out."""
    return evaluation.split(data, seed=seed)


def later(data: TrainingData, seed: int) -> tuple[TrainingData, list[Case]]:
    """Cut time in two; the seed draws the questions where there are too many."""
    events = data.interactions
    border = np.quantile(events.timestamps, QUANTILE, method="nearest")
    questions = np.flatnonzero(events.timestamps >= border)
    if len(questions) > MAX_QUESTIONS:
        questions = np.sort(np.random.default_rng(seed).choice(questions, MAX_QUESTIONS, replace=False))
    starts = events.starts()
    return data.where(events.timestamps < border), [_next_event(events, int(each), starts) for each in questions]


def _next_event(events: Interactions, place: int, starts: NDArray[np.int64]) -> Case:
    """Ask for one event with all that its user did before the moment."""
    user, now = int(events.users[place]), int(events.timestamps[place])
    begin = int(starts[user])
    end = begin + int(np.searchsorted(events.timestamps[begin:place], now))
    past = slice(begin, end)
    last = int(events.items[end - 1]) if end > begin else None
    history = events.items[past], events.timestamps[past], events.weights[past]
    return Case(Query(*history, item=last, user=user, now=now), events.items[place : place + 1])


PROTOCOLS: dict[str, Protocol] = {"amazon": amazon, "time": later}


def judge(model: Model, cases: list[Case], n_items: int, *, related: bool) -> dict[str, Judged]:
    """Ask a model everything, with seen items allowed and with seen items excluded."""
    allowed = np.ones(n_items, bool)
    rows: dict[str, list[tuple[float, float, float, int]]] = {view: [] for view in VIEWS}
    for case in cases:
        query = Query.of(item=case.query.item, now=case.query.now) if related else case.query
        for view in VIEWS:
            own = case.query.history_items if view == "excluded" else case.query.history_items[:0]
            relevant = np.setdiff1d(case.relevant, own) if len(own) else case.relevant
            if not len(relevant):
                continue
            allowed[own] = False
            answer = model.recommend(query, metrics.LENGTH, allowed if len(own) else None).items
            allowed[own] = True
            rows[view].append((*_scores(answer, relevant), case.query.user or 0))
    return {view: _judged(np.array(cells, np.float64).reshape(len(cells), 4)) for view, cells in rows.items()}


def _scores(answer: Indices, relevant: Indices) -> tuple[float, float, float]:
    hits = np.isin(answer, relevant)
    reciprocal = 1.0 / (int(hits.argmax()) + 1) if hits.any() else 0.0
    return metrics.ndcg(hits, len(relevant), 10), float(hits[:10].any()), reciprocal


def _judged(table: Values) -> Judged:
    return Judged(table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.int32))


def interval(values: Values, users: Indices, seed: int = 0) -> tuple[float, float, float]:
    """Return mean and 95 % bootstrap interval; users are drawn, not questions: one user's resemble each other."""
    if not len(values):
        return 0.0, 0.0, 0.0
    _, owner = np.unique(users, return_inverse=True)
    sums, counts = np.bincount(owner, values), np.bincount(owner)
    samples = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[samples].sum(axis=1) / counts[samples].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5]).tolist()
    return float(values.mean()), low, high


def difference(first: Judged, second: Judged) -> tuple[float, float, float]:
    """Return mean and interval of NDCG@10, first minus second, on the same questions."""
    return interval(first.ndcg - second.ndcg, first.users)


def pooled(parts: Iterable[Judged]) -> Judged:
    """Put the questions of several seeds together; a user stays one user, drawn with all questions."""
    parts = list(parts)
    return Judged(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
