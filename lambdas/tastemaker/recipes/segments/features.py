"""How a user stands to a target at a moment: what was taken of it, what leads to it, how active the user is.

With f_t(e) how far an event fades in tempo t (`fading`), q a target's column and B the item-item matrix:

    own_t  =  sum_e f_t(e) q_e         score_t  =  sum_e f_t(e) (B q)_e / sum_e f_t(e)      active_t  =  sum_e f_t(e)

All but the last are sums over sparse rows: one product of the histories of a block of users with all targets.
"""

from dataclasses import dataclass
from typing import Any, Final

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
# Added before logarithms are taken: what nothing speaks for has one too.
COUNT_FLOOR, SCORE_FLOOR = 0.1, 0.003
# A history of this many events says as much as who the user is.
SPOKEN: Final = 5.0
# The columns of a cell (user, target), in their order.
WIDTH: Final = TEMPOS + len(SCORED) + 2 + (TEMPOS + 3) + 2
# Among them: 1 for a user without a history.
STRANGER: Final = WIDTH - 3


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
    """Columns of all cells, each to be spread to (users, targets), and which targets a user has taken of before."""

    columns: list[Floats]
    own: NDArray[np.bool_]

    def logits(self, own: Floats, new: Floats) -> Floats:
        """Return the log-odds (users, targets) by the weights of own and of new targets."""
        odds = np.full(self.own.shape, new[-1], np.float32)
        for column, weight in zip(self.columns, new[:-1], strict=True):
            odds += column * weight
        # Few cells are own ones.
        users, targets = np.nonzero(self.own)
        odds[users, targets] = self.rows(users, targets) @ own[:-1] + own[-1]
        return odds

    def rows(self, users: NDArray[np.int64], targets: NDArray[np.int64]) -> Floats:
        """Return the features of some cells, (cells, WIDTH)."""
        shape = self.own.shape
        return np.stack([np.broadcast_to(column, shape)[users, targets] for column in self.columns], axis=1)


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
    events, users = block.events, block.events.n_users
    faded = fading(events, block.now, horizon)
    active = np.stack([np.bincount(events.users, each, users) for each in faded]).astype(np.float32)
    own = [_product(events, each, targets.items) for each in faded]
    scores = [
        _product(events, faded[tempo], targets.sources) / np.maximum(active[tempo], 1e-9)[:, None] for tempo in SCORED
    ]
    familiar = (active[0] / (active[0] + SPOKEN))[:, None]
    lifts = _lifts(block, targets)
    columns = [
        *(np.log(each + np.float32(COUNT_FLOOR)) for each in own),
        *(np.log(np.maximum(each, 0) + np.float32(SCORE_FLOOR)) for each in scores),
        lifts,
        lifts * (1 - familiar),
        *(np.log1p(each)[:, None] for each in active),
        _staleness(block, horizon),
        _habit(events),
        (np.diff(events.starts()) == 0)[:, None],
        targets.share[None, :],
        targets.rate[None, :],
    ]
    return Features([each.astype(np.float32, copy=False) for each in columns], own[0] > 0)


def _product(events: Interactions, weights: Floats, columns: Any) -> Floats:  # noqa: ANN401  a scipy matrix
    """Return the sums of weighted rows of (items, targets) over each user's events, (users, targets)."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting and segments

    history = csr_matrix((weights, events.items, events.starts()), (events.n_users, columns.shape[0]))
    return np.asarray((history @ columns).toarray(), np.float32)


def _lifts(block: Block, targets: Targets) -> Floats:
    if block.members is None or not len(targets.lifts):
        return np.zeros((block.events.n_users, len(targets)), np.float32)
    return np.asarray(block.members @ targets.lifts, np.float32)


def _staleness(block: Block, horizon: float) -> Floats:
    """Return the log of the time since each user's last event, in horizons, (users, 1)."""
    events, starts = block.events, block.events.starts()
    since = np.full(events.n_users, horizon, np.float64)
    active = np.diff(starts) > 0
    since[active] = np.maximum(block.now[active] - events.timestamps[starts[1:][active] - 1], 0)
    return np.log(since / max(horizon, 1.0) + 0.01).astype(np.float32)[:, None]


def _habit(events: Interactions) -> Floats:
    """Return the share of each user's events that repeat an item, as log-odds, (users, 1)."""
    order = np.lexsort((events.items, events.users))
    users, items = events.users[order], events.items[order]
    again = np.append(False, (users[1:] == users[:-1]) & (items[1:] == items[:-1]))[: len(users)]
    repeats = np.bincount(users, again, events.n_users)
    whole = np.bincount(users, minlength=events.n_users)
    return np.log((repeats + 0.5) / (whole - repeats + 0.5)).astype(np.float32)[:, None]
