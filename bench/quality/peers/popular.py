"""Popularity that fades: what was taken lately, as of the moment of the question."""

import numpy as np

from bench.quality.peers.scored import scored
from bench.quality.peers.tuning import Maker
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Query, TrainingData

# Moments at which popularity is counted, between the first event and the last.
MOMENTS = 100


def popularity_decayed(data: TrainingData, seed: int) -> Maker:
    """Count the events before the question, each less by `exp(-age / fade)`, a fade being a share of the whole time.

    Ji et al., "A Re-visit of the Popularity Baseline in Recommender Systems" (SIGIR 2020), DecayPop.
    """
    del seed
    events = data.interactions
    begin, end = float(events.timestamps.min()), float(events.timestamps.max()) + 1
    times = (events.timestamps - begin) / (end - begin)

    def model(fade: float) -> Model:
        at_moment: dict[int, Floats] = {}

        def score(query: Query) -> Floats:
            moment = int(np.clip((query.now - begin) / (end - begin) * MOMENTS, 1, MOMENTS))
            if moment not in at_moment:
                now = moment / MOMENTS
                weights = np.exp(-(now - times) / fade) * (times <= now)
                at_moment[moment] = np.bincount(events.items, weights, events.n_items).astype(np.float32)
            return at_moment[moment]

        return scored(events, np.arange(events.n_items, dtype=np.int32), score)

    return model
