"""The model of user segments: how likely each user is to take each target next (`features`, `targets`).

    P(u takes the target again)    = sigmoid(v . f + v_0)      where u has taken of it before
    P(u takes it for the first time) = sigmoid(w . f + w_0)    elsewhere

The same odds order the items of one user, which is what `recommend` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix, Vocabulary
from tastemaker.recipes.attributes.segments import Segments
from tastemaker.recipes.contract import Arrays, Told
from tastemaker.recipes.data import Cause, Floats, Indices, Interactions, Mask, Newcomers, Query, Ranking, extended
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.segments.features import Block, features
from tastemaker.recipes.segments.targets import EVIDENCE, Likeness, Targets, columns


@dataclass(frozen=True, slots=True)
class Affinity:
    """B, how often items are taken, who users are, what items are, and the weights of own and new targets.

    `events` and `users` (items,): how many events each item has, and how many users; `seen` (2, columns): from what to
    what users were in each column of them alone, beyond which nothing is known; `settings`: the horizon that was
    learned on in seconds, whether targets are items that others are like, and how many users there are.
    """

    neighbours: Neighbours
    events: Indices
    users: Indices
    segments: Segments | None
    likeness: Likeness | None
    own: Floats
    new: Floats
    seen: Floats
    settings: dict[str, Any]

    @property
    def n_items(self) -> int:
        """Return the size of the catalogue."""
        return len(self.events)

    @property
    def horizon(self) -> float:
        """Return how far ahead it was learned to look, in seconds."""
        return float(self.settings["horizon"])

    def targets(self, chosen: Sequence[tuple[Indices, Floats]]) -> Targets:
        """Return what is asked for: items and their weights, target by target."""
        items = columns(chosen, self.n_items)
        return self.of(items, self.alike(items))

    def alike(self, items: Matrix) -> Matrix | None:
        """Return what is like the only item of a target, by columns of (items, targets); or None."""
        if self.likeness is None or not self.settings["alike"]:
            return None
        targets = items.tocsc()
        single = np.diff(targets.indptr) == 1
        nearest = (
            self.likeness.nearest(int(item), self.events) for item in targets.indices[targets.indptr[:-1][single]]
        )
        return columns([next(nearest) if one else _NOTHING for one in single], self.n_items)

    def of(self, items: Matrix, like: Matrix | None = None) -> Targets:
        """Return targets by the columns of (items, targets), and of what is like them."""
        taken, whole = (items, items) if like is None else self._standing(items, like)
        events, users = (np.asarray(whole.T @ each.astype(np.float32)) for each in (self.events, self.users))
        everything = max(1.0, float(self.events.sum()))
        return Targets(
            taken,
            (_matrix(self.neighbours) @ whole).tocsr(),
            np.log((events + 0.5) / everything).astype(np.float32),
            np.log((np.maximum(events - users, 0) + 0.5) / (users + 0.5)).astype(np.float32),
            self._lifts(whole),
        )

    def _standing(self, items: Matrix, like: Matrix) -> tuple[Matrix, Matrix]:
        """Return q and q' of each target (`targets`)."""
        from scipy.sparse import diags_array  # noqa: PLC0415  scipy is for fitting and segments

        users = np.asarray(items.T @ self.users.astype(np.float32))
        alone = np.diff(like.tocsc().indptr) == 0
        trust = np.where(alone, 1, users / (users + EVIDENCE)).astype(np.float32)
        whole = items @ diags_array(trust) + like @ diags_array(1 - trust)
        itself = (trust >= 0.5).astype(np.float32)  # noqa: PLR2004  more for itself than for others
        return (items @ diags_array(itself) + whole @ diags_array(1 - itself)).tocsr(), whole.tocsr()

    def odds(self, block: Block, targets: Targets) -> Floats:
        """Return the log-odds of a block of users, (users, targets)."""
        return features(block, targets, self.horizon).within(self.seen).logits(self.own, self.new)

    def members(self, begin: int, end: int) -> Matrix | None:
        """Return (users, values): 1 where a user has a value; beyond those of the training nobody has one."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting and segments

        if self.segments is None:
            return None
        known = len(self.segments.starts) - 1
        rows = self.segments.starts[np.minimum(np.arange(begin, end + 1), known)]
        values = self.segments.values[rows[0] : rows[-1]]
        cells = np.ones(len(values), np.float32), values, rows - rows[0]
        return csr_matrix(cells, (end - begin, len(self.segments.items)))

    def _lifts(self, items: Matrix) -> Floats:
        """Return how much likelier the users with a value are to take a target, (values, targets)."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  same

        if self.segments is None:
            return np.zeros((0, items.shape[1]), np.float32)
        kept = self.segments.items.shape
        starts = np.arange(kept[0] + 1) * kept[1]
        table = csr_matrix((self.segments.lifts.ravel(), self.segments.items.ravel(), starts), (kept[0], self.n_items))
        weights = items.multiply(self.users[:, None] + 0.5).tocsr()
        whole = np.maximum(np.asarray(weights.sum(axis=0)).ravel(), 1e-9)
        return np.asarray((table @ weights).toarray() / whole, np.float32)

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the items that who asks is likeliest to take."""
        odds = self._of_items(query)
        items = np.arange(self.n_items) if allowed is None else np.flatnonzero(allowed)
        best = np.lexsort((items, -self.users[items], -odds[items]))[:k]
        return Ranking(items[best].astype(np.int32))

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, likeliest first."""
        odds = self._of_items(query)[items]
        return Ranking(items[np.lexsort((items, -self.users[items], -odds))].astype(np.int32))

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return nothing: segments tell no reasons."""
        del query, allowed, listed
        return [[] for _ in items]

    def _of_items(self, query: Query) -> Floats:
        from scipy.sparse import identity  # noqa: PLC0415  same

        nobody = np.zeros(len(query.history_items), np.int32)
        counts = {"n_users": 1, "n_items": self.n_items}
        history = query.history_items, query.history_times, query.history_weights
        events = Interactions.sort(nobody, *history, **counts)
        user = len(self.segments.starts) - 1 if query.user is None and self.segments else query.user or 0
        block = Block(events, np.array([query.now]), self.members(user, user + 1))
        odds: Floats = self.odds(block, self.of(identity(self.n_items, np.float32, "csr")))[0]
        return odds

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, at the end: nobody has taken them."""
        more = len(newcomers)
        return replace(
            self,
            neighbours=self.neighbours.grown(more),
            events=extended(self.events, more, 0),
            users=extended(self.users, more, 0),
            likeness=self.likeness.grown(newcomers.rows) if self.likeness else None,
        )

    def with_users(self, keep: Mask, told: Told) -> Self:
        """Return the same without who some users are; that they were there still counts in the chances of items."""
        del told
        return replace(self, segments=self.segments and self.segments.with_users(keep))

    @property
    def describes(self) -> bool:
        """Whether an item can be told by what it is."""
        return self.likeness is not None

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that was learned."""
        arrays = _packed("neighbours", self.neighbours) | _packed("segments", self.segments)
        if self.likeness:
            arrays |= {f"likeness_{name}": getattr(self.likeness, name) for name in _ROWS}
            arrays |= _packed("vocabulary", self.likeness.vocabulary)
        return arrays | {
            "events": self.events,
            "users": self.users,
            "own": self.own,
            "new": self.new,
            "seen": self.seen,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Read the model back."""
        vocabulary = _unpacked("vocabulary", Vocabulary, arrays)
        return cls(
            _unpacked("neighbours", Neighbours, arrays),
            arrays["events"],
            arrays["users"],
            _unpacked("segments", Segments, arrays),
            vocabulary and Likeness(**{name: arrays[f"likeness_{name}"] for name in _ROWS}, vocabulary=vocabulary),
            arrays["own"],
            arrays["new"],
            arrays["seen"],
            dict(settings),
        )


_NOTHING: Final = np.empty(0, np.int32), np.empty(0, np.float32)
_ROWS: Final = ("starts", "features", "values")


def _packed(prefix: str, part: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401  a dataclass of arrays
    return {} if part is None else {f"{prefix}_{name}": getattr(part, name) for name in part.__slots__}


def _unpacked(prefix: str, kind: Any, arrays: Arrays) -> Any:  # noqa: ANN401  as above
    names = [f"{prefix}_{name}" for name in kind.__slots__]
    return kind(*(arrays[name] for name in names)) if names[0] in arrays else None


def _matrix(neighbours: Neighbours) -> Matrix:
    from scipy.sparse import csr_matrix  # noqa: PLC0415  same

    cells = neighbours.values, neighbours.columns, neighbours.starts
    return csr_matrix(cells, (neighbours.n_items, neighbours.n_items))
