"""What is popular among users alike, for those who have little history of their own.

lift(i, v) = log (n_iv + p) / (N_v n_i / N + p): n_iv of the N_v users with value v of a column have item i, n_i of all
N users, and p users are what chance can do. The lifts of a user's values add up as in naive Bayes; because columns
tell the same twice, their sum is held back by a factor that held-out users, asked as strangers, choose: perhaps 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Descriptions, Matrix, describe
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Times, TrainingData, rows_kept
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import beyond_doubt, ndcg

CHANCE: Final = 5.0
# The most frequent values make segments; of each, the items that depart most from what is usual are kept.
SEGMENTS, KEPT, BLOCK = 256, 300, 16
# A history of this many events says as much as the columns do.
SPOKEN: Final = 3.0
FACTORS: Final = (0.0, 0.25, 0.5, 1.0)
# With fewer held-out users than this none are asked.
ENOUGH, UNTAUGHT = 20, 1.0
CUTOFF: Final = 10


@dataclass(frozen=True, slots=True)
class Segments:
    """Values by user, those of user u in `values[starts[u] : starts[u + 1]]`, and (values, KEPT) items with lifts."""

    starts: Times
    values: Indices
    items: Indices
    lifts: Floats
    factor: Floats

    def of(self, user: int | None, events: int) -> tuple[Indices, Floats]:
        """Return items, sorted, and how much likelier they are for this user; less so the longer the history."""
        if user is None or user + 1 >= len(self.starts) or not self.factor[0]:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        rows = self.values[self.starts[user] : self.starts[user + 1]]
        items, place = np.unique(self.items[rows], return_inverse=True)
        lifts = np.bincount(place.ravel(), self.lifts[rows].ravel(), len(items))
        return items, (lifts * self.factor[0] * SPOKEN / (SPOKEN + events)).astype(np.float32)

    def with_users(self, keep: Mask) -> Self:
        """Return the same of some users, (users,); of a value that none of them has, no item is told any more."""
        starts, entries = rows_kept(self.starts, keep)
        values = self.values[entries]
        lost = np.setdiff1d(self.values, values)
        items, lifts = np.array(self.items), np.array(self.lifts)
        items[lost], lifts[lost] = np.arange(items.shape[1], dtype=items.dtype), 0.0
        return replace(self, starts=starts, values=values, items=items, lifts=lifts)

    def among(self, users: Indices, n_users: int) -> Self:
        """Return the same where these users are some of more, of whom the others have no values; `users` are sorted."""
        lengths = np.zeros(n_users, np.int64)
        lengths[users] = np.diff(self.starts)
        return replace(self, starts=np.append(0, np.cumsum(lengths)).astype(self.starts.dtype))

    def with_factor(self, factor: float) -> Self:
        """Return the same with another factor."""
        return replace(self, factor=np.array([factor], np.float32))


def added(segment: tuple[Indices, Floats], items: Indices) -> Floats:
    """Return what a segment adds to the log share of some items."""
    segment_items, lifts = segment
    if not len(segment_items):
        return np.zeros(len(items), np.float32)
    place = np.minimum(np.searchsorted(segment_items, items), len(segment_items) - 1)
    return np.where(segment_items[place] == items, lifts[place], np.float32(0))


def likely(segment: tuple[Indices, Floats], share: Floats, k: int) -> Indices:
    """Return the k most popular items of a segment; `share` (items,) is everybody's log share."""
    items, lifts = segment
    if len(items) <= k:
        return items
    return np.sort(items[np.argpartition(-(share[items] + lifts), k)[:k]])


def learn(data: TrainingData, factor: float = 1.0) -> Segments | None:
    """Count who has what by the values of the users' columns; None without columns that say anything."""
    descriptions = describe(replace(data, item_columns=data.user_columns, item_texts={}))
    if descriptions is None:
        return None
    starts, values = _values(descriptions)
    member, holdings = _binary(starts, values, min(SEGMENTS, descriptions.width - 1)), _holdings(data.interactions)
    active = np.diff(holdings.indptr) > 0
    users = np.asarray(member[active].sum(axis=0)).ravel()
    usual = np.asarray(holdings.sum(axis=0)).ravel() / max(1, active.sum())
    rows = [lifted(block, users[begin : begin + BLOCK], usual) for begin, block in _blocks(member.T.tocsr(), holdings)]
    items, lifts = (np.concatenate(part) for part in zip(*rows, strict=True))
    return Segments(starts, values, items, lifts, np.array([factor], np.float32))


