"""How likeness by users is counted: what follows counts more, popularity pulls, as held-out users are answered better.

What is chosen together is divided by the root of how often the other item is chosen (a cosine), or by less, and the
order in which things were met counts or does not (`company`). How much differs: films lead to each other, songs follow
fashion, of groceries one can buy any first. Held-out users are asked about items of their newest tenth for what they
took next (Amazon's protocol), but only for what is new to them: what somebody buys again and again is popular and yet
not like everything.

Items of few users find no place among the neighbours of others, and so nobody ever finds them: every so many places one
goes to such an item, as often as it costs no more than a PRICE.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, TrainingData
from tastemaker.recipes.measuring import evaluation, metrics
from tastemaker.recipes.related import tables
from tastemaker.recipes.related.company import Company

# With fewer than ENOUGH users none are asked; more than MOST say little more.
SHARE, ENOUGH, MOST = 0.1, 20, 500
# A user is asked about so many items, and the answer is what came in so many events after each.
EACH, NEXT = 5, 5


class Manner(NamedTuple):
    """How far popularity pulls, 0 is the cosine and 1 counts alone; how much what came before counts (`Company`).

    One of `every` so many places is for items of few users.
    """

    pull: float = 0.0
    back: float | None = None
    every: int = 20


BACKS: Final = tuple(Manner(back=back) for back in (0.5, 0.0))
PULLS: Final = (0.5, 1.0)
EVERY: Final = (5, 10)
# What part of the quality may be paid for places of items that nobody knows.
PRICE: Final = 0.01


class Question(NamedTuple):
    """An item, what its user had by then, and what was new of that which came next."""

    item: int
    own: Indices
    relevant: Indices


def choose(data: TrainingData, users: Floats, *, seed: int) -> Manner:
    """Return a manner: each step away from the cosine of users only if it is better beyond doubt.

    `users` (items,) are how many have each item, and more, so that few users do not make a rare item strong.
    """
    sample = _held_out(data, seed)
    asked = list(_questions(data.interactions, sample, seed)) if len(sample) >= ENOUGH else []
    if not asked:
        return Manner()
    company = Company.of(data.interactions.where(~np.isin(data.interactions.users, sample)))
    items, rows_of = np.unique(np.array([each.item for each in asked], np.int32), return_inverse=True)
    counts = {back: replace(company, back=back).rows(items) for back in (None, *(each.back for each in BACKS))}

    barred = np.zeros(len(users), bool)

    @cache
    def hits(manner: Manner) -> list[Mask]:
        weights, rows = users ** ((manner.pull - 1) / 2), counts[manner.back]
        pairs = zip(rows_of.tolist(), asked, strict=True)
        return [_hits(*_row(rows, place), each, weights, barred) for place, each in pairs]

    def quality(manner: Manner) -> NDArray[np.float64]:
        return _ndcg(hits(manner), asked)

    ordered = _best(quality, (Manner(), *BACKS))
    best = _best(quality, (ordered, *(ordered._replace(pull=pull) for pull in PULLS)))
    return best._replace(every=_every(hits(best), asked, best.every))


def _every(hits: Sequence[Mask], asked: Sequence[Question], most: int) -> int:
    """Return the least of EVERY whose places could be given away at no more than the price, or else the most."""
    least = (1 - PRICE) * _ndcg(hits, asked).mean()
    for every in EVERY:
        gaps = np.arange(every - 1, metrics.LENGTH, every)
        spaced = [np.insert(each, np.minimum(gaps - np.arange(len(gaps)), len(each)), values=False) for each in hits]
        if _ndcg(spaced, asked).mean() >= least:
            return every
    return most


def _best(quality: Callable[[Manner], NDArray[np.float64]], manners: Iterable[Manner]) -> Manner:
    """Return the first manner, or a later one that is better beyond doubt than all before it."""
    first, *others = manners
    best, most = first, quality(first)
    for manner in others:
        values = quality(manner)
        if metrics.beyond_doubt(values - most) > 0:
            best, most = manner, values
    return best


def _held_out(data: TrainingData, seed: int) -> Indices:
    """Draw users by another seed than the evaluation's: those judge, these choose."""
    active = int((np.diff(data.interactions.starts()) > 0).sum())
    share = min(SHARE, MOST / max(1, active))
    return evaluation.held_out(data.user_ids, data.interactions, seed=seed + 1, share=share)


def _questions(events: Interactions, users: Indices, seed: int) -> Iterator[Question]:
    """Ask about items of the newest tenth; which of the events of one moment come first is drawn."""
    starts = events.starts()
    for user in users.tolist():
        begin, end = int(starts[user]), int(starts[user + 1])
        rng = np.random.default_rng((seed, user))
        items = events.items[begin + np.lexsort((rng.permutation(end - begin), events.timestamps[begin:end]))]
        newest = np.arange(len(items) - max(1, int(len(items) * evaluation.HELD_OUT)), len(items))
        for place in np.sort(rng.permutation(newest)[:EACH]).tolist():
            own = items[:place]
            relevant = np.setdiff1d(items[place : place + NEXT], own)
            if len(relevant):
                yield Question(int(own[-1]), own, relevant)


def _row(counts: Matrix, place: int) -> tuple[Indices, Floats]:
    row = slice(counts.indptr[place], counts.indptr[place + 1])
    return counts.indices[row], counts.data[row]


def _hits(items: Indices, together: Floats, question: Question, weights: Floats, barred: Mask) -> Mask:
    """Return which places of a list hold what is relevant; `barred` (items,) is scratch, False before and after."""
    barred[question.own] = True
    scores = np.where(barred[items], 0, together * weights[items])
    barred[question.own] = False
    best = items[tables.highest(items, scores, metrics.LENGTH)]
    return np.isin(best, question.relevant)


def _ndcg(hits: Sequence[Mask], asked: Sequence[Question]) -> NDArray[np.float64]:
    pairs = zip(hits, asked, strict=True)
    return np.array([metrics.ndcg(each, len(question.relevant), metrics.LENGTH) for each, question in pairs])
