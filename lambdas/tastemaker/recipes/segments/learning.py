"""Learns the weights of segments: from who took what after a moment, by all that was known before it.

The newest SHARE of all events lies after the moment; that is the horizon. The item-item matrix is learned from what was
before, of all users, as it is from all events in the end: a segment is of users that the matrix has seen. Targets are
drawn by their users; of users, as many as their cells may be.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import logistic
from tastemaker.recipes.attributes import segments
from tastemaker.recipes.attributes.descriptions import Matrix, describe
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import Floats, Indices, Interactions, TrainingData
from tastemaker.recipes.histories.baskets import first_times, last_events
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.logistic import Rows
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Learner
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.segments.features import (
    ALONE,
    POPULARITY,
    RISING,
    SCORE_FLOOR,
    SCORED,
    STRANGER,
    TEMPOS,
    WIDTH,
    Block,
    Features,
    features,
)
from tastemaker.recipes.segments.model import Affinity
from tastemaker.recipes.segments.targets import Likeness

# Draws targets: (data, users by item before the moment, generator, how many) to (items, targets).
Cells = NDArray[np.bool_]
Draw = Callable[[TrainingData, Indices, np.random.Generator, int], Matrix]

SHARE: Final = 0.2
KERNEL: Final = Kernel()
RIDGE: Final = 10.0
# What a user did longer ago than this many events teaches nothing measurable.
TAUGHT_EVENTS: Final = 1000
# Users and targets that are learned from, and cells: of those without a hit a part stands for all.
USERS, TARGETS, CELLS = 20_000, 256, 1 << 22
SAMPLED: Final = 400_000
# The part of the users that had no history.
STRANGERS: Final = 0.2
AT_ONCE: Final = 1000
# With fewer hits than this a set of weights is not learned.
ENOUGH: Final = 30
# Of a column, a logarithm, that hardly differs among those who are learned from nobody knows what it says of others.
LEAST_SPREAD: Final = 0.01


@dataclass(frozen=True, slots=True)
class Weights:
    """Of own and of new targets, one a column and the intercept: (WIDTH + 1,) each; `seen` as in `Affinity`."""

    own: Floats
    new: Floats
    seen: Floats


def fit(data: TrainingData, draw: Draw, *, seed: int, progress: Progress, alike: bool = False) -> Affinity:
    """Learn the weights, unless a model of most of the same data has them, and all else from all events.

    With `alike` targets are single items, and those of few users stand for what is like them as well.
    """
    progress(0.05, "counting what follows what")
    if isinstance(data.like, Affinity):
        weights, horizon = Weights(data.like.own, data.like.new, data.like.seen), data.like.horizon
    else:
        weights, horizon = _learned(data, draw, seed, progress, alike=alike)
    progress(0.6, "learning from all users")
    return _model(data, data.interactions, weights, {"horizon": horizon, "alike": alike})


def _learned(data: TrainingData, draw: Draw, seed: int, progress: Progress, *, alike: bool) -> tuple[Weights, float]:
    split = Split.at(border(data.interactions), data.interactions)
    model = _model(data, split.past, UNTAUGHT, {"horizon": split.horizon, "alike": alike})
    progress(0.4, "learning who takes what")
    rng = np.random.default_rng(seed)
    users = _drawn(split.past, rng)
    items = draw(data, model.users, rng, min(TARGETS, max(1, CELLS // max(1, len(users)))))
    if not len(users) or not items.shape[1]:
        return UNTAUGHT, split.horizon
    own, new = _examples(model, split, users, items, rng)
    weights = _weights(own, UNTAUGHT.own, RISING), _weights(new, UNTAUGHT.new, {POPULARITY})
    return Weights(*weights, _seen(Rows.join([own, new]).features)), split.horizon


def _drawn(past: Interactions, rng: np.random.Generator) -> Indices:
    """Return users to learn from: mostly such with a history, and some without."""
    lengths = np.diff(past.starts())
    active, strangers = (rng.permutation(np.flatnonzero(mask)) for mask in (lengths > 0, lengths == 0))
    few = int(STRANGERS * USERS)
    return np.sort(np.concatenate([active[: USERS - few], strangers[:few]])).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Split:
    """What was before a moment, and what came from then on; `horizon` is how long that took, in seconds."""

    past: Interactions
    later: Interactions
    moment: int
    horizon: float

    @classmethod
    def at(cls, moment: int, events: Interactions) -> Self:
        """Split events."""
        past, later = (events.where(mask) for mask in (events.timestamps < moment, events.timestamps >= moment))
        return cls(past, later, moment, float(max(1, int(events.timestamps.max(initial=0)) - moment)))


def border(events: Interactions) -> int:
    """Return the moment from which on the newest SHARE of events are; some are before it where moments differ."""
    times = np.sort(events.timestamps)
    if not len(times):
        return 0
    moment = int(times[int((1 - SHARE) * len(times))])
    later = times[times > times[0]]
    return max(moment, int(later[0])) if len(later) else moment


def _model(data: TrainingData, events: Interactions, weights: Weights, settings: dict[str, object]) -> Affinity:
    """Learn all but the weights from some events."""
    rows = describe(data)
    likeness = Likeness(rows.starts, rows.features, rows.values, rows.vocabulary) if rows else None
    return Affinity(
        _neighbours(events),
        np.bincount(events.items, minlength=events.n_items).astype(np.int32),
        distinct_users(events).astype(np.int32),
        segments.learn(_replaced(data, events)) if len(events) else None,
        likeness,
        weights.own,
        weights.new,
        weights.seen,
        {**settings, "users": events.n_users},
    )


def _replaced(data: TrainingData, events: Interactions) -> TrainingData:
    return TrainingData(events, data.user_ids, data.item_ids, user_columns=data.user_columns)


def _neighbours(events: Interactions) -> Neighbours:
    paired = last_events(first_times(events), TAUGHT_EVENTS)
    if not len(paired):
        return Neighbours(np.zeros(events.n_items + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    nobody = paired.where(np.zeros(len(paired), bool))
    return Learner.of(paired, nobody, KERNEL).learn(RIDGE).listed()


def _examples(
    model: Affinity, split: Split, users: Indices, items: Matrix, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Return the cells of own and of new targets (items, targets) of some users."""
    targets, own, new = model.of(items, model.alike(items)), list[Rows](), list[Rows]()
    for some in np.array_split(users, max(1, len(users) // AT_ONCE)):
        block = Block(renumbered(split.past, some), np.full(len(some), split.moment), _members(model, some))
        truth = _taken(renumbered(split.later, some), items)
        known = features(block, targets, model.horizon)
        most = max(1, SAMPLED * len(some) // len(users))
        own.append(_sample(known, known.own, truth, rng, most))
        new.append(_sample(known, ~known.own, truth, rng, most))
    return Rows.join(own), Rows.join(new)


def renumbered(events: Interactions, users: Indices) -> Interactions:
    """Return the events of some users, sorted, as those of users from 0 on."""
    place = np.full(events.n_users, -1, np.int32)
    place[users] = np.arange(len(users), dtype=np.int32)
    part = events.where(place[events.users] >= 0)
    return Interactions(place[part.users], part.items, part.timestamps, part.weights, len(users), events.n_items)


def _members(model: Affinity, users: Indices) -> Matrix | None:
    everybody = model.members(0, int(users[-1]) + 1)
    return None if everybody is None else everybody[users]


def _taken(events: Interactions, items: Matrix) -> Cells:
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting and segments

    ones = np.ones(len(events), np.float32)
    history = csr_matrix((ones, events.items, events.starts()), (events.n_users, events.n_items))
    return np.asarray((history @ items).toarray() > 0)


def _sample(known: Features, cells: Cells, truth: Cells, rng: np.random.Generator, most: int) -> Rows:
    """Return some of the cells (users, targets): all hits, and of the others a sample that stands for all."""
    hits, others = np.flatnonzero(cells & truth), np.flatnonzero(cells & ~truth)
    count = min(len(others), most)
    sample = np.sort(rng.choice(others, count, replace=False)) if count < len(others) else others
    places = np.concatenate([hits, sample])
    users, targets = np.unravel_index(places, truth.shape)
    weight = np.concatenate([np.ones(len(hits)), np.full(count, len(others) / max(1, count))])
    there = np.arange(len(places)) < len(hits)
    return Rows(known.rows(users, targets), there, weight.astype(np.float32))


def _seen(rows: Floats) -> Floats:
    """Return the least and the most of what is said of users alone, (2, columns); a stranger may always be one."""
    alone = rows[:, ALONE.start : WIDTH - 2]
    if not len(alone):
        return UNTAUGHT.seen
    seen = np.stack([alone.min(axis=0), alone.max(axis=0)])
    seen[:, STRANGER - ALONE.start] = 0, 1
    return seen


def _weights(rows: Rows, usual: Floats, rising: Collection[int]) -> Floats:
    if rows.truth.sum() < ENOUGH or rows.truth.all():
        return usual
    telling = np.flatnonzero(rows.features.std(axis=0) >= LEAST_SPREAD).tolist()
    weights = logistic.learn(rows, telling, rising=rising)
    if not rows.features[:, STRANGER].any():
        weights[STRANGER] = usual[STRANGER]
    return weights


def _untaught(own: Sequence[float]) -> Floats:
    weights = np.zeros(WIDTH + 1, np.float32)
    weights[: len(own)] = own
    # A score of which nothing is stored is as small as the floor, also beside weights that were learned.
    weights[-1] = np.log(SCORE_FLOOR)
    # Popularity speaks where nothing else does, and of strangers least is known.
    weights[POPULARITY], weights[STRANGER] = 1.0, -3.0
    return weights


# What counts where too few hits teach better: what was taken of it, what leads to it, how popular it is.
_LEADING = [1.0 / len(SCORED)] * len(SCORED)
_ANYBODY = np.array([[-np.inf], [np.inf]], np.float32).repeat(TEMPOS + 3, axis=1)
UNTAUGHT: Final = Weights(_untaught([1.0 / TEMPOS] * TEMPOS + _LEADING), _untaught([0.0] * TEMPOS + _LEADING), _ANYBODY)
