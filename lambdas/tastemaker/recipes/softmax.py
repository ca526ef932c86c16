"""Two small convex problems: choosing among alternatives (softmax) and yes or no (logistic), shrunk towards a prior."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choices:
    """Alternatives of many users: features (rows, features), each user's rows begin at `starts`;
    `chosen` (rows,) sums to 1 for every user."""

    features: Floats
    starts: NDArray[np.int64]
    chosen: Floats

    def loss(self, weights: Vector) -> tuple[float, Vector]:
        """Return the mean negative log likelihood over users, and its gradient."""
        logits = self.features @ weights.astype(np.float32)
        tops = np.maximum.reduceat(logits, self.starts)
        lengths = np.diff(self.starts, append=len(logits))
        shifted = np.exp(logits - np.repeat(tops, lengths))
        sums = np.add.reduceat(shifted, self.starts)
        share = shifted / np.repeat(sums, lengths)
        users = len(self.starts)
        total = np.log(sums).sum() + tops.sum() - self.chosen @ logits
        gradient = (share - self.chosen) @ self.features
        return float(total) / users, gradient.astype(np.float64) / users


def learn_choice(choices: Choices, prior: Vector, shrinkage: float) -> Vector:
    """Return weights that make what was chosen likely, held to the prior on standardised features."""
    from scipy.optimize import minimize  # noqa: PLC0415  scipy is for fitting only

    scale = np.maximum(choices.features.std(axis=0), 1e-3).astype(np.float64)

    def objective(weights: Vector) -> tuple[float, Vector]:
        loss, gradient = choices.loss(weights)
        away = (weights - prior) * scale
        return loss + 0.5 * shrinkage * float(away @ away), gradient + shrinkage * away * scale

    found = minimize(objective, prior, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x, np.float64)


def learn_odds(features: Floats, shares: Floats, prior: Vector, shrinkage: float) -> Vector:
    """Return logistic weights for shares between 0 and 1; the intercept comes first and is not shrunk."""
    from scipy.optimize import minimize  # noqa: PLC0415  scipy is for fitting only

    free = np.ones(features.shape[1])
    free[0] = 0.0

    def objective(weights: Vector) -> tuple[float, Vector]:
        logits = features @ weights
        loss = np.logaddexp(0, logits).mean() - float(shares @ logits) / len(shares)
        away = (weights - prior) * free
        gradient = (sigmoid(logits) - shares) @ features / len(shares) + shrinkage * away
        return float(loss) + 0.5 * shrinkage * float(away @ away), gradient

    found = minimize(objective, prior, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x, np.float64)


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits))
