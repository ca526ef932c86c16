"""The regression behind next-best-action: weights that all actions share and weights of each action, learned together.

    P(u takes a | x) = sigmoid(v . y_ua + (w + w_a) . x_u + b + b_a)

of what is known of the user, x_u, and of the pair, y_ua, by minimising

    sum over contacts of [-log P if taken, else -log(1 - P (1 - late))]
        + r/2 (|v|^2 + |w|^2) + r_a/2 sum |w_a|^2 + r_b/2 sum b_a^2

(ridge logistic regression; "Regularized Multi-Task Learning", Evgeniou and Pontil, KDD 2004, eq. 7, for weights that
tasks share; `late` as in `contacts`). With r_a above r an action differs from all others where its contacts say so.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.actions.contacts import Contacts
from tastemaker.recipes.data import Floats, Indices, extended

Vector = NDArray[np.float64]
# Strengths that are tried, (r, r_a): as many contacts hold a weight of 1 at 0 like.
RIDGES: Final = (
    (0.3, 3.0),
    (1.0, 10.0),
    (1.0, 30.0),
    (1.0, 100.0),
    (10.0, 100.0),
    (10.0, 1e3),
    (100.0, 1e3),
    (100.0, 1e5),
)
DEFAULT: Final = (10.0, 1e3)
_OF_INTERCEPTS = 1.0
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Weights:
    """`users` (actions, features of users) with the shared ones in, `pairs` (features of pairs,), `base` (actions,)."""

    users: Floats
    pairs: Floats
    base: Floats

    def grown(self, more: int) -> "Weights":
        """Return the same with more actions, which weigh nothing."""
        users = np.concatenate([self.users, np.zeros((more, self.users.shape[1]), self.users.dtype)])
        return Weights(users, self.pairs, extended(self.base, more, 0.0))

    def logits(self, users: Floats, pairs: Floats, actions: Indices) -> Floats:
        """Return the log-odds of contacts, all arguments having a row for each."""
        own = np.einsum("ij,ij->i", users, self.users[actions])
        return np.asarray(own + pairs @ self.pairs + self.base[actions], np.float32)


@dataclass(frozen=True, slots=True)
class Examples:
    """Contacts in the order of actions, with their features scaled: (contacts, features)."""

    contacts: Contacts
    users: Floats
    pairs: Floats
    n_actions: int

    @classmethod
    def of(cls, contacts: Contacts, users: Floats, pairs: Floats, n_actions: int) -> "Examples":
        """Bring contacts into order."""
        order = np.argsort(contacts.actions, kind="stable")
        return cls(contacts.where(order), users[order], pairs[order], n_actions)

    def where(self, keep: NDArray[np.generic]) -> "Examples":
        """Return some of the contacts, by a mask or by ascending places."""
        return Examples(self.contacts.where(keep), self.users[keep], self.pairs[keep], self.n_actions)


def learn(examples: Examples, ridges: tuple[float, float]) -> Weights:
    """Return the weights that are best for some examples."""
    from scipy.optimize import minimize  # noqa: PLC0415  scipy is for fitting only

    problem = _Problem(examples, ridges)
    options = {"maxiter": _ROUNDS, "ftol": 1e-7}
    point = minimize(problem.loss, problem.start(), jac=True, method="L-BFGS-B", options=options).x
    pairs, shared, base, bases, own = problem.parts(point)
    return Weights((shared + own).astype(np.float32), pairs.astype(np.float32), (base + bases).astype(np.float32))


def choose(examples: Examples, held_out: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the strengths that predict the `held_out` contacts best, learned from the others."""
    truth = examples.contacts.taken[held_out]
    if not truth.any() or truth.all() or held_out.all():
        return DEFAULT
    training, validation = examples.where(~held_out), examples.where(held_out)
    return RIDGES[int(np.argmin([_misfit_of(learn(training, ridges), validation) for ridges in RIDGES]))]


def _misfit_of(weights: Weights, examples: Examples) -> float:
    logits = weights.logits(examples.users, examples.pairs, examples.contacts.actions).astype(np.float64)
    return float(_misfit(logits, examples.contacts.taken.astype(np.float64), _log_late(examples.contacts)).sum())


def _misfit(logits: Vector, truth: Vector, late: Vector) -> Vector:
    """Return the loss of each contact; `late` is a logarithm here."""
    return np.asarray(np.logaddexp(0, logits) - truth * logits - (1 - truth) * np.logaddexp(0, logits + late))


def _log_late(contacts: Contacts) -> Vector:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(contacts.late))


def sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    """Return probabilities."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))


class _Problem:
    """The loss and its gradient, of all weights one behind the other."""

    def __init__(self, examples: Examples, ridges: tuple[float, float]) -> None:
        self._x, self._y = examples.users.astype(np.float64), examples.pairs.astype(np.float64)
        self._truth = examples.contacts.taken.astype(np.float64)
        self._late = _log_late(examples.contacts)
        actions = examples.contacts.actions
        self._actions = actions
        starts = np.searchsorted(actions, np.arange(examples.n_actions + 1)).tolist()
        self._slices = [(action, slice(*each)) for action, each in enumerate(pairwise(starts)) if each[0] < each[1]]
        self._n_actions = examples.n_actions
        self._ridges = ridges

    def start(self) -> Vector:
        """Begin with the share of all contacts that are taken."""
        point = np.zeros(self._y.shape[1] + self._x.shape[1] + 1 + self._n_actions * (1 + self._x.shape[1]))
        takings = self._truth.sum()
        point[self._y.shape[1] + self._x.shape[1]] = np.log((takings + 1) / (len(self._truth) - takings + 1))
        return point

    def parts(self, point: Vector) -> list[Vector]:
        """Return the weights of pairs, the shared ones, the intercept, those of actions, and the actions' own."""
        width, n_actions = self._x.shape[1], self._n_actions
        ends = np.cumsum([self._y.shape[1], width, 1, n_actions])
        parts = np.split(point, ends)
        return [*parts[:4], parts[4].reshape(n_actions, width)]

    def loss(self, point: Vector) -> tuple[float, Vector]:
        """Return the loss and its gradient."""
        pairs, shared, base, bases, own = self.parts(point)
        logits = self._y @ pairs + self._x @ shared + base[0] + bases[self._actions]
        for action, rows in self._slices:
            logits[rows] += self._x[rows] @ own[action]
        misfit = _misfit(logits, self._truth, self._late)
        error = sigmoid(logits) - self._truth - (1 - self._truth) * sigmoid(logits + self._late)
        common, special = self._ridges
        penalty = (
            common * (pairs @ pairs + shared @ shared) + _OF_INTERCEPTS * bases @ bases + special * np.vdot(own, own)
        )
        slopes = np.zeros_like(own)
        for action, rows in self._slices:
            slopes[action] = self._x[rows].T @ error[rows]
        of_actions = np.bincount(self._actions, error, self._n_actions)
        gradient = [
            self._y.T @ error + common * pairs,
            slopes.sum(axis=0) + common * shared,
            [error.sum()],
            of_actions + _OF_INTERCEPTS * bases,
            (slopes + special * own).ravel(),
        ]
        return float(misfit.sum() + penalty / 2), np.concatenate(gradient)
