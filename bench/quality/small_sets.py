"""The data sets of the quality bench in small, for benches that fit each of them some dozen times.

A small world has at most USERS users and ITEMS items, and fewer clusters in proportion: users, items and clusters have
as many events as in the large one. Of the two other sets a part of the users is left. A tenth of so few users would be
few questions: up to a third are held out, and up to QUESTIONS later events asked for.
"""

from dataclasses import replace

import numpy as np

from bench.quality import protocols
from bench.quality.sets import SETS
from bench.quality.worlds import SHAPES, Oracle, Shape, known
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import Case

USERS, ITEMS, FEWEST_CLUSTERS = 600, 800, 6
HELD_OUT, HELD_OUT_MOST, QUESTIONS = 200, 1 / 3, 300
# Of the sets that are no worlds: one in so many users, and the least events of an item among those.
CUT = {"complete-journey": (12, 20), "ml-100k": (3, 1)}


def smaller(shape: Shape) -> Shape:
    """Return a world of fewer users, items and clusters, everybody behaving as before."""
    part = max(1.0, shape.users / USERS, shape.items / ITEMS)
    users, items, clusters = (round(each / part) for each in (shape.users, shape.items, shape.clusters))
    return replace(shape, users=users, items=items, clusters=max(FEWEST_CLUSTERS, clusters))


def small(name: str, seed: int = 0) -> tuple[TrainingData, Oracle | None]:
    """Return a set in small, and who knows it if it is generated."""
    if name in SHAPES:
        return known(smaller(SHAPES[name]), seed)
    return cut(SETS[name](seed), *CUT[name]), None


def cut(data: TrainingData, one_in: int, least: int) -> TrainingData:
    """Keep one in so many users, and the items with enough events among those."""
    events = data.interactions
    mine = events.users % one_in == 0
    counts = np.bincount(events.items[mine], minlength=events.n_items)
    keep = mine & (counts >= least)[events.items]
    return TrainingData.from_ids(
        data.user_ids[events.users[keep]], data.item_ids[events.items[keep]], events.timestamps[keep]
    )


def amazon(data: TrainingData, seed: int) -> tuple[TrainingData, list[Case]]:
    """Hold out enough users to ask, and ask them for their newest tenth."""
    events = data.interactions
    share = min(HELD_OUT_MOST, max(evaluation.HELD_OUT, HELD_OUT / events.n_users))
    users = evaluation.held_out(data.user_ids, events, seed=seed, share=share)
    outside = np.ones(events.n_users, bool)
    outside[users] = False
    return data.where(outside[events.users]), evaluation.cases(events, users, seed=seed)


def later(data: TrainingData, seed: int) -> tuple[TrainingData, list[Case]]:
    """Cut time in two, and ask for some of what comes later."""
    training, cases = protocols.later(data, seed)
    return training, cases[:: -(-len(cases) // QUESTIONS)]


PROTOCOLS: dict[str, protocols.Protocol] = {"amazon": amazon, "time": later}
