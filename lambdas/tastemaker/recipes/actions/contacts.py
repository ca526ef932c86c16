"""Actions and what came of showing them: the examples that next-best-action learns from.

A contact is a user who was shown an action (VIEWED or NOT_TAKEN), once per pair and day. It succeeds if the user takes
the action within the period after it. A TAKEN that no contact led to is a success of its own.

Contacts of the last days have not had their whole period yet. Of those that will succeed a share F(d) has done so by
day d, so one that has not after d days is a failure with probability (1 - p) / (1 - F(d) p) only: "Modeling Delayed
Feedback in Display Advertising" (Chapelle, KDD 2014), eq. 5-6, with the delays of older contacts in the place of an
exponential law. A contact that was refused (NOT_TAKEN on its day) waits for nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Indices, Interactions, Mask, Times

DAY: Final = 86_400
# Event types as the weights of interactions.
NOT_TAKEN, VIEWED, TAKEN = 1, 2, 3
CODES: Final = {"TAKEN": float(TAKEN), "VIEWED": float(VIEWED), "NOT_TAKEN": float(NOT_TAKEN)}
# What an action needs before it gets a score of its own ("Next-Best-Action recipe").
LEAST_TAKEN, LEAST_OTHERS, RECENT = 50, 50, 42 * DAY
# As many made-up delays, spread evenly over the period, as the curve of delays begins with.
_PRIOR_DELAYS = 2.0


@dataclass(frozen=True, slots=True)
class Contacts:
    """Examples: all arrays are (contacts,); `late` is the share of successes still to come, 0 after a period."""

    users: Indices
    actions: Indices
    times: Times
    taken: Mask
    late: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.users)

    def where(self, keep: NDArray[np.generic]) -> "Contacts":
        """Return some of the contacts: `keep` is a mask, or places."""
        return replace(self, **{name: getattr(self, name)[keep] for name in self.__slots__})


def codes_of(events: Interactions) -> Indices:
    """Return the type of each event."""
    return events.weights.astype(np.int32)


def well_known(events: Interactions) -> Mask:
    """Return which actions were taken and refused often enough lately to be scored, shape (actions,)."""
    recent = events.where(events.timestamps >= events.timestamps.max(initial=0) - RECENT)
    takings = codes_of(recent) == TAKEN
    times_taken = np.bincount(recent.items[takings], minlength=events.n_items)
    others = np.bincount(recent.items[~takings], minlength=events.n_items)
    mask: Mask = (times_taken >= LEAST_TAKEN) & (others >= LEAST_OTHERS)
    return mask


def contacts_of(events: Interactions, period: int) -> Contacts:
    """Return what came of each contact within `period` seconds."""
    pairs = events.users.astype(np.int64) * events.n_items + events.items
    _, numbers = np.unique(pairs, return_inverse=True)
    end = int(events.timestamps.max(initial=0))
    # Pairs one behind the other, further apart than any period reaches: one number says both pair and moment.
    apart = 2 * (end + period + 1)
    moments, days = numbers * apart + events.timestamps, numbers * apart + events.timestamps // DAY
    codes = codes_of(events)
    showings, takings = np.flatnonzero(codes != TAKEN), np.flatnonzero(codes == TAKEN)
    delays, first = _next(np.sort(moments[takings]), moments[showings]), np.unique(days[showings], return_index=True)[1]
    showings, delays = showings[first], delays[first]
    ages = end - events.timestamps[showings]
    late = np.where(np.isin(days[showings], days[codes == NOT_TAKEN]), 0.0, _still_to_come(delays, ages, period))
    own = _uncalled(np.sort(moments[codes != TAKEN]), moments, takings, period)
    rows = np.concatenate([showings, own])
    successes = np.concatenate([delays <= period, np.ones(len(own), bool)])
    order = np.lexsort((events.items[rows], events.timestamps[rows], events.users[rows]))
    late = np.concatenate([late, np.zeros(len(own))])
    contacts = Contacts(events.users[rows], events.items[rows], events.timestamps[rows], successes, late)
    return contacts.where(order)


def ripe(contacts: Contacts, events: Interactions, period: int) -> Mask:
    """Return which contacts have their whole period behind them: of newer ones, failures are known before successes."""
    mask: Mask = contacts.times <= int(events.timestamps.max(initial=0)) - period
    return mask


def _next(takings: Times, moments: Times) -> Times:
    """Return how long after each moment the next taking is; very long where there is none."""
    far = np.append(takings, np.iinfo(np.int64).max)
    waits: Times = far[np.searchsorted(takings, moments)] - moments
    return waits


def _uncalled(contacts: Times, moments: Times, takings: Times, period: int) -> Times:
    """Return the takings that no contact led to, among equals of a pair and day the first."""
    before = np.concatenate([[np.iinfo(np.int64).min // 2], contacts])
    last = before[np.searchsorted(contacts, moments[takings], side="right")]
    alone = takings[moments[takings] - last > period]
    _, first = np.unique(moments[alone] // DAY, return_index=True)
    rows: Times = alone[first]
    return rows


def _still_to_come(delays: Times, ages: Times, period: int) -> NDArray[np.float64]:
    """Return the share of successes that come later than at the `ages` that contacts have now, shape (contacts,)."""
    ripe = delays[(delays <= period) & (ages >= period)]
    curve = np.sort(ripe if len(ripe) else delays[delays <= period])
    if not len(curve):
        return np.zeros(len(ages))
    seconds = np.minimum(ages, period)
    come = np.searchsorted(curve, seconds, side="right") + _PRIOR_DELAYS * seconds / period
    return np.asarray(1.0 - come / (len(curve) + _PRIOR_DELAYS), np.float64)
