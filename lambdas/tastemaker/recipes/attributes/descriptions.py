"""What items are, as sparse vectors: categories, binned numbers and words, rare ones weighing more (TF-IDF).

Each column is a block of unit length, whatever it is, so that a long text does not drown a category; the row as a
whole has unit length, after a first feature that every item has (the intercept of regressions on these vectors).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.cells import Cells
from tastemaker.recipes.data import Floats, Ids, Indices, Times, TrainingData, Value

# Values that are in fewer items say nothing about others; of the rest the most frequent are kept, in all columns.
LEAST_ITEMS: Final = 2
WIDTH: Final = 2048
BINS: Final = 8
# Words of a text beyond these are not read.
WORDS: Final = 200
CREATED: Final = "CREATION_TIMESTAMP"  # when, not what
_WORD: Final = re.compile(r"\w{2,}")

# Kinds of columns, by what makes features of their cells.
_CATEGORY, _NUMBER, _TEXT = range(3)

Matrix = Any  # a csr_matrix of scipy, which is for fitting only and cannot be named here
Split = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Rows by item: `features` and `values` (cells,) of item i lie between `starts[i]` and `starts[i + 1]`."""

    starts: Times
    features: Indices
    values: Floats
    width: int
    vocabulary: "Vocabulary"

    def matrix(self) -> Matrix:
        """Return (items, width)."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

        return csr_matrix((self.values, self.features, self.starts), (len(self.starts) - 1, self.width))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What the features after the first one stand for, so that an item of later can be described alike.

    `columns`, `kinds` and `ends` (columns,): names in capitals, of which kind, and where their features end;
    `letters` and `bounds` (features + 1,): pieces of cells as `Cells` have them, a bin of numbers by its number;
    `weights` (features,): rare ones weigh more; `edges` (columns, BINS - 1): of bins, infinite where there are fewer.
    """

    columns: Ids
    kinds: Indices
    ends: Times
    letters: NDArray[np.uint8]
    bounds: Times
    weights: NDArray[np.float64]
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, blocks: "list[_Block]") -> Self:
        """Number the features of blocks in their order."""
        pieces = Cells.of(piece for block in blocks for piece in block.pieces)
        return cls(
            np.array([block.name.upper() for block in blocks], np.str_),
            np.array([block.kind for block in blocks], np.int32),
            np.cumsum([len(block.pieces) for block in blocks]).astype(np.int64),
            pieces.letters,
            pieces.bounds,
            np.concatenate([_rarity(block.matrix) for block in blocks]),
            np.array([np.append(block.edges, np.full(BINS - 1 - len(block.edges), np.inf)) for block in blocks]),
        )

    def describe(self, rows: Iterable[Mapping[str, Value]]) -> tuple[Times, Indices, Floats]:
        """Return starts, features and values of items, as `Descriptions` have them, from their cells by column."""
        names = self.columns.tolist()
        items = [_described(self, tuple(row.get(name, "") for name in names)) for row in rows]
        starts = np.cumsum([0, *(len(features) for features, _ in items)])
        nothing = np.empty(0, np.int32), np.empty(0, np.float32)
        features, values = (np.concatenate(part) for part in zip(nothing, *items, strict=True))
        return starts.astype(np.int64), features, values


@lru_cache(8)
def _features(vocabulary: Vocabulary) -> list[dict[str, tuple[int, float]]]:
    """Return by column the feature and the weight of each piece."""
    pieces = Cells(vocabulary.letters, vocabulary.bounds)
    begins = [0, *vocabulary.ends.tolist()]
    weights = vocabulary.weights.tolist()
    return [{pieces.text(n): (n + 1, weights[n]) for n in range(*span)} for span in pairwise(begins)]


@lru_cache(1 << 14)
def _described(vocabulary: Vocabulary, cells: tuple[Value, ...]) -> tuple[Indices, Floats]:
    """Return the features of one item and their values; every item has the first one."""
    row = dict[int, float]()
    for pieces, kind, edges, cell in zip(
        _features(vocabulary), vocabulary.kinds.tolist(), vocabulary.edges, cells, strict=True
    ):
        counts = Counter(piece for piece in _pieces_of(kind, edges, cell) if piece in pieces)
        block = {pieces[piece][0]: (1 + math.log(count)) * pieces[piece][1] for piece, count in counts.items()}
        length = math.hypot(*block.values())
        row |= {feature: value / length for feature, value in block.items()}
    length = math.hypot(*row.values())
    features = sorted(row)
    values = [1.0, *(row[feature] / length for feature in features)]
    return np.array([0, *features], np.int32), np.array(values, np.float32)


