"""Similar-Items: items that the same users chose, and for items with few events those that are alike by description.

    s_ij = (1 - w_ij) c_ij / sqrt((n_i + a)(n_j + a)) h_j + w_ij k x_i . x_j sqrt(m_i m_j)
    w_ij = e / (e + min(n_i, n_j))

c_ij of the n_i users of i have j too, or have it near i (`company`), a holds back pairs of few users, e is EVIDENCE, x
are descriptions (`descriptions`), m is how popular an item is or, with few events, to be expected to be (`contents`):
what is chosen often is chosen together often. k, what likeness by description is worth, is the regression of the first
term's cosine on the second where both are known. h_j = (n_j + a)^((p - d) / 2) with p, how far popularity pulls, chosen
on held-out users as the kind of company is (`pulls`), and d the `popularity_discount_factor` (guide: "Similar-Items
recipe"). Of a described catalogue one of every so many places is for the items of few users that s puts first: else
nobody would ever find them beside what everybody has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes import contents
from tastemaker.recipes.attributes.descriptions import Matrix, describe
from tastemaker.recipes.contract import Progress, recipe
from tastemaker.recipes.data import Floats, Mask, TrainingData
from tastemaker.recipes.histories.baskets import last_events
from tastemaker.recipes.histories.popularity import best_first, distinct_users
from tastemaker.recipes.matrix.grams import ranges
from tastemaker.recipes.metadata import Metadata, continuous, integer
from tastemaker.recipes.related import pulls, tables
from tastemaker.recipes.related.aws_sims import Sims
from tastemaker.recipes.related.company import Company
from tastemaker.recipes.related.costs import FOLLOWING
from tastemaker.recipes.related.pulls import Manner

# What a user did longer ago than this many events says little about which items are alike.
LATELY: Final = 300
DISTRUST: Final = 10.0
EVIDENCE: Final = 5.0
# Of how many features of an item, its rarest, others are looked up, and how many under each: popular ones and new ones.
FEATURES, POPULAR, NEW = 5, 48, 24
# Places are kept for items of few users, as long as these are no more than this part of all.
FEW: Final = 0.2
# The items with the most users teach what likeness is worth, if they have as many as this.
TEACHERS, TEACHES = 1000, 20


class _Alike(NamedTuple):
    """Descriptions as long as the root of popularity, their rarest features, and what a feature leads to.

    `few` (items,) are items of so few users that places are kept for them.
    """

    vectors: Matrix
    rarest: Matrix
    candidates: Matrix
    few: Mask


@recipe(
    Metadata(
        "aws-similar-items",
        "RELATED_ITEMS",
        "Items like a given one, by who chose both and by what they are.",
        hyperparameters=(
            continuous("popularity_discount_factor", 0.0, 0.0, 1.0),
            integer("item_id_hidden_dim", 100, 30, 200, tunable=True, inert=True),
            integer("item_metadata_hidden_dim", 100, 30, 200, tunable=True, inert=True),
        ),
        feature_transformation="similar-items",
        needs_user=False,
        needs_item=True,
    ),
    Sims,
    costs=FOLLOWING,
)
def similar_items(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Sims:
    """Mix both likenesses row by row; the hidden dimensions have no counterpart in this engine."""
    events = last_events(data.interactions, LATELY)
    users = distinct_users(events).astype(np.float32)
    manner = pulls.choose(replace(data, interactions=events), users + DISTRUST, seed=seed)
    pull = manner.pull - float(parameters["popularity_discount_factor"])
    company = replace(Company.of(events), back=manner.back)
    rows = _rows(company, users, _alike(data, users), manner._replace(pull=pull), progress)
    return tables.model(rows, best_first(distinct_users(data.interactions)))


def _rows(
    company: Company, users: Floats, alike: _Alike | None, manner: Manner, progress: Progress
) -> Iterator[NDArray[np.int32]]:
    weight = 1 / np.sqrt(users + DISTRUST)
    usual = users[users > 0].mean() + DISTRUST if users.any() else 1.0
    favour = ((users + DISTRUST) / usual) ** (0.5 * manner.pull)
    worth = 0.0 if alike is None else _worth(company, users, weight, alike)
    for begin, block in company.blocks(progress):
        rows, columns = tables.cells(block, begin)
        block.data *= weight[rows] * weight[columns] * favour[columns]
        if alike is None:
            yield from tables.strongest(block, begin)
        else:
            yield from tables.welcoming(_mixed(block, begin, users, alike, worth), begin, alike.few, manner.every)


def _mixed(block: Matrix, begin: int, users: Floats, alike: _Alike, worth: float) -> Matrix:
    """Let descriptions speak, the louder the fewer users a pair's rarer item has."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    rarer = np.minimum(*(users[items] for items in tables.cells(block, begin)))
    block.data *= rarer / (rarer + EVIDENCE)
    rows, columns, likeness = _likeness(alike, begin, begin + block.shape[0])
    least = np.minimum(users[begin + rows], users[columns])
    return block + csr_matrix((worth * likeness * EVIDENCE / (EVIDENCE + least), (rows, columns)), block.shape)


