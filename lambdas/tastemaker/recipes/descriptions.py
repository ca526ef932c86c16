"""What items are, as sparse vectors: categories, binned numbers and words, rare ones weighing more (TF-IDF).

Each column is a block of unit length, whatever it is, so that a long text does not drown a category; the row as a
whole has unit length, after a first feature that every item has (the intercept of regressions on these vectors).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Times, TrainingData

# Values that are in fewer items say nothing about others; of the rest the most frequent are kept, in all columns.
LEAST_ITEMS: Final = 2
WIDTH: Final = 2048
BINS: Final = 8
# Words of a text beyond these are not read.
WORDS: Final = 200
CREATED: Final = "CREATION_TIMESTAMP"  # when, not what
_WORD: Final = re.compile(r"\w{2,}")

Matrix = Any  # a csr_matrix of scipy, which is for fitting only and cannot be named here
Split = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Rows by item: `features` and `values` (cells,) of item i lie between `starts[i]` and `starts[i + 1]`."""

    starts: Times
    features: Indices
    values: Floats
    width: int

    def matrix(self) -> Matrix:
        """Return (items, width)."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

        return csr_matrix((self.values, self.features, self.starts), (len(self.starts) - 1, self.width))


def describe(data: TrainingData) -> Descriptions | None:
    """Turn the items' columns into vectors; None where they say nothing."""
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415  scipy is for fitting only

    blocks = [block for block in _blocks(data) if block.shape[1]]
    if not blocks:
        return None
    blocks = [block for block in _most_frequent(blocks) if block.shape[1]]
    if not blocks:
        return None
    together = _unit_rows(hstack([_unit_rows(_by_rarity(block)) for block in blocks], "csr"))
    everyone = csr_matrix(np.ones((together.shape[0], 1), np.float32))
    whole = hstack([everyone, together], "csr").astype(np.float32)
    return Descriptions(whole.indptr.astype(np.int64), whole.indices.astype(np.int32), whole.data, whole.shape[1])


def _blocks(data: TrainingData) -> list[Matrix]:
    told = {name: column for name, column in data.item_columns.items() if name.upper() != CREATED}
    categories = [_pieces(column, _values) for column in told.values() if column.dtype.kind == "U"]
    numbers = [_bins(column.astype(np.float64)) for column in told.values() if column.dtype.kind != "U"]
    return [*categories, *numbers, *(_pieces(column, _words) for column in data.item_texts.values())]


def _values(cell: str) -> list[str]:
    return [value for value in cell.split("|") if value]


def _words(cell: str) -> list[str]:
    return _WORD.findall(cell.lower())[:WORDS]


def _pieces(column: NDArray[np.generic], split: Split) -> Matrix:
    """Return (items, pieces): 1 + log of how often each piece is in each cell; equal cells are split once."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    cells, place = np.unique(column, return_inverse=True)
    pieces = [split(cell) for cell in cells.tolist()]
    codes: dict[str, int] = {}
    found = np.array([codes.setdefault(piece, len(codes)) for cell in pieces for piece in cell], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(cell) for cell in pieces])])
    counts = csr_matrix((np.ones(len(found), np.float32), found, starts), (len(cells), len(codes)))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    return counts[place]


def _bins(column: NDArray[np.float64]) -> Matrix:
    """Return (items, bins): 1 where a number falls; bins hold about as many items each, none a missing one."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    known = np.flatnonzero(np.isfinite(column))
    edges = np.unique(np.quantile(column[known], np.arange(1, BINS) / BINS)) if len(known) else np.empty(0)
    places = np.searchsorted(edges, column[known], "right")
    return csr_matrix((np.ones(len(known), np.float32), (known, places)), (len(column), len(edges) + 1))


def _most_frequent(blocks: list[Matrix]) -> list[Matrix]:
    """Keep the features that most items share, WIDTH of all columns together."""
    counts = [block.getnnz(axis=0) for block in blocks]
    joined = np.sort(np.concatenate(counts))[::-1]
    least = max(LEAST_ITEMS, int(joined[WIDTH]) + 1 if len(joined) > WIDTH else 0)
    return [block[:, np.flatnonzero(count >= least)] for block, count in zip(blocks, counts, strict=True)]


def _by_rarity(block: Matrix) -> Matrix:
    """Weigh by log(items / items with it)."""
    from scipy.sparse import diags  # noqa: PLC0415  scipy is for fitting only

    return block @ diags(np.log(1 + block.shape[0] / np.maximum(block.getnnz(axis=0), 1)))


def _unit_rows(block: Matrix) -> Matrix:
    from scipy.sparse import diags  # noqa: PLC0415  scipy is for fitting only

    lengths = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(lengths, 1e-9)) @ block).tocsr()
