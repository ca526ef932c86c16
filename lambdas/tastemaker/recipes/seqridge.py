"""SeqRidge: a ridge regression from the decayed past of a user to the decayed future, item by item.

With p_t the past and f_t the future of a user at basket t, x the whole of a user, w a user's weight:

    minimise (1 - m) sum w |f_t - B'p_t|^2 + m sum w |x - B'x|^2 + lam |B|^2
    B = (A + lam I)^-1 R,  A = (1 - m) sum w p p' + m sum w x x',  R = (1 - m) sum w p f' + m sum w x x'

The sums over pairs come from `grams`. Of the family of EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse
Data", 2019), SLIST (Choi et al., "Session-aware Linear Item-Item Models", 2021) and TALE (2025).
"""

from dataclasses import dataclass

import numpy as np

from tastemaker.recipes.data import Floats, Indices
from tastemaker.recipes.grams import Grams, Kernel

# The share of the loss that sees a user as a set; 0 sees only the order.
MIXTURE = 0.5
NEIGHBOURS = 300
BLOCK = 512


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The strongest entries of B by row, in positions of `head`: columns and values have shape (head, kept)."""

    head: Indices
    position: Indices
    columns: Indices
    values: Floats

    def scores(self, items: Indices, weights: Floats) -> Floats:
        """Return (kernels, head) scores of histories given as item weights (kernels, items)."""
        rows = self.position[items]
        known = rows >= 0
        rows, weights = rows[known], weights[:, known]
        columns = self.columns[rows].ravel()
        values = self.values[rows]
        size = len(self.head)
        sums = [np.bincount(columns, (values * weight[:, None]).ravel(), size) for weight in weights]
        return np.array(sums, np.float32).reshape(len(weights), size)


def solve(grams: Grams, kernel: Kernel, ridge: float) -> Floats:
    """Return B with a zero diagonal; `ridge` is lam over the mean of A's diagonal."""
    from scipy.linalg.lapack import spotrf, spotrs  # noqa: PLC0415  scipy is for fitting only

    covariance = _covariance(grams, kernel)
    target = _target(grams)
    diagonal = np.einsum("ii->i", covariance)
    base = float(diagonal.mean())
    diagonal += np.float32(max(ridge * base, 1e-6))
    factor, failed = spotrf(covariance.T, lower=0, overwrite_a=1, clean=0)
    while failed:
        ridge = 10 * max(ridge, 1e-3)
        covariance = _covariance(grams, kernel)
        np.einsum("ii->i", covariance)[:] += np.float32(max(ridge * base, 1e-6))
        factor, failed = spotrf(covariance.T, lower=0, overwrite_a=1, clean=0)
    solution, _ = spotrs(factor, target, lower=0)
    weights = np.ascontiguousarray(solution, np.float32)
    np.fill_diagonal(weights, 0.0)
    return weights


def _covariance(grams: Grams, kernel: Kernel) -> Floats:
    scale = (1 - MIXTURE) / (1 - np.exp(-2 / kernel.past))
    forward = np.float32(scale) * grams.lagged.real + np.float32(MIXTURE) * grams.together
    forward += forward.T.copy()
    return forward


def _target(grams: Grams) -> Floats:
    forward = np.float32(MIXTURE) * grams.together
    forward += forward.T.copy()
    forward += np.float32(1 - MIXTURE) * grams.lagged.imag
    return forward


def keep_strongest(weights: Floats, head: Indices, n_items: int) -> Neighbours:
    """Cut each row to its largest magnitudes: a strong 'never together' says as much as a strong 'together'."""
    size = len(head)
    kept = min(NEIGHBOURS, size)
    columns = np.empty((size, kept), np.int32)
    for begin in range(0, size, BLOCK):
        rows = np.abs(weights[begin : begin + BLOCK])
        chosen = np.argpartition(rows, size - kept, axis=1)[:, size - kept :]
        columns[begin : begin + BLOCK] = np.sort(chosen, axis=1)
    return Neighbours(head, positions(head, n_items), columns, np.take_along_axis(weights, columns, axis=1))


def positions(head: Indices, n_items: int) -> Indices:
    """Return each item's place in the head, or -1: shape (n_items,)."""
    position = np.full(n_items, -1, np.int32)
    position[head] = np.arange(len(head), dtype=np.int32)
    return position