def _blocks(members: Matrix, holdings: Matrix) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """Yield (values, items) in blocks: how many users with a value have an item."""
    for begin in range(0, members.shape[0], BLOCK):
        yield begin, (members[begin : begin + BLOCK] @ holdings).toarray()


def lifted(counts: NDArray[np.floating], users: Floats, usual: NDArray[np.floating]) -> tuple[Indices, Floats]:
    """Return the items whose counts are furthest from what is usual, by value, and their lifts."""
    expected = np.outer(users, usual)
    most = min(KEPT, counts.shape[1])
    places = np.sort(np.argpartition(-np.abs(counts - expected), most - 1, axis=1)[:, :most], axis=1)
    lifts = np.take_along_axis(np.log((counts + CHANCE) / (expected + CHANCE)), places, axis=1)
    return places.astype(np.int32), lifts.astype(np.float32)


def _values(descriptions: Descriptions) -> tuple[Times, Indices]:
    """Return the most frequent values by user, numbered anew, without the first feature, which everybody has."""
    counts = np.bincount(descriptions.features, minlength=descriptions.width)
    frequent = np.argsort(-counts[1:], kind="stable")[:SEGMENTS] + 1
    number = np.full(descriptions.width, -1, np.int32)
    number[frequent] = np.arange(len(frequent), dtype=np.int32)
    values = number[descriptions.features]
    before = np.concatenate([[0], np.cumsum(values >= 0)])
    return before[descriptions.starts], values[values >= 0]


def _binary(starts: Times, columns: Indices, width: int) -> Matrix:
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(starts) - 1, width))


def _holdings(events: Interactions) -> Matrix:
    """Return (users, items): 1 where a user has an item."""
    pairs = np.unique(events.users.astype(np.int64) * events.n_items + events.items)
    users, items = np.divmod(pairs, max(1, events.n_items))
    return _binary(np.searchsorted(users, np.arange(events.n_users + 1)), items, events.n_items)


def choose(folds: Sequence[tuple[Segments | None, Floats, list[Case]]]) -> float:
    """Return the factor with which held-out users, asked without their history, are answered better beyond doubt.

    Each fold has what others teach: their segments and the log share of all items (items,).
    """
    known = [(segments, share, cases) for segments, share, cases in folds if segments is not None]
    if not known:
        return 0.0
    if sum(len(cases) for _, _, cases in known) < ENOUGH:
        return UNTAUGHT
    quality = {factor: np.concatenate([_quality(fold, factor) for fold in known]) for factor in FACTORS}
    gains = {factor: beyond_doubt(values - quality[0.0]) for factor, values in quality.items()}
    # Of factors that do equally well the one with the most margin.
    return max(FACTORS, key=lambda factor: (gains[factor], factor if gains[factor] > 0 else -factor))


def _quality(fold: tuple[Segments, Floats, list[Case]], factor: float) -> NDArray[np.float64]:
    segments, share, cases = fold[0].with_factor(factor), *fold[1:]
    popular = np.argsort(-share, kind="stable")[: 10 * metrics.LENGTH].astype(np.int32)
    return np.array([_ndcg(segments.of(case.query.user, 0), share, popular, case.relevant) for case in cases])


def _ndcg(segment: tuple[Indices, Floats], share: Floats, popular: Indices, relevant: Indices) -> float:
    items = np.union1d(popular, likely(segment, share, len(popular))).astype(np.int32)
    best = items[np.argsort(-(share[items] + added(segment, items)), kind="stable")[:CUTOFF]]
    return ndcg(np.isin(best, relevant), max(1, len(relevant)), CUTOFF)
