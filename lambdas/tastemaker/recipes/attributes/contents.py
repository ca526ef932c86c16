"""Items with few events or none, judged by what they are: a prior for their popularity and for their relations.

With x_j the description of item j (`descriptions`), s_j the share of users that have it, and B the item-item matrix:

    s_j  ~  (x_j . a)^2 / users    expected popularity: ridge on roots of counts, whose noise is the same for all
    B_ij / s_j  ~  x_j . V_i       how far i raises j: ridge over the columns of B, weighted by s
    V = B X (X' S X + lam I)^-1,   V_i ~ x_i . U for an item i without a row in B, by ridge over the rows of V

x_j . sum_i h_i V_i is the lift of j by a history h: linear, as SeqRidge itself. "Learning Attribute-to-Feature
Mappings for Cold-Start Recommendations" (Gantner et al., ICDM 2010) maps contents to factors the same way. Popularity
is a Gamma-Poisson posterior: an item that was there all the time and found nobody is not new, it is unwanted.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import CREATED, Descriptions, Matrix
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Times, TrainingData, extended
from tastemaker.recipes.histories.occurrences import Occurrences, first_moments
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.matrix.grams import ranges
from tastemaker.recipes.matrix.neighbours import ItemMatrix

# What an item's own events say counts half at this many of them.
EVIDENCE: Final = 5.0
# Popularity is the item's own from this many users on; below it is pulled to what is expected by PULL users.
FEW, PULL = 5, 1.0
# Of this many items, the strongest, it is learned what they lead to.
SOURCES: Final = 4000
# Features kept per source, and items listed per feature.
KEPT, LISTED = 128, 32
# A history's weightiest items are looked up; under its strongest features candidates; the best of these are looked at.
LOOKED_UP, STRONGEST, CANDIDATES = 60, 16, 100
# In items of the usual weight: popularity within a category is as good as chance, what leads to it is not.
MASKED: Final = 0.2
SHARE_RIDGE, RELATION_RIDGE = 30.0, 10.0


@dataclass(frozen=True, slots=True)
class Contents:
    """Descriptions by item, as `Descriptions` has them, and what was learned on them.

    `share` (items,): expected share of users; `trust` (items,): how much of what an item's own events say counts;
    `source` (items,): row of `columns` and `values` (sources + features, kept), the features that an item leads to,
    or -1; the last rows say it of every feature; `listed` (features, LISTED): items without events to speak of,
    -1 where there are fewer; `alive` (1,): the log share of items that anybody ever took; `worth` (features,): the
    root of the users to be expected is their sum.
    """

    starts: Times
    features: Indices
    cells: NDArray[np.float16]
    share: Floats
    trust: Floats
    source: Indices
    columns: NDArray[np.int16]
    values: Floats
    listed: Indices
    alive: Floats
    worth: Floats

    def grown(self, descriptions: tuple[Times, Indices, Floats], users: int) -> Self:
        """Return the same with more items, in rows as `Descriptions` have them, that nobody has met yet."""
        starts, features, values = descriptions
        more = len(starts) - 1
        roots = np.add.reduceat(values * self.worth[features], starts[:-1])
        share = _expected(roots, max(1, users)).astype(np.float32)
        return replace(
            self,
            starts=np.concatenate([self.starts, self.starts[-1] + starts[1:]]),
            features=np.concatenate([self.features, features]),
            cells=np.concatenate([self.cells, values.astype(np.float16)]),
            share=np.concatenate([self.share, share]),
            trust=extended(self.trust, more, 0),
            source=extended(self.source, more, -1),
            listed=np.hstack([self.listed, self._listing(descriptions, share)]),
        )

    def _listing(self, descriptions: tuple[Times, Indices, Floats], share: Floats) -> Indices:
        """Return (features, up to LISTED): which new items are looked at under a feature, else -1."""
        starts, features, values = descriptions
        rows = np.repeat(np.arange(len(share)), np.diff(starts))
        order = np.lexsort((-values * share[rows], features))
        features = features[order]
        place = np.arange(len(order)) - np.searchsorted(features, features)
        mask = (place < LISTED) & (features > 0)
        table = np.full((len(self.listed), min(LISTED, len(share))), -1, np.int32)
        table[features[mask], place[mask]] = len(self.share) + rows[order[mask]]
        return table

    def profile(self, own: Own, tempos: list[int]) -> Floats:
        """Return (tempos, features): what a history leads to, each tempo's weights summing to 1."""
        weights = own.counts[tempos] / np.maximum(own.counts[tempos].sum(axis=1, keepdims=True), 1e-12)
        items = own.items
        if len(items) > LOOKED_UP:
            strongest = np.argpartition(-weights.sum(axis=0), LOOKED_UP)[:LOOKED_UP]
            items, weights = items[strongest], weights[:, strongest]
        rows, weights = self._rows(items, weights)
        columns, values, width = self.columns[rows].ravel(), self.values[rows], len(self.listed)
        sums = [np.bincount(columns, (values * weight[:, None]).ravel(), width) for weight in weights]
        return np.array(sums, np.float32).reshape(len(tempos), width)

    def _rows(self, items: Indices, weights: NDArray[np.float64]) -> tuple[Times, NDArray[np.float64]]:
        """Return rows of `values` and their weights (tempos, rows); an item without one stands for its features."""
        has_row = self.source[items] >= 0
        places, lengths = self._places(items[~has_row])
        features = len(self.values) - len(self.listed) + self.features[places]
        of_features = np.repeat(weights[:, ~has_row], lengths, axis=1) * self.cells[places]
        return np.concatenate([self.source[items[has_row]], features]), np.hstack([weights[:, has_row], of_features])

    def _places(self, items: Indices) -> tuple[Times, Times]:
        """Return where the cells of some items are, and how many each has."""
        begins = self.starts[items]
        lengths = self.starts[items + 1] - begins
        return ranges(begins, lengths), lengths

    def doubt(self, items: Indices) -> Floats:
        """Return what is taken off the log-odds (items,): what is described may be dead, as a part of all items is."""
        return np.asarray((1 - self.trust[items]) * self.alive[0], np.float32)

    def lifts(self, profile: Floats, items: Indices) -> Floats:
        """Return (tempos, items): how far a history raises items by their descriptions, 1 for strongly."""
        if not len(items):
            return np.zeros((len(profile), 0), np.float32)
        places, lengths = self._places(items)
        values = profile[:, self.features[places]] * self.cells[places].astype(np.float32)
        # Every item has the first feature, so that no stretch is empty.
        return np.asarray(np.add.reduceat(values, np.concatenate([[0], np.cumsum(lengths)[:-1]]), axis=1), np.float32)

    def candidates(self, profile: Floats, own: Own, allowed: Mask | None) -> Indices:
        """Return allowed items, not own ones, that fit best of those listed under the history's strongest features."""
        total = profile.sum(axis=0)
        total[0] = 0
        strongest = np.argpartition(-total, min(STRONGEST, len(total) - 1))[:STRONGEST]
        items = np.unique(self.listed[strongest])
        items = items[items >= 0]
        items = items[~own.has(items)]
        items = items if allowed is None else items[allowed[items]]
        if len(items) > CANDIDATES:
            fit = self.lifts(profile, items).sum(axis=0) * self.share[items]
            items = items[np.argpartition(-fit, CANDIDATES)[:CANDIDATES]]
        return items.astype(np.int32)


