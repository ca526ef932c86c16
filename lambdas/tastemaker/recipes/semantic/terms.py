"""What words and pieces of words count: TF-IDF, with the words of all columns in one space.

A row is the sum over its columns of their unit vectors, each with the weight of its column, and has unit length: a long
description does not drown a name. Rare terms weigh more, by log(1 + texts / texts with it).
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.cells import Cells
from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.matrix.grams import ranges
from tastemaker.recipes.semantic.words import pieces_of, words_of

# The most frequent ones are kept.
MOST_WORDS: Final = 1 << 16
MOST_PIECES: Final = 1 << 13

# The cells of an item, one a column.
Row = tuple[str, ...]
Split = Callable[[str], list[str]]


def _pieces(text: str) -> list[str]:
    return pieces_of(words_of(text))


class Rows(NamedTuple):
    """Sparse unit rows: `terms` and `values` (cells,) of row i lie between `starts[i]` and `starts[i + 1]`."""

    starts: Times
    terms: Indices
    values: Floats

    def matrix(self, width: int) -> Matrix:
        """Return (rows, width)."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

        return csr_matrix((self.values, self.terms, self.starts), (len(self.starts) - 1, width))

    def taken(self, rows: Indices) -> "Rows":
        """Return some rows, in their order, perhaps one several times."""
        lengths = np.diff(self.starts)[rows]
        cells = ranges(self.starts[rows], lengths)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Rows(starts, self.terms[cells], self.values[cells])


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Words, or pieces of words: their text as `Cells` have it, and what each weighs (terms,)."""

    letters: NDArray[np.uint8]
    bounds: Times
    weights: Floats

    @classmethod
    def learn(cls, texts: Mapping[Row, int], split: Split, most: int) -> Self:
        """Find the terms that most texts have, and how rare they are; it is told how many items have each text.

        A term that one item alone has says nothing of others.
        """
        counts, shared = Counter[str](), set[str]()
        for row, items in texts.items():
            terms = set(chain.from_iterable(map(split, row)))
            counts.update(terms)
            shared |= terms if items > 1 else set()
        frequent = (term for term, count in counts.items() if count > 1 or term in shared)
        kept = sorted(frequent, key=lambda term: (-counts[term], term))[:most]
        cells = Cells.of(kept)
        weights = np.log1p(len(texts) / np.array([counts[term] for term in kept], np.float64))
        return cls(cells.letters, cells.bounds, weights.astype(np.float32))

    def __len__(self) -> int:
        return len(self.weights)

    def rows(self, rows: Sequence[Row], split: Split, columns: Sequence[float]) -> Rows:
        """Return the rows of items; `columns` weighs their columns."""
        known = _places(self)
        vectors = [_vector(known, row, split, columns) for row in rows]
        starts = np.cumsum([0, *map(len, vectors)]).astype(np.int64)
        terms = np.fromiter(chain.from_iterable(vectors), np.int32, int(starts[-1]))
        values = np.fromiter(chain.from_iterable(each.values() for each in vectors), np.float32, int(starts[-1]))
        return Rows(starts, terms, values)


@lru_cache(4)
def _places(terms: Terms) -> dict[str, tuple[int, float]]:
    """Return the place and the weight of each term."""
    cells, weights = Cells(terms.letters, terms.bounds), terms.weights.tolist()
    return {cells.text(place): (place, weights[place]) for place in range(len(terms))}


def _vector(known: dict[str, tuple[int, float]], row: Row, split: Split, columns: Sequence[float]) -> dict[int, float]:
    """Return an item's terms in their order, and what each counts; unit length."""
    total = Counter[int]()
    for cell, worth in zip(row, columns, strict=True):
        counts = Counter(term for term in split(cell) if term in known) if cell else Counter[str]()
        block = {known[term][0]: (1 + math.log(count)) * known[term][1] for term, count in counts.items()}
        length = math.hypot(*block.values()) / worth
        for term, value in block.items():
            total[term] += value / length  # type: ignore[assignment]  a counter of floats
    length = math.hypot(*total.values())
    return {term: total[term] / length for term in sorted(total)}


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What makes a row of a text: the names of its `columns` in capitals, what each weighs, and both kinds of terms."""

    columns: tuple[str, ...]
    worth: tuple[float, ...]
    words: Terms
    pieces: Terms

    @classmethod
    def learn(cls, columns: Sequence[str], worth: Sequence[float], texts: Mapping[Row, int]) -> Self:
        """Learn the terms of all columns from different texts, each of so many items."""
        words = Terms.learn(texts, words_of, MOST_WORDS)
        return cls(tuple(columns), tuple(worth), words, Terms.learn(texts, _pieces, MOST_PIECES))

    @property
    def width(self) -> int:
        """Return how many terms there are of both kinds."""
        return len(self.words) + len(self.pieces)

    def word_rows(self, rows: Sequence[Row]) -> Rows:
        """Return what words rows have."""
        return self.words.rows(rows, words_of, self.worth)

    def piece_rows(self, rows: Sequence[Row]) -> Rows:
        """Return what pieces of words rows have."""
        return self.pieces.rows(rows, _pieces, self.worth)
