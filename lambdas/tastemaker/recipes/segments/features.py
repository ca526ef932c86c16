"""How a user stands to a target at a moment: what was taken of it, what leads to it, how active the user is.

With f_t(e) how far an event fades in tempo t (`fading`), q a target's column and q' what it stands for (`targets`), and
B the item-item matrix:

    own_t  =  sum_e f_t(e) q_e        score_t  =  sum_e f_t(e) (B q')_e / sum_e f_t(e)        active_t  =  sum_e f_t(e)

All but the last are sums over sparse rows: one product of the histories of a block of users with all targets. Of pairs
(user, target) of which nothing speaks the features are 0, so that they need not be looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Interactions, Times
from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.segments.targets import Targets

# How the past fades: not at all, with the baskets since, and with the time since, in parts of the horizon.
BASKETS: Final = (3.0, 12.0)
SPANS: Final = (0.25, 1.0)
TEMPOS: Final = 1 + len(BASKETS) + len(SPANS)
# The tempos that scores are read in: all of the past alike, the last baskets, the last weeks.
SCORED: Final = (0, 1, 3)
# What weighs as much as a first one does: logarithms grow from there on.
COUNT_FLOOR, SCORE_FLOOR = 0.1, 0.003
# A history of this many events says as much as who the user is.
SPOKEN: Final = 5.0
# The columns of a cell (user, target), in their order: of pairs, of who the user is, of users alone and of targets.
PAIRED: Final = TEMPOS + len(SCORED)
PEOPLE, ALONE, TARGET = (slice(PAIRED, PAIRED + 2), slice(PAIRED + 2, PAIRED + TEMPOS + 5), slice(-3, -1))
WIDTH: Final = PAIRED + 2 + TEMPOS + 3 + 2
# Among them: 1 for a user without a history, and the log share of a target.
STRANGER, POPULARITY = WIDTH - 3, WIDTH - 2
# Of who has taken something before: more of it, of what leads there or of anything speaks for another time.
RISING: Final = frozenset((*range(PAIRED), *range(PAIRED + 2, PAIRED + 2 + TEMPOS), POPULARITY))


@dataclass(frozen=True, slots=True)
class Block:
    """Some users: their events, numbered from 0 on, the moment of each (users,), and the values of who they are.

    `members` is (users, values), or None where nothing is known of anybody.
    """

    events: Interactions
    now: Times
    members: Any | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """All columns of a block: `pairs`, CSR matrices (users, targets), own ones first; `lifts` by who the users are.

    `familiar` (users, 1), `users` (users, columns) and `targets` (targets, columns).
    """

    pairs: Sequence[Any]
    lifts: Floats | None
    familiar: Floats
    users: Floats
    targets: Floats

    @property
    def own(self) -> NDArray[np.bool_]:
        """Return which targets a user has taken of before, (users, targets)."""
        mask: NDArray[np.bool_] = self.pairs[0].toarray() > 0
        return mask

    def within(self, seen: Floats) -> Self:
        """Return the same with users no stranger than some were, from `seen[0]` to `seen[1]`, (2, columns)."""
        return replace(self, users=np.clip(self.users, seen[0], seen[1]))

    def logits(self, own: Floats, new: Floats) -> Floats:
        """Return the log-odds (users, targets) by the weights of own and of new targets."""
        odds = (self.users @ new[ALONE])[:, None] + (self.targets @ new[TARGET])[None, :] + new[-1]
        for weight, pairs in zip(new[:PAIRED], self.pairs, strict=True):
            if weight and pairs.nnz:
                odds += (weight * pairs).toarray()
        if self.lifts is not None:
            by, strange = new[PEOPLE]
            odds += self.lifts * (by + strange * (1 - self.familiar))
        # Few cells are own ones.
        users, targets = np.nonzero(self.own)
        odds[users, targets] = self.rows(users, targets) @ own[:-1] + own[-1]
        return np.asarray(odds, np.float32)

    def rows(self, users: NDArray[np.int64], targets: NDArray[np.int64]) -> Floats:
        """Return the features of some cells, (cells, WIDTH)."""
        lifts = np.zeros(len(users), np.float32) if self.lifts is None else self.lifts[users, targets]
        people = np.stack([lifts, lifts * (1 - self.familiar[users, 0])], axis=1)
        pairs = np.stack([_at(each, users, targets) for each in self.pairs], axis=1)
        return np.concatenate([pairs, people, self.users[users], self.targets[targets]], axis=1)


def fading(events: Interactions, now: Times, horizon: float) -> Floats:
    """Return what is left of each event in each tempo, (TEMPOS, events); `now` (users,) is the moment of each user."""
    baskets, ends = number_baskets(events), events.starts()[1:] - 1
    since = (baskets[ends[events.users]] - baskets).astype(np.float32)
    spans = np.maximum(now[events.users] - events.timestamps, 0).astype(np.float32) / np.float32(max(horizon, 1.0))
    faded = [
        np.ones(len(events), np.float32),
        *(np.exp(-since / np.float32(decay)) for decay in BASKETS),
        *(np.exp(-spans / np.float32(decay)) for decay in SPANS),
    ]
    return np.asarray(np.stack(faded) * events.weights, np.float32)


def features(block: Block, targets: Targets, horizon: float) -> Features:
    """Return the features of a block of users and all targets."""
    events = block.events
    faded = fading(events, block.now, horizon)
    active = np.stack([np.bincount(events.users, each, events.n_users) for each in faded]).astype(np.float32)
    shares = np.asarray(faded[list(SCORED)] / np.maximum(active[list(SCORED)], 1e-9)[:, events.users], np.float32)
    return Features(
        [
            *_pairs(events, faded, targets.items, COUNT_FLOOR),
            *_pairs(events, shares, targets.sources, SCORE_FLOOR),
        ],
        None if block.members is None or not len(targets.lifts) else np.asarray(block.members @ targets.lifts),
        (active[0] / (active[0] + SPOKEN))[:, None],
        _alone(block, active, horizon),
        np.stack([targets.share, targets.rate], axis=1),
    )


def _pairs(events: Interactions, weights: Floats, columns: Any, floor: float) -> Iterator[Any]:  # noqa: ANN401  scipy's
    """Yield log(1 + sum / floor) of weighted rows of (items, targets) over each user's events, weights by weights."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting and segments

    starts, shape = events.starts(), (events.n_users, columns.shape[0])
    for each in weights:
        sums = csr_matrix((each, events.items, starts), shape) @ columns
        sums.data = np.log1p(np.maximum(sums.data, 0) / np.float32(floor))
        yield sums


