"""What segments are asked for: targets, each an item or a set of items, as columns of sparse matrices.

An item with few events stands in part for those that are like it by description: what leads to these leads to it.
q'_j is what item j stands for, x_j its description, n_j the users who have it, k over the LIKE items most like it:

    q'_j  =  t_j e_j + (1 - t_j) sum_k c_jk e_k / sum_k c_jk      c_jk = x_j . x_k      t_j = n_j / (n_j + EVIDENCE)

Who has taken what is like an item has not taken the item: q_j = e_j is what counts as taken, but q_j = q'_j of an item
that stands for others more than for itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from tastemaker.recipes.attributes.descriptions import Matrix, Vocabulary
from tastemaker.recipes.data import Floats, Indices, Times, Value

EVIDENCE: Final = 3.0
LIKE: Final = 50


@dataclass(frozen=True, slots=True)
class Likeness:
    """Descriptions of items as `Descriptions` has them, and what tells an item of later by its cells."""

    starts: Times
    features: Indices
    values: Floats
    vocabulary: Vocabulary

    def grown(self, rows: Sequence[Mapping[str, Value]]) -> Self:
        """Return the same with more items, numbered behind these."""
        starts, features, values = self.vocabulary.describe(rows)
        return replace(
            self,
            starts=np.concatenate([self.starts, self.starts[-1] + starts[1:]]),
            features=np.concatenate([self.features, features]),
            values=np.concatenate([self.values, values]),
        )

    def nearest(self, item: int, events: Indices) -> tuple[Indices, Floats]:
        """Return the items with `events` (items,) that are most like one, and how much, together 1; perhaps none."""
        lengths = np.diff(self.starts)
        ours = np.zeros(int(self.features.max(initial=0)) + 1, np.float32)
        row = slice(self.starts[item], self.starts[item + 1])
        ours[self.features[row]] = self.values[row]
        # Every item has the first feature, which says nothing.
        ours[0] = 0
        owners = np.repeat(np.arange(len(lengths)), lengths)
        alike = np.bincount(owners, self.values * ours[self.features], len(lengths)).astype(np.float32)
        alike[events == 0] = 0
        alike[item] = 0
        there = np.flatnonzero(alike > 0)
        best = there[np.argsort(-alike[there], kind="stable")[:LIKE]]
        return best.astype(np.int32), alike[best] / max(float(alike[best].sum()), 1e-9)


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets by column: (items, targets) of what they are and of what leads to them, and what is usual of each.

    `items` says what counts as taken, `sources` is B times what a target stands for; `share` (targets,) is its log
    share of all events, `rate` how readily it is taken again, `lifts` (values, targets) how much likelier users with a
    value are.
    """

    items: Matrix
    sources: Matrix
    share: Floats
    rate: Floats
    lifts: Floats

    def __len__(self) -> int:
        return int(self.items.shape[1])


def columns(chosen: Sequence[tuple[Indices, Floats]], n_items: int) -> Matrix:
    """Return (items, targets) from the items and weights of each target."""
    from scipy.sparse import csc_matrix  # noqa: PLC0415  scipy is for fitting and segments

    starts = np.cumsum([0, *(len(items) for items, _ in chosen)])
    rows = np.concatenate([np.empty(0, np.int32), *(items for items, _ in chosen)])
    values = np.concatenate([np.empty(0, np.float32), *(weights for _, weights in chosen)])
    return csc_matrix((values, rows, starts), (n_items, len(chosen))).tocsr()