def _worth(company: Company, users: Floats, weight: Floats, alike: _Alike) -> float:
    """Return how much of likeness by users one of likeness by description is worth; 1 where nothing is known of it."""
    teachers = np.sort(best_first(users)[:TEACHERS])
    teachers = teachers[users[teachers] >= TEACHES]
    both = company.rows(teachers)[:, teachers].toarray() * weight[teachers, None] * weight[teachers]
    likeness = (alike.vectors[teachers] @ alike.vectors[teachers].T).toarray()
    apart = ~np.eye(len(teachers), dtype=bool)
    return float((both * likeness)[apart].sum() / max((likeness**2)[apart].sum(), 1e-9)) or 1.0


def _alike(data: TrainingData, users: Floats) -> _Alike | None:
    from scipy.sparse import diags  # noqa: PLC0415  scipy is for fitting only

    descriptions = describe(data)
    if descriptions is None:
        return None
    whole = descriptions.matrix()
    popularity = contents.expected_shares(whole, data)
    bare = whole[:, 1:].tocsr()
    # With the root of popularity in the vectors, the product of two is the whole second term but for its worth.
    vectors = (diags(np.sqrt(popularity)) @ bare).tocsr()
    few = _few(users)
    return _Alike(vectors, _rarest(bare), _candidates(bare, users, np.where(few, popularity, 0.0)), few)


def _few(users: Floats) -> Mask:
    """Return the items of fewer than EVIDENCE users, or of fewer still where they are too large a part of all."""
    some = (users < most for most in range(int(EVIDENCE), 1, -1))
    return next((few for few in some if few.mean() <= FEW), users < 1)


def _rarest(vectors: Matrix) -> Matrix:
    """Return (items, features): 1 at the features of each item that weigh most."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    rows = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    order = np.lexsort((-vectors.data, rows))
    place = np.arange(len(rows)) - vectors.indptr[rows]
    rarest = order[place < FEATURES]
    return csr_matrix((np.ones(len(rarest), np.float32), (rows[rarest], vectors.indices[rarest])), vectors.shape)


def _candidates(vectors: Matrix, users: Floats, hopes: Floats) -> Matrix:
    """Return (features, items): 1 at the items found by a feature, those with the most users and some with few.

    Of these it is those of the highest `hopes` (items,), above 0.
    """
    from scipy.sparse import csr_matrix  # noqa: PLC0415  same

    by_feature, rows, columns = vectors.tocsc(), [], []
    for feature in range(vectors.shape[1]):
        items = by_feature.indices[by_feature.indptr[feature] : by_feature.indptr[feature + 1]]
        new = items[hopes[items] > 0]
        new = new[np.argsort(-hopes[new], kind="stable")[:NEW]]
        popular = items[np.argsort(-users[items], kind="stable")[:POPULAR]]
        both = np.union1d(new, popular)
        columns.append(both)
        rows.append(np.full(len(both), feature))
    cells = np.concatenate(rows), np.concatenate(columns)
    return csr_matrix((np.ones(len(cells[0]), np.float32), cells), vectors.shape[::-1])


def _likeness(alike: _Alike, begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return pairs (row of the block, item) worth a look, and the cosine of their descriptions."""
    pairs = (alike.rarest[begin:end] @ alike.candidates).tocoo()
    rows, columns = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    vectors, dense = alike.vectors, alike.vectors[begin:end].toarray()
    lengths = np.diff(vectors.indptr)[columns]
    places = ranges(vectors.indptr[columns].astype(np.int64), lengths)
    pair = np.repeat(np.arange(len(rows)), lengths)
    likeness = np.bincount(pair, dense[rows[pair], vectors.indices[places]] * vectors.data[places], len(rows))
    return rows, columns, likeness.astype(np.float32)
