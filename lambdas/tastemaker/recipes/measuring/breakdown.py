"""Where a model is good: its metrics by users, items and choices, beside what simple lists reach on the same questions.

Intervals of 95 % are a bootstrap over users, with the draws of the metrics themselves: one set for all segments, so
that differences are paired. Of a segment counts who of it was drawn, so that its size varies as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Indices
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.evaluation import DECIMALS, Asked, Case

Table = NDArray[np.float64]
Lists = NDArray[np.int32]  # (questions, LENGTH)

NEW: Final = 5  # known events at most
HEAVY: Final = 80  # per cent of the other users know less
DECIDING: Final = f"{metrics.NDCG}10"  # what the sentence is about
POPULARITY, OWN_HISTORY = "popularity", "own-history"
BASELINES: Mapping[str, str] = MappingProxyType(
    {POPULARITY: "showing what is popular", OWN_HISTORY: "repeating the user's own history"}
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Users, or some of what they chose: `relevant` (questions,) holds of each what counts, nothing where none does."""

    name: str
    description: str
    relevant: Sequence[Indices]


def breakdown(asked: Asked, seed: int) -> dict[str, Any]:
    """Return a sentence, and by segment the metrics with intervals, less those of each simple list."""
    if not asked.questions:
        return {"summary": "Nobody could be asked: no held-out user has an event to ask with and one to answer."}
    own, draws = _padded(asked.lists), _draws(len(asked.questions), seed)
    others = {name: _padded(lists) for name, lists in _baselines(asked).items() if any(map(len, lists))}
    segments = [_measured(segment, own, others, draws) for segment in _segments(asked)]
    return {"summary": _sentence(segments[0]), "segments": [each for each in segments if each["users"]]}


def _measured(segment: Segment, own: Lists, others: Mapping[str, Lists], draws: Table) -> dict[str, Any]:
    of = np.flatnonzero([len(each) for each in segment.relevant])
    members = {"segment": segment.name, "description": segment.description, "users": len(of)}
    if not len(of):
        return members
    right = [segment.relevant[question] for question in of.tolist()]
    scores = _scores(own[of], right)
    rivals = {name: _scores(lists[of], right) for name, lists in others.items()}
    return members | {"metrics": [_metric(name, scores, rivals, draws[:, of]) for name in sorted(scores)]}


def _metric(
    name: str, own: Mapping[str, Table], rivals: Mapping[str, dict[str, Table]], draws: Table
) -> dict[str, Any]:
    differences = [{"baseline": rival, **_interval(own[name] - its[name], draws)} for rival, its in rivals.items()]
    return {"metric": name, **_interval(own[name], draws), "lessBaselines": differences}


def _padded(lists: Sequence[Indices]) -> Lists:
    """Return the answers to all questions, -1 behind those that are short: (questions, LENGTH)."""
    table = np.full((len(lists), metrics.LENGTH), -1, np.int32)
    for row, answer in zip(table, lists, strict=True):
        row[: len(answer)] = answer[: metrics.LENGTH]
    return table


def _scores(lists: Lists, relevant: Sequence[Indices]) -> dict[str, Table]:
    """Return every metric of the answers to some questions: each (questions,)."""
    sizes, right = np.array([len(each) for each in relevant]), np.concatenate(relevant)
    # Each question has numbers of its own for items, and one for the -1.
    first = np.arange(len(lists)) * (max(lists.max(), right.max()) + 2)
    hits = np.isin(lists + first[:, None], right + np.repeat(first, sizes))
    return metrics.score_hits(hits, sizes)


def _draws(users: int, seed: int) -> Table:
    """Return how often each user is drawn each time: (resamples, users)."""
    table = np.empty((metrics.RESAMPLES, users))
    for row, drawn in zip(table, metrics.draws(users, seed), strict=True):
        row[:] = np.bincount(drawn, minlength=users)
    return table


def _interval(values: Table, draws: Table) -> dict[str, float]:
    sizes = draws.sum(axis=1)
    means = (draws @ values)[sizes > 0] / sizes[sizes > 0]
    low, high = np.percentile(means, [2.5, 97.5]).tolist() if len(means) else (0.0, 0.0)
    found = {"value": float(values.mean()), "low": low, "high": high}
    return {name: round(number, DECIMALS) + 0.0 for name, number in found.items()}