def learn(
    data: TrainingData,
    descriptions: Descriptions,
    neighbours: ItemMatrix,
    cold: Mask | None = None,
    seen: Occurrences | None = None,
) -> Contents:
    """Learn what items of a description are worth, and what leads to them.

    What is `cold` (items,) is treated as if it had no events, to try on other items how new ones are found
    (Volkovs et al., "DropoutNet: Addressing Cold Start in Recommender Systems", 2017).
    """
    seen = seen or Occurrences.of(data.interactions)
    cold = np.zeros(len(seen.events), bool) if cold is None else cold
    items, warm = descriptions.matrix(), ~cold
    counts, users = np.where(cold, 0, seen.events), np.where(cold, 0, seen.users)
    worth = _worth(items, users, warm)
    share = _shares(items @ worth, users, warm, seen, _dates(data))
    source, columns, values = _relations(items, neighbours, share * warm, counts)
    return Contents(
        descriptions.starts,
        descriptions.features,
        descriptions.values.astype(np.float16),
        share,
        (counts / (counts + EVIDENCE)).astype(np.float32),
        source,
        columns,
        values,
        # Only those that are known to live teach how those are found that seem not to.
        _listed(items, np.where((counts < FEW) & (cold if cold.any() else warm), share, 0.0)),
        np.array([np.log(max(1, (counts > 0).sum()) / max(1, warm.sum()))], np.float32),
        worth.astype(np.float32),
    )


def mask(interactions: Interactions, seed: int) -> Mask:
    """Draw the items (items,) that are treated as cold while it is learned how new ones are found."""
    present = np.bincount(interactions.items, minlength=interactions.n_items) > 0
    return present & (np.random.default_rng((seed, 1)).random(interactions.n_items) < MASKED)


def beginnings(data: TrainingData) -> NDArray[np.float64]:
    """Return since when each item was there (items,); without a date, since its first event.

    An item with neither is taken for new (guide: "User-Personalization-v2 recipe", CREATION_TIMESTAMP).
    """
    newest = int(data.interactions.timestamps.max(initial=0))
    return _beginnings(_dates(data), first_moments(data.interactions), newest)


def _beginnings(dates: NDArray[np.float64], first: Times, newest: int) -> NDArray[np.float64]:
    return np.where(np.isfinite(dates), np.minimum(dates, newest), first.astype(np.float64))


def _dates(data: TrainingData) -> NDArray[np.float64]:
    dates = next((column for name, column in data.item_columns.items() if name.upper() == CREATED), None)
    return np.full(data.interactions.n_items, np.nan) if dates is None else dates.astype(np.float64)


