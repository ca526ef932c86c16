"""What item-item recipes share: counting what is chosen together, by blocks, and keeping the strongest of a row."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import Floats, Indices, Mask, Times
from tastemaker.recipes.related.aws_sims import Sims

BLOCK: Final = 128
KEPT: Final = 300


def groups(owners: Times, items: Indices, n_items: int) -> Matrix:
    """Return (groups, items): 1 where a user's or a basket's events have an item; `owners` are any numbers."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    _, rows = np.unique(owners, return_inverse=True)
    pairs = np.unique(rows.astype(np.int64) * n_items + items)
    rows, columns = np.divmod(pairs, max(1, n_items))
    size = int(rows[-1]) + 1 if len(rows) else 0
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (size, n_items))


def together(member: Matrix, progress: Progress, other: Matrix | None = None) -> Iterator[tuple[int, Matrix]]:
    """Yield blocks of rows of (items, items): how many groups have both, with the first row's number.

    With `other` groups the second item is one of those beside the first one's.
    """
    other = member if other is None else other
    of_items, size = member.T.tocsr(), member.shape[1]
    for begin in range(0, size, BLOCK):
        progress(begin / size, "counting what was chosen together")
        yield begin, of_items[begin : begin + BLOCK] @ other


def cells(block: Matrix, begin: int) -> tuple[Times, Indices]:
    """Return the items of each entry of a block: whose row it is in, and in which column."""
    return np.repeat(np.arange(begin, begin + block.shape[0]), np.diff(block.indptr)), block.indices


def strongest(block: Matrix, begin: int) -> Iterator[Indices]:
    """Yield the columns of each row with the highest values above 0, highest first, never the row's own item."""
    for columns, values in _rows(block, begin):
        yield columns[highest(columns, values, KEPT)].astype(np.int32)


def welcoming(block: Matrix, begin: int, few: Mask, every: int) -> Iterator[Indices]:
    """Yield the same with one of every so many places for the best of the items that are `few` (items,), at least."""
    for columns, values in _rows(block, begin):
        best = highest(columns, values, KEPT)
        guests = np.flatnonzero(few[columns])
        guests = guests[highest(columns[guests], values[guests], KEPT // every)]
        late = np.concatenate([best, guests[~np.isin(guests, best)]])
        invited = np.isin(late, guests)
        # By how many others stand before: no guest waits for more than those of all the turns before its own.
        place = np.cumsum(~invited) - np.where(invited, 0.5, 1.0)
        place[invited] = np.minimum(place[invited], (every - 1) * np.arange(1, 1 + len(guests)) - 0.5)
        yield columns[late[np.argsort(place, kind="stable")]][:KEPT].astype(np.int32)


def _rows(block: Matrix, begin: int) -> Iterator[tuple[Indices, Floats]]:
    """Yield columns and values of the entries above 0 that are not the row's own item."""
    for place in range(block.shape[0]):
        row = slice(block.indptr[place], block.indptr[place + 1])
        columns, values = block.indices[row], block.data[row]
        mask = (values > 0) & (columns != begin + place)
        yield columns[mask], values[mask]


def highest(columns: Indices, values: Floats, most: int) -> Times:
    """Return where the highest values are, highest first, of equals the first column first."""
    if len(values) <= most:
        return np.lexsort((columns, -values))
    best = np.argpartition(-values, most)[:most] if most else np.empty(0, np.int64)
    return best[np.lexsort((columns[best], -values[best]))]


def model(rows: Iterable[Indices], order: Indices) -> Sims:
    """Return a model from each item's neighbours, strongest first; popular items by `order` fill its lists."""
    neighbours = list(rows)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in neighbours])]).astype(np.int64)
    return Sims(starts, np.concatenate([np.empty(0, np.int32), *neighbours]), order)
