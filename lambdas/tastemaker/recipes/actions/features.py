"""What next-best-action knows of a user and of the user's dealings with an action, as numbers.

Of a user: how much happened with items lately and what it was about, how often actions were shown and taken, and what
the Users dataset says. Of a pair: how often this action was taken, refused and seen, and how long ago it last was.
All of it fades (`fading`), so that a moment needs the state at another one and what happened since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.actions.contacts import DAY, NOT_TAKEN, TAKEN, VIEWED, Contacts, codes_of
from tastemaker.recipes.actions.fading import Fading, GroupEvents, last_before
from tastemaker.recipes.data import Floats, Ids, Indices, Interactions, Mask, TrainingData

# Items whose tastes are told apart, the most popular ones, and the directions of taste that are kept.
TASTES, DIRECTIONS = 2_000, 16
# Values of categories of users, the most frequent ones.
MARKS = 64
_WEEK, _MONTH, _SEASON = 7.0 * DAY, 30.0 * DAY, 90.0 * DAY
_FAR = 5.0  # standard deviations beyond which a number of the Users dataset says no more


def _table(width: int, rows: Mapping[int, tuple[float, ...]]) -> Floats:
    table = np.zeros((max(rows) + 1, width), np.float32)
    for code, row in rows.items():
        table[code] = row
    return table


# Taken, shown, and either of them lately.
DEALINGS: Final = Fading(
    _table(4, {TAKEN: (1, 0, 1, 1), VIEWED: (0, 1, 1, 1), NOT_TAKEN: (0, 1, 1, 1)}),
    np.array([_SEASON, _SEASON, _WEEK, _MONTH]),
)
# Taken, refused, seen.
PAIRS: Final = Fading(
    _table(3, {TAKEN: (1, 0, 0), NOT_TAKEN: (0, 1, 0), VIEWED: (0, 0, 1)}), np.array([_SEASON, _SEASON, _MONTH])
)


@dataclass(frozen=True, slots=True)
class Tastes:
    """Directions in which histories of items differ: `vectors` (items, directions) of the items with sorted `ids`."""

    ids: Ids
    vectors: Floats

    @classmethod
    def learn(cls, signals: Interactions, ids: Ids) -> Self:
        """Take the leading eigenvectors of the cosines between popular items; the largest part sets the sign."""
        from scipy.linalg import eigh  # noqa: PLC0415  scipy is for fitting only
        from scipy.sparse import csr_array  # noqa: PLC0415  same

        popular = np.bincount(signals.items, minlength=signals.n_items)
        head = np.sort(np.argsort(-popular, kind="stable")[: min(TASTES, int((popular > 0).sum()))])
        if not len(head):
            return cls(ids[:0], np.zeros((0, 0), np.float32))
        pairs = np.unique(signals.users.astype(np.int64) * signals.n_items + signals.items)
        users, items = np.divmod(pairs, signals.n_items)
        counts = csr_array((np.ones(len(pairs)), (users, items)), shape=(signals.n_users, signals.n_items))[:, head]
        gram = (counts.T @ counts).toarray()
        scale = 1 / np.sqrt(np.diag(gram))
        first = max(0, len(head) - DIRECTIONS)
        _, vectors = eigh(gram * scale * scale[:, None], subset_by_index=[first, len(head) - 1])
        largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
        return cls(ids[head], (vectors * np.sign(largest) * np.sqrt(len(head))).astype(np.float32))

    @property
    def fading(self) -> Fading:
        """Return how events with items add up: three sorts of activity, then taste; the last row is any other item."""
        width = self.vectors.shape[1]
        table = np.zeros((len(self.ids) + 1, 3 + width), np.float32)
        table[:, :3] = 1
        table[:-1, 3:] = self.vectors
        return Fading(table, np.array([_WEEK, _MONTH, *[_SEASON] * (1 + width)]))

    def codes(self, ids: Ids) -> Indices:
        """Return the rows of the table that items have."""
        if not len(self.ids) or not len(ids):
            return np.full(len(ids), len(self.ids), np.int32)
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[places] == ids, places, len(self.ids)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class People:
    """What the Users dataset says: `marks` (users, categories) places of values or -1, `numbers` (users, numbers)."""

    n_marks: int
    marks: Indices
    numbers: Floats

    @classmethod
    def learn(cls, columns: Mapping[str, NDArray[np.generic]], n_users: int) -> Self:
        """Number the most frequent values of categories, and bring numbers to one scale."""
        texts = [columns[name] for name in sorted(columns) if columns[name].dtype.kind == "U"]
        values = [(-count, place, value) for place, text in enumerate(texts) for value, count in _counted(text)]
        numbering = {(place, value): mark for mark, (_, place, value) in enumerate(sorted(values)[:MARKS])}
        marks = np.full((n_users, len(texts)), -1, np.int32)
        for (place, value), mark in numbering.items():
            marks[texts[place] == value, place] = mark
        numbers = [_standard(columns[name]) for name in sorted(columns) if columns[name].dtype.kind != "U"]
        return cls(len(numbering), marks, np.stack(numbers, axis=1) if numbers else np.zeros((n_users, 0), np.float32))

    def with_users(self, keep: Mask) -> Self:
        """Return what it says of some users, (users,)."""
        return type(self)(self.n_marks, self.marks[keep], self.numbers[keep])

    def of(self, users: Indices) -> Floats:
        """Return what is said of users, -1 is an unknown one: (users, n_marks + numbers)."""
        table = np.zeros((len(users), self.n_marks + self.numbers.shape[1]), np.float32)
        rows = np.flatnonzero(users >= 0)
        for column in range(self.marks.shape[1]):
            marks = self.marks[users[rows], column]
            table[rows[marks >= 0], marks[marks >= 0]] = 1
        table[rows, self.n_marks :] = self.numbers[users[rows]]
        return table


def _counted(text: NDArray[np.generic]) -> list[tuple[str, int]]:
    values, counts = np.unique(text, return_counts=True)
    return [(value, count) for value, count in zip(values.tolist(), counts.tolist(), strict=True) if value]


def _standard(column: NDArray[np.generic]) -> Floats:
    numbers = np.asarray(column, np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not len(finite) or not finite.std():
        return np.zeros(len(numbers), np.float32)
    standard = np.clip((numbers - finite.mean()) / finite.std(), -_FAR, _FAR)
    return np.where(np.isfinite(numbers), standard, 0.0).astype(np.float32)


def history_features(items: Floats, dealings: Floats) -> Floats:
    """Return the features of histories (rows, 3 + directions + 3) from their states."""
    taste = items[:, 3:] / (1 + items[:, 2:3])
    rate = np.log((dealings[:, :1] + 0.5) / (dealings[:, 1:2] + 0.5))
    return np.concatenate([np.log1p(items[:, :3]), taste, rate, np.log1p(dealings[:, 2:])], axis=1)


def has_history(items: Floats, dealings: Floats) -> NDArray[np.bool_]:
    """Return whose history is not empty, or faded away; shape (rows,)."""
    mask: NDArray[np.bool_] = (items[:, 2] > 0) | (dealings[:, 3] > 0)
    return mask


def pair_features(pairs: Floats, since: NDArray[np.float64]) -> Floats:
    """Return the features of pairs (rows, 5) from their states and the seconds since their last event, nan for none."""
    has_event = np.isfinite(since)
    days = np.log1p(np.maximum(np.where(has_event, since, 0.0), 0.0) / DAY)
    return np.concatenate([np.log1p(pairs), np.stack([has_event, days], axis=1)], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Features:
    """Features of contacts before they are scaled: of the history, of the user, and of the pair; (contacts, ...)."""

    history: Floats
    has_history: NDArray[np.bool_]
    people: Floats
    pairs: Floats

    def where(self, keep: NDArray[np.generic]) -> "Features":
        """Return some of the contacts."""
        return Features(self.history[keep], self.has_history[keep], self.people[keep], self.pairs[keep])


def features_before(data: TrainingData, contacts: Contacts, items: Floats, people: People) -> Features:
    """Return what was known just before each contact; `items` (contacts, ...) are the states of signals by then."""
    events = data.interactions
    codes = codes_of(events)
    of_users = GroupEvents(events.users, events.timestamps, codes)
    dealings, _, _ = DEALINGS.at(of_users, contacts.users, contacts.times, events.n_users)
    numbers = np.concatenate(
        [_pair(events.users, events.items, events), _pair(contacts.users, contacts.actions, events)]
    )
    distinct, groups = np.unique(numbers, return_inverse=True)
    of_pairs, pair_groups = GroupEvents(groups[: len(events)], events.timestamps, codes), groups[len(events) :]
    pairs, _, _ = PAIRS.at(of_pairs, pair_groups, contacts.times, len(distinct))
    since = contacts.times - last_before(of_pairs, pair_groups, contacts.times)
    return Features(
        history_features(items, dealings),
        has_history(items, dealings),
        people.of(contacts.users),
        pair_features(pairs, since),
    )


def signals_before(data: TrainingData, contacts: Contacts, tastes: Tastes) -> tuple[Floats, Floats]:
    """Return the states of signals just before each contact, and those of all users at the last signal of any."""
    signals, fading = data.signals, tastes.fading
    n_users = data.interactions.n_users
    if signals is None or data.signal_ids is None:
        width = fading.table.shape[1]
        return np.zeros((len(contacts), width), np.float32), np.zeros((n_users, width), np.float32)
    codes = tastes.codes(data.signal_ids)[signals.items]
    of_users = GroupEvents(signals.users, signals.timestamps, codes)
    before, after, moments = fading.at(of_users, contacts.users, contacts.times, n_users)
    return before, fading.forward(after, newest(signals) - moments)


def newest(signals: Interactions | None) -> int:
    """Return the moment of the last signal."""
    return 0 if signals is None else int(signals.timestamps.max(initial=0))


def _pair(users: Indices, actions: Indices, events: Interactions) -> NDArray[np.int64]:
    return users.astype(np.int64) * events.n_items + actions
