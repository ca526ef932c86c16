"""What texts mean, as far as terms that stand beside the same others mean alike: a truncated SVD of TF-IDF.

A = U S V' of some rows of words and pieces; a row a is the vector a V, so that a text of later has one, too
(Deerwester et al., "Indexing by Latent Semantic Analysis", 1990).
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.data import Floats
from tastemaker.recipes.semantic.terms import Rows

DIMENSIONS: Final = 64
# Up to so many rows or terms the whole decomposition is less work than looking for its largest part.
SMALL: Final = 256
# Rows whose terms are added up at once.
_ROWS: Final = 1 << 12
Vectors = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Meanings:
    """V by kind: `words` and `pieces` are (terms, dimensions)."""

    words: Vectors
    pieces: Vectors

    @classmethod
    def learn(cls, words: Rows, pieces: Rows, widths: tuple[int, int], *, seed: int) -> Self:
        """Learn from rows of both kinds, of which there are as many terms as `widths` says."""
        from scipy.sparse import hstack  # noqa: PLC0415  scipy is for fitting only

        both = hstack([words.matrix(widths[0]), pieces.matrix(widths[1])], "csr")
        if not both.nnz:
            return cls.of(np.zeros((sum(widths), 1), np.float16), widths[0])
        basis = _basis(both, seed)
        # Either sign would do; that of the largest entry is always the same.
        largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=0)[None], axis=0)
        return cls.of((basis * np.where(largest < 0, -1, 1)).astype(np.float16), widths[0])

    @classmethod
    def of(cls, vectors: Vectors, n_words: int) -> Self:
        """Tell the words from the pieces behind them."""
        return cls(vectors[:n_words], vectors[n_words:])

    def vectors(self, words: Rows, pieces: Rows) -> Floats:
        """Return the vectors (rows, dimensions) of rows of both kinds."""
        return _sums(words, self.words) + _sums(pieces, self.pieces)


def _basis(matrix: Matrix, seed: int) -> NDArray[np.floating]:
    """Return V (terms, dimensions), the most telling dimension first."""
    from scipy.sparse.linalg import svds  # noqa: PLC0415  scipy is for fitting only

    least = min(matrix.shape)
    if least <= SMALL:
        return np.asarray(np.linalg.svd(matrix.toarray(), full_matrices=False)[2][:DIMENSIONS].T)
    start = np.ones(least, np.float32)
    _, values, basis = svds(matrix, DIMENSIONS, v0=start, return_singular_vectors="vh", rng=seed)
    return np.asarray(basis[np.argsort(-values)].T)


def _sums(rows: Rows, vectors: Vectors) -> Floats:
    """Return the sum of the vectors of each row's terms (rows, dimensions)."""
    sums = np.zeros((len(rows.starts) - 1, vectors.shape[1]), np.float32)
    filled = np.flatnonzero(np.diff(rows.starts) > 0)
    for begin in range(0, len(filled), _ROWS):
        some = filled[begin : begin + _ROWS]
        cells = slice(int(rows.starts[some[0]]), int(rows.starts[some[-1] + 1]))
        parts = vectors[rows.terms[cells]].astype(np.float32) * rows.values[cells, None]
        sums[some] = np.add.reduceat(parts, rows.starts[some] - cells.start, axis=0)
    return sums