def _at(pairs: Any, users: NDArray[np.int64], targets: NDArray[np.int64]) -> Floats:  # noqa: ANN401  scipy's
    """Return some cells of a matrix; scipy gives a strange shape to none."""
    return np.asarray(pairs[users, targets], np.float32).ravel() if len(users) else np.zeros(0, np.float32)


def _alone(block: Block, active: Floats, horizon: float) -> Floats:
    """Return what is said of users whatever they are asked for, (users, columns)."""
    stranger = np.diff(block.events.starts()) == 0
    columns = [*np.log1p(active), _staleness(block, horizon), _habit(block.events), stranger]
    return np.stack(columns, axis=1).astype(np.float32, copy=False)


def _staleness(block: Block, horizon: float) -> Floats:
    """Return the log of the time since each user's last event, in horizons, (users,)."""
    events, starts = block.events, block.events.starts()
    since = np.full(events.n_users, horizon, np.float64)
    active = np.diff(starts) > 0
    since[active] = np.maximum(block.now[active] - events.timestamps[starts[1:][active] - 1], 0)
    return np.log(since / max(horizon, 1.0) + 0.01).astype(np.float32)


def _habit(events: Interactions) -> Floats:
    """Return the share of each user's events that repeat an item, as log-odds, (users,)."""
    order = np.lexsort((events.items, events.users))
    users, items = events.users[order], events.items[order]
    again = np.append(False, (users[1:] == users[:-1]) & (items[1:] == items[:-1]))[: len(users)]
    repeats = np.bincount(users, again, events.n_users)
    whole = np.bincount(users, minlength=events.n_users)
    return np.log((repeats + 0.5) / (whole - repeats + 0.5)).astype(np.float32)
