"""What recipes learn from and are asked with: integer indices and plain arrays, never ids, files or clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tastemaker.recipes.objectives import Objective

Indices = NDArray[np.int32]
Times = NDArray[np.int64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Ids = NDArray[np.str_]
CauseKind = Literal["History", "Item", "Popularity", "Trend", "Metadata", "Segment", "Context", "Freshness"]
Value = str | int | float | bool

# Exclusions look back this many events of a type and user, as filters do ("Filter limits").
EXCLUDED_EVENTS = 100
# The moment of a question without a history: after everything that was learned.
_AFTER_ALL = int(np.iinfo(np.int64).max)


def pieces(values: NDArray[Any], begins: Times, ends: Times) -> NDArray[Any]:
    """Return spans of rows, one after another; an array of which not everything is here fetches them at once."""
    own = getattr(values, "pieces", None)
    if own is not None:
        together: NDArray[Any] = own(begins, ends)
        return together
    rows = zip(begins.tolist(), ends.tolist(), strict=True)
    return np.concatenate([values[:0], *(values[begin:end] for begin, end in rows)])


def find(ids: Ids, key: str) -> int | None:
    """Return the place of an id among sorted ones, or None."""
    # A needle wider than the haystack's cells would make numpy copy the whole haystack.
    if not key or len(key) * 4 > ids.dtype.itemsize or key.endswith("\0"):
        return None
    place = int(np.searchsorted(ids, np.array(key, ids.dtype)))
    return place if place < len(ids) and ids[place] == key else None


def find_all(ids: Ids, keys: Sequence[str]) -> Indices:
    """Return the places of many ids among sorted ones, -1 where there is none."""
    width = ids.dtype.itemsize // 4
    fitting = [id_ if len(id_) <= width and not id_.endswith("\0") else "" for id_ in keys]
    needles = np.array(fitting, ids.dtype)
    places = np.minimum(np.searchsorted(ids, needles), max(0, len(ids) - 1))
    mask = (ids[places] == needles) & (needles != "") if len(ids) else np.zeros(len(keys), bool)
    return np.where(mask, places, -1).astype(np.int32)


def extended(values: NDArray[Any], more: int, value: float) -> NDArray[Any]:
    """Return an array with so many more entries of one value behind its own."""
    return np.concatenate([values, np.full(more, value, values.dtype)])


def rows_kept(starts: Times, keep: Mask) -> tuple[Times, Mask]:
    """Return the starts of the rows that are kept, (rows kept + 1,), and which entries lie in them, (entries,)."""
    lengths = np.diff(starts)
    return np.append(0, np.cumsum(lengths[keep])).astype(starts.dtype), np.repeat(keep, lengths)


@dataclass(frozen=True, slots=True)
class Interactions:
    """Events sorted by (user, timestamp, item); all four arrays have shape (events,)."""

    users: Indices
    items: Indices
    timestamps: Times
    weights: Floats
    n_users: int
    n_items: int

    @classmethod
    def sort(
        cls,
        users: ArrayLike,
        items: ArrayLike,
        timestamps: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        n_users: int,
        n_items: int,
    ) -> Self:
        """Bring events of any order into the order that every recipe counts on."""
        users, items = np.asarray(users, np.int32), np.asarray(items, np.int32)
        times = np.asarray(timestamps, np.int64)
        ones = np.ones(len(users), np.float32) if weights is None else np.asarray(weights, np.float32)
        order = np.lexsort((items, times, users))
        return cls(users[order], items[order], times[order], ones[order], n_users, n_items)

    def __len__(self) -> int:
        return len(self.users)

    def starts(self) -> Times:
        """Return where each user's events begin, and the end: shape (n_users + 1,)."""
        return np.searchsorted(self.users, np.arange(self.n_users + 1)).astype(np.int64)

    def where(self, keep: Mask) -> Self:
        """Return the chosen events in the same index space; `keep` has shape (events,)."""
        return replace(
            self,
            users=self.users[keep],
            items=self.items[keep],
            timestamps=self.timestamps[keep],
            weights=self.weights[keep],
        )


