"""What words and pieces of words count: TF-IDF, with the words of all columns in one space.

A row is the sum over its columns of their unit vectors, each with the weight of its column, and has unit length: a long
description does not drown a name. Rare terms weigh more, by log(1 + texts / texts with it).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
# Items whose words are counted at once.
_BLOCK: Final = 1 << 14

# The cells of an item, one a column.
Row = tuple[str, ...]
Split = Callable[[str], Iterable[str]]


class Rows(NamedTuple):
    """Sparse unit rows: `terms` and `values` (cells,) of row i lie between `starts[i]` and `starts[i + 1]`."""

    starts: Times
    terms: Indices
    values: Floats

    @classmethod
    def joined(cls, parts: Iterable["Rows"]) -> "Rows":
        """Return the rows of several parts, one after the other."""
        nothing = cls(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
        starts, terms, values = zip(nothing, *parts, strict=True)
        lengths = np.concatenate([np.diff(each) for each in starts])
        return cls(np.append(0, np.cumsum(lengths)), np.concatenate(terms), np.concatenate(values))

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


@lru_cache(4)
def _places(terms: Terms) -> dict[str, int]:
    """Return the place of each term."""
    cells = Cells(terms.letters, terms.bounds)
    return {cells.text(place): place for place in range(len(terms))}


@lru_cache(1 << 16)
def _pieces(word: str) -> tuple[str, ...]:
    return tuple(pieces_of([word]))


def pieces_in(text: str) -> Iterator[str]:
    """Walk through the pieces of a text's words."""
    return chain.from_iterable(map(_pieces, words_of(text)))


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
        return cls(tuple(columns), tuple(worth), words, Terms.learn(texts, pieces_in, MOST_PIECES))

    def rows(self, rows: Sequence[Row]) -> tuple[Rows, Rows]:
        """Return what words and what pieces of words some rows have."""
        reader = _Reader(self)
        blocks = [reader.block(rows[begin : begin + _BLOCK]) for begin in range(0, len(rows), _BLOCK)]
        words, pieces = zip(*blocks, strict=True) if blocks else ((), ())
        return Rows.joined(words), Rows.joined(pieces)


class _Reader:
    """Numbers the words that it meets: what each comes to is found out once, the rest are sums of numbers."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._numbers: dict[str, int] = {}
        self._terms: tuple[list[list[int]], list[list[int]]] = [], []

    def block(self, rows: Sequence[Row]) -> tuple[Rows, Rows]:
        """Return the words and the pieces of some rows."""
        columns = [self._numbered([row[place] for row in rows]) for place in range(len(self._vocabulary.columns))]
        kinds = (self._vocabulary.words, self._vocabulary.pieces)
        words, pieces = (
            self._counted(columns, terms, kind.weights, len(rows))
            for terms, kind in zip(self._terms, kinds, strict=True)
        )
        return words, pieces

    def _numbered(self, cells: Sequence[str]) -> tuple[Indices, Times]:
        """Return the words of some cells as numbers, and whose each is."""
        numbers = self._numbers
        texts = [words_of(cell) if cell else [] for cell in cells]
        flat = [numbers.setdefault(word, len(numbers)) for text in texts for word in text]
        self._learn_new()
        return np.array(flat, np.int32), np.repeat(np.arange(len(cells)), [len(text) for text in texts])

    def _learn_new(self) -> None:
        words, pieces = _places(self._vocabulary.words), _places(self._vocabulary.pieces)
        of_words, of_pieces = self._terms
        for word in list(self._numbers)[len(of_words) :]:
            of_words.append([words[word]] if word in words else [])
            of_pieces.append([pieces[piece] for piece in _pieces(word) if piece in pieces])

    def _counted(
        self, columns: Sequence[tuple[Indices, Times]], terms: Sequence[Sequence[int]], weights: Floats, size: int
    ) -> Rows:
        """Return unit rows of terms, of which each word has some."""
        lengths = np.array([len(each) for each in terms], np.int64)
        flat = np.fromiter(chain.from_iterable(terms), np.int64, int(lengths.sum()))
        begins = np.cumsum(lengths) - lengths
        sums = [
            _unit(
                *_counts(flat[ranges(begins[words], lengths[words])], np.repeat(owners, lengths[words]), weights), size
            )
            for words, owners in columns
        ]
        if len(sums) > 1:
            sums = [_unit(*_added(sums, self._vocabulary.worth, len(weights)), size)]
        owners, places, values = sums[0] if sums else (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        starts = np.searchsorted(owners, np.arange(size + 1)).astype(np.int64)
        return Rows(starts, places.astype(np.int32), values.astype(np.float32))


# Owners and terms, both in their order, and what each counts.
_Sparse = tuple[Times, Times, NDArray[np.float64]]


def _counts(terms: Times, owners: Times, weights: Floats) -> _Sparse:
    """Weigh how often each owner has each term: 1 + log of it, times the term's weight."""
    width = max(1, len(weights))
    keys, counts = np.unique(owners * width + terms, return_counts=True)
    owners, terms = np.divmod(keys, width)
    return owners, terms, (1 + np.log(counts)) * weights[terms]


def _added(parts: Sequence[_Sparse], worth: Sequence[float], width: int) -> _Sparse:
    """Add up sparse rows, each part with its worth."""
    keys = np.concatenate([owners * width + terms for owners, terms, _ in parts])
    values = np.concatenate([values * each for (_, _, values), each in zip(parts, worth, strict=True)])
    distinct, places = np.unique(keys, return_inverse=True)
    owners, terms = np.divmod(distinct, max(1, width))
    return owners, terms, np.bincount(places, values, len(distinct)).astype(np.float64)


def _unit(owners: Times, terms: Times, values: NDArray[np.float64], size: int) -> _Sparse:
    lengths = np.sqrt(np.bincount(owners, values**2, size))
    return owners, terms, values / lengths[owners]