def _pieces_of(kind: int, edges: NDArray[np.float64], cell: Value) -> list[str]:
    if cell == "":
        return []
    if kind == _NUMBER:
        return [str(np.searchsorted(edges, float(cell), "right"))]
    return (_values if kind == _CATEGORY else _words)(str(cell))


class _Block(NamedTuple):
    """A column's features: (items, pieces), what the pieces are, and the edges of bins."""

    name: str
    kind: int
    matrix: Matrix
    pieces: list[str]
    edges: NDArray[np.float64] = np.empty(0)


def describe(data: TrainingData) -> Descriptions | None:
    """Turn the items' columns into vectors; None where they say nothing."""
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415  scipy is for fitting only

    blocks = [block for block in _blocks(data) if block.pieces]
    if not blocks:
        return None
    blocks = [block for block in _most_frequent(blocks) if block.pieces]
    if not blocks:
        return None
    together = _unit_rows(hstack([_unit_rows(_by_rarity(block.matrix)) for block in blocks], "csr"))
    everyone = csr_matrix(np.ones((together.shape[0], 1), np.float32))
    whole = hstack([everyone, together], "csr").astype(np.float32)
    starts, features = whole.indptr.astype(np.int64), whole.indices.astype(np.int32)
    return Descriptions(starts, features, whole.data, whole.shape[1], Vocabulary.of(blocks))


def _blocks(data: TrainingData) -> list[_Block]:
    columns = {name: column for name, column in data.item_columns.items() if name.upper() != CREATED}
    texts = [(name, column) for name, column in columns.items() if column.dtype.kind == "U"]
    categories = [_Block(name, _CATEGORY, *_pieces(column, _values)) for name, column in texts]
    figures = [(name, column.astype(np.float64)) for name, column in columns.items() if column.dtype.kind != "U"]
    numbers = [_Block(name, _NUMBER, *_bins(column)) for name, column in figures]
    prose = [_Block(name, _TEXT, *_pieces(column, _words)) for name, column in data.item_texts.items()]
    return [*categories, *numbers, *prose]


def _values(cell: str) -> list[str]:
    return [value for value in cell.split("|") if value]


def _words(cell: str) -> list[str]:
    return _WORD.findall(cell.lower())[:WORDS]


def _pieces(column: NDArray[np.generic], split: Split) -> tuple[Matrix, list[str]]:
    """Return (items, pieces): 1 + log of how often each piece is in each cell; equal cells are split once."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    cells, place = np.unique(column, return_inverse=True)
    pieces = [split(cell) for cell in cells.tolist()]
    codes: dict[str, int] = {}
    numbers = np.array([codes.setdefault(piece, len(codes)) for cell in pieces for piece in cell], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(cell) for cell in pieces])])
    counts = csr_matrix((np.ones(len(numbers), np.float32), numbers, starts), (len(cells), len(codes)))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    return counts[place], list(codes)


def _bins(column: NDArray[np.float64]) -> tuple[Matrix, list[str], NDArray[np.float64]]:
    """Return (items, bins): 1 where a number falls; bins hold about as many items each, none a missing one."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    rows = np.flatnonzero(np.isfinite(column))
    edges = np.unique(np.quantile(column[rows], np.arange(1, BINS) / BINS)) if len(rows) else np.empty(0)
    places = np.searchsorted(edges, column[rows], "right")
    bins = csr_matrix((np.ones(len(rows), np.float32), (rows, places)), (len(column), len(edges) + 1))
    return bins, [str(number) for number in range(len(edges) + 1)], edges


def _most_frequent(blocks: list[_Block]) -> list[_Block]:
    """Keep the features that most items share, WIDTH of all columns together."""
    counts = [block.matrix.getnnz(axis=0) for block in blocks]
    falling = np.sort(np.concatenate(counts))[::-1]
    least = max(LEAST_ITEMS, int(falling[WIDTH]) + 1 if len(falling) > WIDTH else 0)
    frequent = [np.flatnonzero(count >= least) for count in counts]
    return [
        block._replace(matrix=block.matrix[:, those], pieces=[block.pieces[place] for place in those.tolist()])
        for block, those in zip(blocks, frequent, strict=True)
    ]


def _by_rarity(block: Matrix) -> Matrix:
    """Weigh by log(items / items with it)."""
    from scipy.sparse import diags  # noqa: PLC0415  scipy is for fitting only

    return block @ diags(_rarity(block))


def _rarity(block: Matrix) -> NDArray[np.float64]:
    return np.asarray(np.log(1 + block.shape[0] / np.maximum(block.getnnz(axis=0), 1)))


def _unit_rows(block: Matrix) -> Matrix:
    from scipy.sparse import diags  # noqa: PLC0415  scipy is for fitting only

    lengths = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(lengths, 1e-9)) @ block).tocsr()
