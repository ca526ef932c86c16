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

DIMENSIONS: Final = 128
# Vectors looked for besides those that are kept, and passes over the matrix.
SPARE: Final = 16
PASSES: Final = 4
_NOTHING: Final = 1e-8
_RIDGE: Final = 1.0
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

    def toward(self, words: Rows, pieces: Rows, targets: Floats) -> Self:
        """Return the meanings that come nearest to other vectors of some rows: (rows, dimensions) of an encoder.

        Ridge regression: where only the terms of a text are at hand, they stand for what the encoder would say.
        """
        vectors = self.vectors(words, pieces, fitting=True).astype(np.float64)
        square = vectors.T @ vectors
        square[np.diag_indices(len(square))] += _RIDGE
        turn = np.linalg.solve(square, vectors.T @ targets)
        return type(self)(*((each.astype(np.float64) @ turn).astype(np.float16) for each in (self.words, self.pieces)))

    def vectors(self, words: Rows, pieces: Rows, *, fitting: bool = False) -> Floats:
        """Return the vectors (rows, dimensions) of rows of both kinds."""
        add_up = _products if fitting else _sums
        return add_up(words, self.words) + add_up(pieces, self.pieces)


def _basis(matrix: Matrix, seed: int) -> NDArray[np.floating]:
    """Return V (terms, dimensions), the most telling dimension first.

    By subspace iteration from random vectors, as many passes for any matrix (Halko, Martinsson and Tropp, "Finding
    Structure with Randomness", 2011, algorithms 4.4 and 5.1).
    """
    size = min(DIMENSIONS + SPARE, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], size), dtype=np.float32)
    for _ in range(PASSES):
        basis, _ = np.linalg.qr(matrix.T @ (matrix @ basis))
    rows = matrix @ basis
    squares, turns = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    kept = np.flatnonzero(squares > squares[-1] * _NOTHING)[::-1][:DIMENSIONS]
    return np.asarray(basis @ turns[:, kept])


def _products(rows: Rows, vectors: Vectors) -> Floats:
    """Return the sum of the vectors of each row's terms (rows, dimensions): many times as fast where rows are many."""
    return np.asarray(rows.matrix(len(vectors)) @ vectors.astype(np.float32))


def _sums(rows: Rows, vectors: Vectors) -> Floats:
    """Return the same by numpy alone."""
    sums = np.zeros((len(rows.starts) - 1, vectors.shape[1]), np.float32)
    filled = np.flatnonzero(np.diff(rows.starts) > 0)
    for begin in range(0, len(filled), _ROWS):
        some = filled[begin : begin + _ROWS]
        cells = slice(int(rows.starts[some[0]]), int(rows.starts[some[-1] + 1]))
        parts = vectors[rows.terms[cells]].astype(np.float32) * rows.values[cells, None]
        sums[some] = np.add.reduceat(parts, rows.starts[some] - cells.start, axis=0)
    return sums
