"""SeqRidge: a ridge regression from the decayed past of a user to the decayed future, item by item.

With p_t the past and f_t the future of a user at basket t, x the whole of a user, w a user's weight:

    minimise (1 - m) sum w |f_t - B'p_t|^2 + m sum w |x - B'x|^2 + lam |B|^2
    B = (A + lam I)^-1 R,  A = (1 - m) sum w p p' + m sum w x x',  R = (1 - m) sum w p f' + m sum w x x'

The sums over pairs come from `grams`. Of the family of EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse
Data", 2019), SLIST (Choi et al., "Session-aware Linear Item-Item Models", 2021) and TALE (2025). This module solves it
exactly, in dense matrices; `residuals` and `sparse_ridges` extend the solution to larger catalogues.
"""

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats
from tastemaker.recipes.matrix.neighbours import Rows

NEIGHBOURS = 300
BLOCK = 256


def factor(covariance: Floats, lam: float) -> Floats:
    """Return the Cholesky factor of A + lam I in one triangle, in LAPACK's order; a lam too small to do is raised."""
    from scipy.linalg.lapack import spotrf  # noqa: PLC0415  scipy is for fitting only

    failed = True
    while failed:
        work = covariance.copy()
        np.einsum("ii->i", work)[:] += np.float32(max(lam, 1e-6))
        cholesky, failed = spotrf(work.T, lower=0, overwrite_a=1, clean=0)
        lam = 10 * max(lam, 1e-3)
    return np.asarray(cholesky, np.float32)


def solve(cholesky: Floats, rows: Floats) -> Floats:
    """Replace every row r (rows, items) by (A + lam I)^-1 r, in place."""
    from scipy.linalg.lapack import spotrs  # noqa: PLC0415  scipy is for fitting only

    def replace(begin: int) -> None:
        block = rows[begin : begin + BLOCK]
        solution, _ = spotrs(cholesky, block.T, lower=0, overwrite_b=1)
        if not np.shares_memory(solution, block):
            block[:] = solution.T

    for _ in workers.spread(replace, range(0, len(rows), BLOCK)):
        pass
    return rows


def solved(covariance: Floats, targets: Floats, lam: float) -> Floats:
    """Turn R' (targets, sources) into B' in place, its diagonal 0: no item speaks for itself."""
    solve(factor(covariance, lam), targets)
    np.fill_diagonal(targets, 0.0)
    return targets


def keep_strongest(weights: Floats, most: int = NEIGHBOURS) -> Rows:
    """Cut the rows of B to `most` entries each; `weights` are B' (targets, sources)."""

    def cut(begin: int) -> Rows:
        return Rows.cut(np.ascontiguousarray(weights[:, begin : begin + BLOCK].T), most)

    return Rows.join(workers.spread(cut, range(0, weights.shape[1], BLOCK)))


def strength(covariance: Floats) -> float:
    """Return the unit of the ridge: the mean of A's diagonal."""
    return float(np.einsum("ii->i", covariance).mean()) if len(covariance) else 1.0