def _baselines(asked: Asked) -> dict[str, list[Indices]]:
    """Return each simple list for every question: at most as long as what is measured."""
    counts = np.bincount(asked.known.items, minlength=asked.known.n_items)
    ranking = np.argsort(-counts, kind="stable").astype(np.int32)
    own = [np.empty(0, np.int32) if asked.related else _own(case) for case in asked.questions]
    return {
        POPULARITY: [_first(ranking, case, related=asked.related) for case in asked.questions],
        OWN_HISTORY: [_first(list_, case) for list_, case in zip(own, asked.questions, strict=True)],
    }


def _own(case: Case) -> Indices:
    """Return the user's items: what was chosen most often, of equal ones the latest."""
    items, age, counts = np.unique(case.query.history_items[::-1], return_index=True, return_counts=True)
    return items[np.lexsort((age, -counts))]


def _first(ranking: Indices, case: Case, *, related: bool = False) -> Indices:
    """Return the first items of a ranking that an answer may hold."""
    out = np.array([case.query.item], np.int32) if related else np.empty(0, np.int32)
    if case.exclusions is not None:
        out = np.union1d(out, case.exclusions)
    head = ranking[: metrics.LENGTH + len(out)]
    return head[~np.isin(head, out)][: metrics.LENGTH]


def _segments(asked: Asked) -> Iterator[Segment]:
    """Yield the whole first, then users by what is known of them, items by popularity, choices by whether repeated."""
    relevant = [case.relevant for case in asked.questions]
    yield Segment("all", "every held-out user", relevant)
    yield from _by_user(asked, relevant)
    yield from _by_item(asked, relevant)
    histories = [case.query.history_items for case in asked.questions]
    pairs = list(zip(relevant, histories, strict=True))
    yield Segment("repeats", "what the user had chosen before", [items[np.isin(items, own)] for items, own in pairs])
    yield Segment("discoveries", "what was new to the user", [items[~np.isin(items, own)] for items, own in pairs])


def _by_user(asked: Asked, relevant: Sequence[Indices]) -> Iterator[Segment]:
    known = np.array([len(case.query.history_items) for case in asked.questions])
    others = known[known > NEW]
    many = float(np.percentile(others, HEAVY)) if len(others) else float(NEW)
    yield Segment("new-users", f"users with at most {NEW} known events", _of(relevant, known <= NEW))
    casual = f"users with more than {NEW} and at most {many:,.0f} known events"
    yield Segment("casual-users", casual, _of(relevant, (known > NEW) & (known <= many)))
    yield Segment("heavy-users", f"users with more than {many:,.0f} known events", _of(relevant, known > many))


def _of(relevant: Sequence[Indices], users: NDArray[np.bool_]) -> list[Indices]:
    return [items if of else items[:0] for items, of in zip(relevant, users.tolist(), strict=True)]


def _by_item(asked: Asked, relevant: Sequence[Indices]) -> Iterator[Segment]:
    """Divide items so that each third, from the most popular to the least, has as many of the events."""
    counts = np.bincount(asked.known.items, minlength=asked.known.n_items)
    order = np.argsort(-counts, kind="stable")
    thirds = np.empty(len(counts), np.int8)
    before = np.cumsum(counts[order]) - counts[order]
    thirds[order] = np.minimum(2, 3 * before // max(1, counts.sum()))
    thirds[counts == 0] = 2
    for third, name in enumerate(("head", "middle", "tail")):
        of = thirds == third
        yield Segment(
            f"{name}-items", f"the {of.sum():,} items of the {_THIRDS[third]}", [each[of[each]] for each in relevant]
        )


_THIRDS = ("most popular third of the events", "next third of the events", "last third of the events, and of none")


def _sentence(whole: Mapping[str, Any]) -> str:
    """Say what is certain about the model beside the simple lists."""
    [metric] = [each for each in whole["metrics"] if each["metric"] == DECIDING]
    phrases = ", ".join(map(_phrase, metric["lessBaselines"])) or "nothing simple answers these questions"
    return f"{phrases[0].upper()}{phrases[1:]} (NDCG@10, {whole['users']:,} held-out users)."


def _phrase(less: Mapping[str, Any]) -> str:
    other = BASELINES[less["baseline"]]
    if less["value"] == less["low"] == less["high"] == 0:
        return f"the same as {other}"
    certain = "certain" if less["low"] > 0 or less["high"] < 0 else "not certain"
    return f"{'better' if less['value'] > 0 else 'worse'} than {other}, {certain}"