@dataclass(frozen=True, slots=True)
class ContextEvents:
    """In which context events happened, sorted by (user, timestamp); `users` to `timestamps` are (events,).

    `codes` (events, columns) are places among the `values` of each of the `columns`, -1 where nothing is told.
    """

    users: Indices
    items: Indices
    timestamps: Times
    codes: Indices
    columns: tuple[str, ...]
    values: tuple[Ids, ...]

    def where(self, keep: Mask) -> Self:
        """Return the chosen events; `keep` has shape (events,)."""
        arrays = ("users", "items", "timestamps", "codes")
        return replace(self, **{name: getattr(self, name)[keep] for name in arrays})

    def at(self, user: int, moment: int) -> dict[str, str]:
        """Return the context of a user's first event at a moment, by column."""
        begin, end = np.searchsorted(self.users, [user, user + 1])
        row = begin + int(np.searchsorted(self.timestamps[begin:end], moment))
        if row >= end or self.timestamps[row] != moment:
            return {}
        cells = zip(self.columns, self.values, self.codes[row].tolist(), strict=True)
        return {column: str(values[code]) for column, values, code in cells if code >= 0}


class Encoder(Protocol):
    """What knows languages: a port, for which docs/recipes.md says how to install an adapter."""

    @property
    def name(self) -> str:
        """Return what tells it from others, of which its vectors say nothing."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector of each text, (texts, dimensions): up to 1,024 dimensions, the same for the same text."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything a recipe may learn from; columns are aligned with the sorted ids.

    `item_texts`: columns of the items that are prose rather than categories; `item_words`: the same, and what items are
    called, of any length, for recipes that read all words.
    `encoder`: what says what texts mean, for recipes that read them.
    `objective`: what is aimed at besides relevance.
    `like`: a model of most of the same data, whose choices are taken over where a recipe would search for them.
    `taken`: what users did that keeps an item out of their answers, for the use cases with an automatic exclusion.
    `impressions` (items,): how often each was shown, as far as that was recorded.
    `contexts`: in which context events happened, of users that may not be among the interactions'.
    `signals`: what the same users did with items named by `signal_ids`, where the items recommended are actions.
    `catalogue` is for filters and not for learning: arrays that are stored beside the model, made by `columns`.
    """

    interactions: Interactions
    user_ids: Ids
    item_ids: Ids
    item_columns: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    user_columns: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    item_texts: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    item_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    taken: Interactions | None = None
    objective: Objective | None = None
    like: object | None = None
    impressions: NDArray[np.int64] | None = None
    contexts: ContextEvents | None = None
    signals: Interactions | None = None
    signal_ids: Ids | None = None
    encoder: Encoder | None = None
    catalogue: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)

    @classmethod
    def from_ids(
        cls,
        users: ArrayLike,
        items: ArrayLike,
        timestamps: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Index events that still carry ids, one entry per event."""
        user_ids, user_index = np.unique(np.asarray(users, np.str_), return_inverse=True)
        item_ids, item_index = np.unique(np.asarray(items, np.str_), return_inverse=True)
        counts = {"n_users": len(user_ids), "n_items": len(item_ids)}
        return cls(Interactions.sort(user_index, item_index, timestamps, weights, **counts), user_ids, item_ids)

    def where(self, keep: Mask) -> Self:
        """Return the same users and items with only the chosen events."""
        return replace(self, interactions=self.interactions.where(keep))


@dataclass(frozen=True, slots=True)
class Query:
    """One question: a history (oldest first), perhaps an item it is about, the moment it is asked, and the context.

    With `placeholders`, what a filter leaves may be filled up with items that have no score. `influence` says how far
    what counts beside likeness does, from 0 to 1 by name.
    """

    history_items: Indices
    history_times: Times
    history_weights: Floats
    item: int | None = None
    user: int | None = None
    now: int = 0
    context: Mapping[str, str] | None = None
    placeholders: bool = False
    influence: Mapping[str, float] | None = None

    @classmethod
    def of(
        cls,
        items: ArrayLike = (),
        times: ArrayLike = (),
        weights: ArrayLike | None = None,
        *,
        item: int | None = None,
        user: int | None = None,
        now: int | None = None,
    ) -> Self:
        """Build a query from anything array-like; without `now` it is asked at the last event, or else after all."""
        history = np.asarray(items, np.int32)
        moments = np.asarray(times, np.int64)
        ones = np.ones(len(history), np.float32) if weights is None else np.asarray(weights, np.float32)
        last = int(moments[-1]) if len(moments) else _AFTER_ALL
        return cls(history, moments, ones, item, user, last if now is None else now)


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Items that were put since a model was trained: their cells by column, in capitals, an empty one left out.

    `users` is how many users the model was trained on.
    """

    rows: Sequence[Mapping[str, Value]]
    users: int

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items, best first, each once; scores where the recipe has them."""

    items: Indices
    scores: Floats | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What speaks for an item, and its share of all that does; `item` is one of a history, or the one asked about."""

    kind: CauseKind
    share: float
    item: int | None = None