def expected_shares(items: Matrix, data: TrainingData) -> Floats:
    """Return (items,) shares of users: as counted where there are enough, as described where there are few."""
    seen, every = Occurrences.of(data.interactions), np.ones(items.shape[0], bool)
    return _shares(items @ _worth(items, seen.users, every), seen.users, every, seen, _dates(data))


def _worth(items: Matrix, users: Times, warm: Mask) -> NDArray[np.floating]:
    """Return what each feature adds to the root of the users to be expected: (features,)."""
    roots = (items.T @ np.sqrt(users))[None, :]
    return np.asarray(ridge(items, warm.astype(np.float64), roots, SHARE_RIDGE)[0])


def _shares(
    roots: NDArray[np.floating], users: Times, warm: Mask, seen: Occurrences, dates: NDArray[np.float64]
) -> Floats:
    everyone = max(1, seen.n_users)
    plain = (users + 0.5) / (everyone + 1)
    expected = _expected(roots, everyone)
    # Where the first event dates the item, it says nothing about how many were to follow.
    followers = np.maximum(users - np.isnan(dates), 0)
    exposures = seen.since(_beginnings(dates, seen.first, seen.newest))
    posterior = (PULL + followers) / (PULL / expected + everyone * exposures * warm)
    return np.where(users >= FEW, plain, posterior).astype(np.float32)


def _expected(roots: NDArray[np.floating], users: int) -> NDArray[np.floating]:
    return np.asarray(np.clip(np.maximum(roots, 0.0) ** 2 / users, 0.5 / (users + 1), 1.0))


def _relations(
    items: Matrix, neighbours: ItemMatrix, share: Floats, counts: NDArray[np.int64]
) -> tuple[Indices, NDArray[np.int16], Floats]:
    """Return each item's row or -1, and the strongest entries of V and U by row: features and values."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    listed = neighbours.listed()
    head = np.flatnonzero(np.diff(listed.starts) > 0)
    sources = head[np.sort(np.argsort(-counts[head], kind="stable")[:SOURCES])]
    cells = listed.values, listed.columns, listed.starts
    matrix = csr_matrix(cells, (len(share), len(share)))[sources][:, head]
    # Columns that teach nothing must not enter the right side either.
    targets = _scaled(items[head], share[head] > 0)
    relations = ridge(targets, share[head], (matrix @ targets).toarray(), RELATION_RIDGE)
    relations /= _strong(targets, relations)
    weight = share[sources]
    usual = ridge(items[sources], weight, relations.T * weight @ items[sources], RELATION_RIDGE).T
    source = np.full(len(share), -1, np.int32)
    source[sources] = np.arange(len(sources), dtype=np.int32)
    return source, *_strongest(np.concatenate([relations, usual]))


def _strong(targets: Matrix, relations: NDArray[np.floating]) -> float:
    """Return what a strong lift is: the mean 99 % quantile by source, of some sources."""
    some = relations[:: 1 + len(relations) // 200]
    lifts = np.maximum(targets[:: 1 + targets.shape[0] // SOURCES] @ some.T, 0)
    return max(float(np.quantile(lifts, 0.99, axis=0).mean()), 1e-9) if lifts.size else 1.0


def _strongest(rows: NDArray[np.floating]) -> tuple[NDArray[np.int16], Floats]:
    most = min(KEPT, rows.shape[1])
    places = np.sort(np.argpartition(-np.abs(rows), most - 1, axis=1)[:, :most], axis=1)
    return places.astype(np.int16), np.take_along_axis(rows, places, axis=1).astype(np.float32)


def _scaled(rows: Matrix, weights: NDArray[Any]) -> Matrix:
    return rows.multiply(weights.astype(np.float32)[:, None]).tocsr()


def ridge(
    items: Matrix, weights: NDArray[np.floating], right: NDArray[np.floating], strength: float
) -> NDArray[np.floating]:
    """Solve weighted least squares on descriptions: right (targets, features) -> (targets, features)."""
    from scipy.linalg import cho_factor, cho_solve  # noqa: PLC0415  scipy is for fitting only

    # In 32 bits the sums over a million items are too coarse: the matrix would not be positive definite.
    wide = items.astype(np.float64)
    square = (wide.T @ _scaled(wide, weights)).toarray()
    penalty = np.full(len(square), strength * weights.mean() if len(weights) else 1.0)
    penalty[0] = 1e-6 * square[0, 0]  # the feature that all have is an intercept
    square[np.diag_indices(len(square))] += np.maximum(penalty, 1e-9)
    return np.asarray(cho_solve(cho_factor(square, overwrite_a=True), right.T).T)


def _listed(items: Matrix, share: Floats) -> Indices:
    """Return (features, LISTED): by feature the items of most share, -1 where there are fewer; none for the first."""
    by_feature = items.tocsc()
    table = np.full((items.shape[1], LISTED), -1, np.int32)
    for feature in range(1, items.shape[1]):
        cells = slice(by_feature.indptr[feature], by_feature.indptr[feature + 1])
        rows = by_feature.indices[cells]
        value = by_feature.data[cells] * share[rows]
        best = np.argsort(-value, kind="stable")[:LISTED]
        best = best[value[best] > 0]
        table[feature, : len(best)] = rows[best]
    return table
