"""The peers of the quality bench by name: our default, its parts as they are, and known models, tuned."""

from dataclasses import dataclass

import numpy as np

from bench.quality.peers.baskets import tifu_knn, up_cf
from bench.quality.peers.factors import frequency_als, implicit_als
from bench.quality.peers.linear import ease, item_knn, seqridge, slist, time_ridge
from bench.quality.peers.popular import popularity_decayed
from bench.quality.peers.sasrec import sasrec
from bench.quality.peers.tuning import Family, Fit, tuned
from bench.quality.protocols import Protocol
from tastemaker.recipes import registry
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.popular.own_items import own_items

INF = float(np.inf)
# What each may try, in the order in which it is tried; the first values are those it begins with.
FAMILIES = {
    "item-knn": Family(item_knn, {"neighbours": (100, 20), "history": (INF, 10.0, 2.0), "shrink": (0.0, 20.0)}),
    "ease": Family(ease, {"ridge": (2.0, 0.5, 8.0), "history": (10.0, INF, 2.0)}),
    "slist": Family(
        slist, {"decay": (2.0, 8.0), "share": (0.5, 0.1), "ridge": (1.0, 10.0), "history": (3.0, 1.0, 10.0)}
    ),
    "tale-like": Family(
        time_ridge, {"tau": (4.0, 0.5), "decay": (3.0, 1.0), "ridge": (1.0, 10.0), "history": (3.0, 1.0, 10.0)}
    ),
    "implicit-als": Family(implicit_als, {"confidence": (10.0, 2.0, 40.0), "ridge": (0.05, 1.0)}),
    "ials-scaled": Family(frequency_als, {"unseen": (0.3, 0.05), "ridge": (0.003, 0.03)}),
    "tifu-knn": Family(tifu_knn, {"own": (0.7, 0.3, 0.95), "nearest": (100, 20), "group": (5, 2)}),
    "up-cf": Family(up_cf, {"window": (25, 5, 1000), "locality": (1.0, 5.0, 20.0)}),
    "popularity-decayed": Family(popularity_decayed, {"fade": (0.1, 0.003, 0.01, 0.03, 0.3)}),
}


@dataclass(frozen=True)
class Peer:
    """A model by name; `related` ones are asked about the last item alone."""

    name: str
    fit: Fit
    related: bool = False


def _by_recipe(name: str) -> Peer:
    recipe = own_items if name == own_items.name else registry.get(name)

    def fit(data: TrainingData, seed: int, protocol: Protocol) -> Model:
        del protocol
        return recipe.fit(data, seed=seed)

    return Peer(name, fit, recipe.metadata.needs_item)


def _as_it_is(data: TrainingData, seed: int, protocol: Protocol) -> Model:
    del protocol
    return seqridge(data, seed)


def _faded_ease(data: TrainingData, seed: int, protocol: Protocol) -> Model:
    del protocol
    return ease(data, seed)(**FAMILIES["ease"].first())


OURS = _by_recipe("aws-user-personalization-v2")
# What the default is made of, or of which it would be.
PARTS = (
    Peer("seqridge", _as_it_is),
    Peer("ease-recency", _faded_ease),
    _by_recipe("own-items-decayed"),
    _by_recipe("aws-popularity-count"),
)
TUNED = tuple(Peer(name, tuned(family)) for name, family in FAMILIES.items())
RIVALS = (*PARTS, *TUNED, _by_recipe("aws-trending-now"), _by_recipe("aws-sims"))
# Asked for by name only: it takes minutes where the others take seconds.
OPTIONAL = (Peer("sasrec", sasrec),)
PEERS = (*RIVALS, OURS)
