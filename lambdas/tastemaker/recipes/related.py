"""What item-item recipes share: counting what is chosen together, by blocks, and keeping the strongest of a row."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.aws_sims import Sims
from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.descriptions import Matrix
from tastemaker.recipes.registry import Progress

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


def together(member: Matrix, progress: Progress) -> Iterator[tuple[int, Floats]]:
    """Yield blocks of rows of (items, items): how many groups have both, densely, with the first row's number."""
    of_items, size = member.T.tocsr(), member.shape[1]
    for begin in range(0, size, BLOCK):
        progress(begin / size, "counting what was chosen together")
        yield begin, (of_items[begin : begin + BLOCK] @ member).toarray()


def strongest(scores: NDArray[np.floating], own: int) -> Indices:
    """Return the columns of one row with the highest scores above 0, highest first, never the item itself."""
    columns = np.flatnonzero(scores > 0)
    columns = columns[columns != own]
    if len(columns) > KEPT:
        columns = np.sort(columns[np.argpartition(-scores[columns], KEPT)[:KEPT]])
    return columns[np.argsort(-scores[columns], kind="stable")].astype(np.int32)


def model(rows: Iterable[Indices], order: Indices) -> Sims:
    """Return a model from each item's neighbours, strongest first; popular items by `order` fill its lists."""
    found = list(rows)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in found])]).astype(np.int64)
    return Sims(starts, np.concatenate([np.empty(0, np.int32), *found]), order)
