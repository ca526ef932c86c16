"""What leads to what as descriptions say it: what the item-item matrix is pulled to where few events say more.

With x_j the description of item j, s_j the share of users that have it, and B learned from events alone, two ridges
find U, which leads from features to features:

    B_ij / s_j  ~  x_j . V_i,   V_i  ~  x_i . U        C_ij  =  s_j x_j . (x_i . U)

A closed-form autoencoder that is held to a second one by descriptions is L3AE (CIKM 2025); there a ridge on embeddings
of texts is the second, here one on the first.
"""

import numpy as np

from tastemaker.recipes.attributes.contents import RELATION_RIDGE, ridge
from tastemaker.recipes.attributes.descriptions import Descriptions
from tastemaker.recipes.data import Floats, Indices, Times


def learn(rows: Descriptions, users: Times, n_users: int, order: Indices, matrix: Floats) -> Floats:
    """Return C' (targets, sources) from B (sources, targets), both in places of the order.

    Of so many users, `users` (items,) have each item.
    """
    items = rows.matrix()[order]
    share = ((users[order] + 0.5) / (n_users + 1)).astype(np.float32)
    relations = ridge(items, share, (items.T @ matrix.T).T, RELATION_RIDGE)
    features = ridge(items, share, (items.T @ (relations * share[:, None])).T, RELATION_RIDGE).T
    expected = np.asarray((items @ (items @ features).T) * share[:, None], np.float32)
    np.fill_diagonal(expected, 0.0)
    return expected
