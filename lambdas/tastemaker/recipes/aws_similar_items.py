"""Similar-Items: items that the same users chose, and for items with few events those that are alike by description.

    s_ij = (1 - w_ij) c_ij / sqrt((n_i + a)(n_j + a)) + w_ij k x_i . x_j,   w_ij = e / (e + min(n_i, n_j))

c_ij of the n_i users of i have j too, a holds back pairs of few users, e is EVIDENCE, x are descriptions
(`descriptions`), and k is what likeness by description is worth in terms of the other: the regression of one on the
other where both are known.
`popularity_discount_factor` d divides by (n_j + a)^(d / 2) besides (guide: "Similar-Items recipe").
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import related
from tastemaker.recipes.aws_sims import Sims
from tastemaker.recipes.baskets import last_events
from tastemaker.recipes.data import Floats, TrainingData
from tastemaker.recipes.descriptions import Matrix, describe
from tastemaker.recipes.metadata import Metadata, continuous, integer
from tastemaker.recipes.popularity import best_first, distinct_users
from tastemaker.recipes.registry import Progress, recipe

# What a user did longer ago than this many events says little about which items are alike.
LATELY: Final = 300
DISTRUST: Final = 10.0
EVIDENCE: Final = 5.0
# Of how many features of an item, its rarest, others are looked up, and how many under each: known ones and new ones.
FEATURES, KNOWN, NEW = 5, 48, 24
# From this many users on an item teaches what likeness is worth.
TEACHES: Final = 20


class _Alike(NamedTuple):
    """Descriptions (items, features) of unit length, the rarest features of each, and (features, items) lists."""

    vectors: Matrix
    rarest: Matrix
    listed: Matrix


@recipe(
    Metadata(
        "aws-similar-items",
        "RELATED_ITEMS",
        "Items like a given one, by who chose both and by what they are.",
        hyperparameters=(
            continuous("popularity_discount_factor", 0.0, 0.0, 1.0),
            integer("item_id_hidden_dim", 100, 30, 200, tunable=True),
            integer("item_metadata_hidden_dim", 100, 30, 200, tunable=True),
        ),
        feature_transformation="similar-items",
        needs_user=False,
        needs_item=True,
    ),
    Sims,
)
def similar_items(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Sims:
    """Mix both likenesses row by row; the hidden dimensions have no counterpart in this engine."""
    del seed
    events = last_events(data.interactions, LATELY)
    users = distinct_users(events).astype(np.float32)
    member = related.groups(events.users.astype(np.int64), events.items, events.n_items)
    discount = 0.5 * float(parameters["popularity_discount_factor"])
    rows = _rows(member, users, _alike(data, users), discount, progress)
    return related.model(rows, best_first(distinct_users(data.interactions)))


def _rows(
    member: Matrix, users: Floats, alike: _Alike | None, discount: float, progress: Progress
) -> Iterator[NDArray[np.int32]]:
    weight = 1 / np.sqrt(users + DISTRUST)
    usual = users[users > 0].mean() + DISTRUST if users.any() else 1.0
    handicap = ((users + DISTRUST) / usual) ** -discount
    worth = _worth(member, users, weight, alike)
    for begin, counts in related.together(member, progress):
        scores = counts * weight[begin : begin + len(counts), None] * weight * handicap
        if alike is not None:
            _mix(scores, begin, users, alike, worth)
        yield from (related.strongest(row, begin + place) for place, row in enumerate(scores))


def _mix(scores: Floats, begin: int, users: Floats, alike: _Alike, worth: float) -> None:
    """Let descriptions speak, in place, the louder the fewer users a pair's rarer item has."""
    rows, columns, likeness = _likeness(alike, begin, begin + len(scores))
    rarer = np.minimum(users[begin : begin + len(scores), None], users)
    scores *= rarer / (rarer + EVIDENCE)
    least = np.minimum(users[begin + rows], users[columns])
    scores[rows, columns] += worth * likeness * EVIDENCE / (EVIDENCE + least)


def _worth(member: Matrix, users: Floats, weight: Floats, alike: _Alike | None) -> float:
    """Return how much of likeness by users one of likeness by description is worth; 1 where nothing is known of it."""
    known = np.sort(np.argsort(-users, kind="stable")[: 4 * related.BLOCK])
    known = known[users[known] >= TEACHES]
    if alike is None or not len(known):
        return 1.0
    both = (member[:, known].T @ member[:, known]).toarray() * weight[known, None] * weight[known]
    likeness = (alike.vectors[known] @ alike.vectors[known].T).toarray()
    apart = ~np.eye(len(known), dtype=bool)
    return float((both * likeness)[apart].sum() / max((likeness**2)[apart].sum(), 1e-9)) or 1.0


def _alike(data: TrainingData, users: Floats) -> _Alike | None:
    described = describe(data)
    if described is None:
        return None
    vectors = described.matrix()[:, 1:].tocsr()
    return _Alike(vectors, _rarest(vectors), _listed(vectors, users))


def _rarest(vectors: Matrix) -> Matrix:
    """Return (items, features): 1 at the features of each item that weigh most."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    rows = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    order = np.lexsort((-vectors.data, rows))
    place = np.arange(len(rows)) - vectors.indptr[rows]
    kept = order[place < FEATURES]
    return csr_matrix((np.ones(len(kept), np.float32), (rows[kept], vectors.indices[kept])), vectors.shape)


def _listed(vectors: Matrix, users: Floats) -> Matrix:
    """Return (features, items): 1 at the items found by a feature, those with the most users and some with few."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  same

    by_feature, rows, found = vectors.tocsc(), [], []
    for feature in range(vectors.shape[1]):
        items = by_feature.indices[by_feature.indptr[feature] : by_feature.indptr[feature + 1]]
        new = items[users[items] < EVIDENCE][:NEW]
        known = items[np.argsort(-users[items], kind="stable")[:KNOWN]]
        chosen = np.union1d(new, known)
        found.append(chosen)
        rows.append(np.full(len(chosen), feature))
    cells = np.concatenate(rows), np.concatenate(found)
    return csr_matrix((np.ones(len(cells[0]), np.float32), cells), vectors.shape[::-1])


def _likeness(alike: _Alike, begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return pairs (row of the block, item) worth a look, and the cosine of their descriptions."""
    pairs = (alike.rarest[begin:end] @ alike.listed).tocoo()
    rows, columns = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    product = alike.vectors[begin + rows].multiply(alike.vectors[columns])
    return rows, columns, np.asarray(product.sum(axis=1), np.float32).ravel()
