"""Seeded data sets of several shapes, with a structure to find: clusters, chains, drifting tastes, repeats."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import TrainingData

DAY = 86400
# Redraws of an item that the user already had, where nothing is repeated on purpose.
REDRAWS = 6
SUCCESSORS = 3
SUCCESSOR_ODDS = (0.6, 0.3, 0.1)
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """How people behave; `repeat`, `order` and `drift` are probabilities per event, `life` is a share of the span."""

    users: int
    items: int
    events: float
    spread: float = 0.8
    zipf: float = 0.8
    clusters: int = 20
    focus: float = 0.08
    drift: float = 0.02
    order: float = 0.0
    repeat: float = 0.0
    basket: float = 1.0
    life: float = 0.0
    days: int = 365


SHAPES = {
    "films": Shape(users=1500, items=1200, events=60, order=0.35, clusters=25, drift=0.04),
    "groceries": Shape(users=700, items=2500, events=150, repeat=0.6, basket=5, drift=0.005),
    "music": Shape(users=600, items=3000, events=120, repeat=0.35, order=0.3, clusters=40, drift=0.05),
    "sparse": Shape(users=14000, items=20000, events=5, spread=0.5, zipf=0.6, clusters=150, focus=0.02, order=0.25),
    "news": Shape(users=3000, items=3000, events=20, life=0.02, clusters=12, days=90),
    "shop": Shape(users=5000, items=5000, events=12, repeat=0.15, order=0.15, basket=1.5, clusters=60, focus=0.04),
    "tiny": Shape(users=80, items=100, events=12, order=0.3, repeat=0.1, clusters=6, focus=0.2),
}


class World:
    """Items with a cluster, a weight, successors and a time of birth; users draw from it."""

    def __init__(self, shape: Shape, seed: int) -> None:
        self.shape = shape
        self.rng = rng = np.random.default_rng((seed, shape.users, shape.items))
        self.weight = (1.0 / np.arange(1, shape.items + 1) ** shape.zipf)[rng.permutation(shape.items)]
        cluster = rng.integers(shape.clusters, size=shape.items)
        cluster[: shape.clusters] = np.arange(shape.clusters)
        self.born = np.sort(rng.uniform(-shape.life, 1.0, shape.items)) if shape.life else np.zeros(shape.items)
        # Items are numbered by birth, so those alive at a moment are one run within each cluster.
        self.members = [np.flatnonzero(cluster == each) for each in range(shape.clusters)]
        self.sums = [np.concatenate([[0.0], np.cumsum(self.weight[each])]) for each in self.members]
        self.next = np.stack([self._successors(int(each)) for each in cluster])

    def _successors(self, cluster: int) -> NDArray[np.int64]:
        return self.rng.choice(self.members[cluster], SUCCESSORS)

    def taste(self) -> Vector:
        """Draw how much a user cares for each cluster: little for most."""
        return self.rng.dirichlet(np.full(self.shape.clusters, self.shape.focus))

    def item_of(self, cluster: int, when: float) -> int | None:
        """Draw an item of a cluster that is alive, popular ones more often."""
        members, sums = self.members[cluster], self.sums[cluster]
        low, high = 0, len(members)
        if self.shape.life:
            low, high = np.searchsorted(self.born[members], [when - self.shape.life, when]).tolist()
        if low >= high:
            return None
        point = sums[low] + self.rng.random() * (sums[high] - sums[low])
        return int(members[min(int(np.searchsorted(sums, point, "right")) - 1, high - 1)])


def generate(shape: Shape, seed: int) -> TrainingData:
    """Let every user live a while in a world of this shape."""
    world = World(shape, seed)
    rows = [row for user in range(shape.users) for row in _life(world, user)]
    users, items, times = zip(*rows, strict=True)
    return TrainingData.from_ids(
        np.char.add("u", np.char.zfill(np.array(users).astype(np.str_), 6)),
        np.char.add("i", np.char.zfill(np.array(items).astype(np.str_), 6)),
        np.array(times),
    )


def _life(world: World, user: int) -> list[tuple[int, int, int]]:
    """Return one user's events: baskets at random moments, items by taste, by what came before, or again."""
    shape, rng = world.shape, world.rng
    count = max(2, int(rng.lognormal(np.log(shape.events) - shape.spread**2 / 2, shape.spread)))
    start = rng.uniform(0, 0.7)
    baskets = max(1, round(count / shape.basket))
    moments = np.sort(rng.uniform(start, start + (1 - start) * rng.uniform(0.3, 1.0), baskets))
    taste, mine, had = world.taste(), list[int](), set[int]()
    favours = np.cumsum(taste)
    rows = []
    for number in range(count):
        when = float(moments[min(baskets - 1, number * baskets // count)])
        if rng.random() < shape.drift:
            taste = 0.4 * taste + 0.6 * world.taste()
            favours = np.cumsum(taste)
        item = _choose(world, mine, had, favours, when)
        if item is not None:
            mine.append(item)
            had.add(item)
            rows.append((user, item, int(when * shape.days * DAY)))
    return rows


def _choose(world: World, mine: list[int], had: set[int], favours: Vector, when: float) -> int | None:
    """Return an own item again, the successor of the last one, or one of the user's taste."""
    shape, rng = world.shape, world.rng
    if mine and rng.random() < shape.repeat:
        # Half of the repeats by how often, half by how recently.
        return (
            mine[int(rng.integers(len(mine)))]
            if rng.random() < 0.5
            else mine[-1 - int(rng.integers(min(len(mine), 20)))]
        )
    for _ in range(REDRAWS):
        item: int | None
        if mine and rng.random() < shape.order:
            item = int(world.next[mine[-1]][rng.choice(SUCCESSORS, p=SUCCESSOR_ODDS)])
        else:
            cluster = min(int(np.searchsorted(favours, rng.random() * favours[-1])), shape.clusters - 1)
            item = world.item_of(cluster, when)
        if item is not None and (shape.repeat > 0 or item not in had):
            return item
    return None


def maker(name: str) -> Callable[[int], TrainingData]:
    """Return what makes one of SHAPES with a seed."""
    return lambda seed: generate(SHAPES[name], seed)
