"""What is chosen more in a context, such as on a phone or in the morning: columns of the interactions themselves.

lift(i, v) = log (n_iv + p) / (N_v n_i / N + p): n_iv of the N_v events with value v of a column are of item i, n_i of
all N events that have a value there, and p events are what chance can do. The lifts of all that an answer is asked with
add up, as in naive Bayes, and a factor that held-out users choose (`context_choice`) holds the sum back, perhaps to 0.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes import segments
from tastemaker.recipes.data import ContextEvents, Floats, Ids, Indices, Mask, Times, TrainingData
from tastemaker.recipes.matrix.grams import ranges

# The most frequent values of all columns together are kept.
VALUES: Final = 256
SEVERAL: Final = "|"  # parts the values of a cell that has more than one
Lifts = tuple[Indices, Floats]
Context = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contexts:
    """Columns and values (values,), and (values, KEPT) items with their lifts; `factor` (1,) holds all back."""

    columns: Ids
    values: Ids
    items: Indices
    lifts: Floats
    factor: Floats

    def of(self, context: Context) -> Lifts:
        """Return items, sorted, and how much likelier they are in a context; a value that is not known says nothing."""
        none = np.empty(0, np.int64)
        rows = np.concatenate([none, *(self._rows(*pair) for pair in context.items())]).astype(np.int64)
        items, place = np.unique(self.items[rows], return_inverse=True)
        lifts = np.bincount(place.ravel(), self.lifts[rows].ravel(), len(items))
        return items, (lifts * self.factor[0]).astype(np.float32)

    def told_by(self, told: Callable[[Ids, Ids], Mask]) -> Self:
        """Return the same without the values that nobody has told any more."""
        mask = told(self.columns, self.values)
        rows = {name: getattr(self, name)[mask] for name in ("columns", "values", "items", "lifts")}
        return replace(self, **rows)

    def _rows(self, column: str, value: str) -> Times:
        return np.flatnonzero((self.columns == column) & np.isin(self.values, value.split(SEVERAL)))


def learn(data: TrainingData, factor: float = 1.0) -> Contexts | None:
    """Count what happens in which context; None without columns that say anything, or where they are to say nothing."""
    if data.contexts is None or not factor:
        return None
    mask = np.zeros(data.interactions.n_users, bool)
    mask[data.interactions.users] = True
    events = data.contexts.where(mask[data.contexts.users])
    columns = [_column(events, place, data.interactions.n_items) for place in range(len(events.columns))]
    names = np.repeat(np.asarray(events.columns, np.str_), [len(values) for values, *_ in columns])
    if not len(names):
        return None
    values, items, lifts = (np.concatenate(part) for part in zip(*columns, strict=True))
    return Contexts(names, values, items, lifts, np.array([factor], np.float32))


def _column(events: ContextEvents, place: int, n_items: int) -> tuple[Ids, Indices, Floats]:
    """Return the most frequent values of a column, and (values, KEPT) items with their lifts."""
    rows, values, of_value = _pairs(events, place)
    counts = np.bincount(of_value, minlength=len(values))
    frequent = np.sort(np.argsort(-counts, kind="stable")[: VALUES // len(events.columns)])
    items = events.items[rows]
    with_value = events.items[events.codes[:, place] >= 0]
    usual = np.bincount(with_value, minlength=n_items) / max(1, len(with_value))
    blocks = list(_counted(of_value, items, frequent, (len(values), n_items)))
    parts = [
        segments.lifted(block, counts[frequent[begin : begin + len(block)]].astype(np.float32), usual)
        for begin, block in blocks
    ]
    nothing = segments.lifted(np.empty((0, n_items)), np.empty(0, np.float32), usual)
    best, lifts = (np.concatenate(part) for part in zip(nothing, *parts, strict=True))
    return values[frequent], best, lifts


def _pairs(events: ContextEvents, place: int) -> tuple[Times, Ids, Times]:
    """Return which events have which values of a column, as pairs of places, and the values."""
    cells = [sorted(set(filter(None, cell.split(SEVERAL)))) for cell in events.values[place].tolist()]
    values, number = np.unique(np.array([value for cell in cells for value in cell], np.str_), return_inverse=True)
    lengths = np.array([len(cell) for cell in cells], np.int64)
    rows = np.flatnonzero(events.codes[:, place] >= 0)
    codes = events.codes[rows, place]
    places = ranges((np.cumsum(lengths) - lengths)[codes], lengths[codes])
    return np.repeat(rows, lengths[codes]), values, number.ravel()[places]


def _counted(
    values: Times, items: Indices, frequent: Times, shape: tuple[int, int]
) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """Yield (frequent values, items) in blocks: how many events of an item have a value."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    counts = csr_matrix((np.ones(len(values), np.float32), (values, items)), shape)[frequent]
    for begin in range(0, len(frequent), segments.BLOCK):
        yield begin, counts[begin : begin + segments.BLOCK].toarray()
