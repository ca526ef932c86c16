"""Logistic regression on a few standardised columns, shrunk towards 'only the intercept matters'."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats

# Of weights: one a column, and behind them the intercept.
SLOPES, INTERCEPT = slice(None, -1), -1
PRIOR_HITS = 3.0
LEAST_SHRINKAGE = 0.1
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Examples: features (rows, features), what came true (rows,), and how much each row counts (rows,)."""

    features: Floats
    truth: NDArray[np.bool_]
    weights: Floats

    @classmethod
    def join(cls, parts: Sequence["Rows"]) -> "Rows":
        """Put the examples of several users together."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.truth for part in parts]),
            np.concatenate([part.weights for part in parts]),
        )


def learn(rows: Rows, columns: Sequence[int], *, rising: Collection[int] = ()) -> Floats:
    """Return (features + 1,) weights, the intercept last; columns that may not be used get 0.

    Each standardised weight is held to 0 like by PRIOR_HITS hits of its own, so few hits move it little. Those of
    `rising` columns are not below 0: more of what they count speaks against nobody.
    """
    values = rows.features[:, list(columns)].astype(np.float64)
    weights = (rows.weights / rows.weights.sum()).astype(np.float64)
    mean = weights @ values
    spread = np.sqrt(weights @ (values - mean) ** 2)
    scale = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0.0)  # noqa: PLR2004  constant columns say nothing
    truth = rows.truth.astype(np.float64)
    share = np.clip(weights @ truth, 1e-6, 1 - 1e-6)
    shrinkage = share * (1 - share) * (PRIOR_HITS / (truth.sum() + PRIOR_HITS) + LEAST_SHRINKAGE)
    point = _minimise((values - mean) * scale, truth, weights, shrinkage, [column in rising for column in columns])
    slopes = point[SLOPES] * scale
    result = np.zeros(rows.features.shape[1] + 1, np.float32)
    result[list(columns)] = slopes
    result[INTERCEPT] = point[INTERCEPT] - mean @ slopes
    return result


def _minimise(inputs: Vector, truth: Vector, weights: Vector, shrinkage: float, rising: Sequence[bool]) -> Vector:
    from scipy.optimize import minimize  # noqa: PLC0415  scipy is for fitting only

    def loss(point: Vector) -> tuple[float, Vector]:
        logits = inputs @ point[SLOPES] + point[INTERCEPT]
        slopes = np.append(point[SLOPES], 0.0)
        misfit = weights @ (np.logaddexp(0, logits) - truth * logits)
        error = weights * (_sigmoid(logits) - truth)
        gradient = np.append(inputs.T @ error, error.sum()) + shrinkage * slopes
        return float(misfit + 0.5 * shrinkage * slopes @ slopes), gradient

    start = np.zeros(inputs.shape[1] + 1)
    share = np.clip(weights @ truth, 1e-6, 1 - 1e-6)
    start[INTERCEPT] = np.log(share / (1 - share))
    bounds = [(0 if up else None, None) for up in (*rising, False)] if any(rising) else None
    options = {"maxiter": 200}
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x, np.float64)


def _sigmoid(logits: Vector) -> Vector:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), np.float64)


def logits(weights: Floats, features: Floats) -> Floats:
    """Return the log-odds of each row."""
    return np.asarray(features @ weights[SLOPES] + weights[INTERCEPT], np.float32)


def share_out(values: Floats) -> Floats:
    """Return the softmax of log-odds: positive shares that sum to 1."""
    if not len(values):
        return values
    odds = np.exp(values - values.max())
    return np.asarray(odds / odds.sum(), np.float32)
