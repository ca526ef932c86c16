"""An exact search among many items: int8 vectors, and beside them the words that items share.

    likeness of i and j = (1 - s) y_i . y_j + s x_i . x_j

y are dense vectors (what texts mean), x unit rows of words (what they say), s is the share of words. Both are kept in 8
bits: products of whole numbers below 2^24 are exact in 32-bit floats, in whatever order they are added, so that a list
is the same everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.matrix.grams import ranges
from tastemaker.recipes.semantic.terms import Rows

# The share of words where meanings were learned from the texts themselves, and where an encoder knows them.
WORDS: Final = 0.6
WORDS_BESIDE_AN_ENCODER: Final = 0.3
# Vectors that are multiplied at once: as floats they fit into a core's cache.
BLOCK: Final = 1024
# Words kept of an item, those that weigh most.
KEPT: Final = 24
_DENSE, _SPARSE = 127, 255
Bytes = NDArray[np.uint8]


class Probe(NamedTuple):
    """What others are compared with: an item's vector and its length, its words, what they count, and their share."""

    vector: NDArray[np.int8]
    length: float
    words: Indices
    values: Bytes
    share: float


@dataclass(frozen=True, slots=True)
class Index:
    """Items in rows: `vectors` (items, dimensions) times `lengths` (items,) are unit vectors, or nothing.

    `words` and `values` (cells,) of row i lie between `starts[i]` and `starts[i + 1]`; the same cells by word are
    `holders`, rows, and `held`, values, between `posts[w]` and `posts[w + 1]`.
    """

    vectors: NDArray[np.int8]
    lengths: Floats
    starts: Times
    words: NDArray[np.uint16]
    values: Bytes
    posts: Times
    holders: Indices
    held: Bytes

    @classmethod
    def of(cls, vectors: NDArray[np.int8], lengths: Floats, words: Rows, width: int) -> Self:
        """Index items by their vectors and their rows of words, of which there are `width`."""
        starts, terms, values = _strongest(words)
        rows = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
        order = np.argsort(terms, kind="stable")
        posts = np.searchsorted(terms[order], np.arange(width + 1)).astype(np.int64)
        return cls(vectors, lengths, starts, terms.astype(np.uint16), values, posts, rows[order], values[order])

    def __len__(self) -> int:
        return len(self.lengths)

    def probe(self, row: int, share: float) -> Probe:
        """Return what an item is compared by."""
        cells = slice(int(self.starts[row]), int(self.starts[row + 1]))
        words = self.words[cells].astype(np.int32)
        return Probe(self.vectors[row], float(self.lengths[row]), words, self.values[cells], share)

    def likeness(self, probe: Probe) -> Floats:
        """Return how alike all items are (items,)."""
        asked, products = probe.vector.astype(np.float32), np.empty(len(self), np.float32)
        room = np.empty((BLOCK, self.vectors.shape[1]), np.float32)
        for begin in range(0, len(self), BLOCK):
            part = self.vectors[begin : begin + BLOCK]
            block = room[: len(part)]
            np.copyto(block, part)
            np.dot(block, asked, out=products[begin : begin + len(part)])
        shared = np.zeros(len(self), np.float32)
        for word, value in zip(probe.words.tolist(), probe.values.astype(np.float32), strict=True):
            cells = slice(int(self.posts[word]), int(self.posts[word + 1]))
            shared[self.holders[cells]] += self.held[cells] * value
        return _likeness(products, self.lengths, shared, probe)

    def likeness_of(self, probe: Probe, rows: Indices) -> Floats:
        """Return how alike some items are (rows,): the same numbers."""
        products = self.vectors[rows].astype(np.float32) @ probe.vector.astype(np.float32)
        begins, lengths = self.starts[rows], np.diff(self.starts)[rows]
        places = ranges(begins, lengths)
        asked = np.zeros(len(self.posts), np.float32)
        asked[probe.words] = probe.values
        owners = np.repeat(np.arange(len(rows)), lengths)
        shared = np.bincount(owners, asked[self.words[places]] * self.values[places], len(rows))
        return _likeness(products, self.lengths[rows], shared.astype(np.float32), probe)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by their names."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read the arrays of an index, among others."""
        return cls(*(arrays[name] for name in cls.__slots__))


def quantised(vectors: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return vectors (items, dimensions) in 8 bits, and what makes them unit vectors again (items,), 0 for nothing."""
    most = np.abs(vectors).max(axis=1, initial=0.0)[:, None]
    whole = np.rint(vectors * np.divide(_DENSE, most, out=np.zeros_like(most), where=most > 0)).astype(np.int8)
    norms = np.linalg.norm(whole.astype(np.float32), axis=1)
    lengths = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    return whole, lengths.astype(np.float32)


def _likeness(products: Floats, lengths: Floats, shared: Floats, probe: Probe) -> Floats:
    products *= lengths
    products *= np.float32((1 - probe.share) * probe.length)
    shared *= np.float32(probe.share / _SPARSE**2)
    shared += products
    return shared


def _strongest(rows: Rows) -> tuple[Times, Indices, Bytes]:
    """Return of each row the cells that weigh most, in 8 bits."""
    values = np.rint(rows.values * _SPARSE).astype(np.uint8)
    owners = np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))
    order = np.lexsort((rows.terms, -values.astype(np.int16), owners))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - rows.starts[owners]
    kept = (place < KEPT) & (values > 0)
    starts = np.searchsorted(owners[kept], np.arange(len(rows.starts))).astype(np.int64)
    return starts, rows.terms[kept], values[kept]
