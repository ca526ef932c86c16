"""Seeded data sets of several shapes, with a structure to find: clusters, chains, drifting tastes, repeats, sessions.

Whoever knows how a world draws knows the best answer there is: an `Oracle` ranks by the very probabilities.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Mask, Query, Ranking, TrainingData

DAY = 86400
# Redraws of an item that the user already had, where nothing is repeated on purpose.
REDRAWS = 6
SUCCESSORS = 3
SUCCESSOR_ODDS = (0.6, 0.3, 0.1)
# What part of the repeats are by how often, not among so many recent ones.
OFTEN, RECENT = 0.5, 20
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """How people behave; `repeat`, `order` and `drift` are probabilities per event, `life` is a share of the span.

    A user has so many `tastes` and holds on to one for a `session` of so many events, as a mean; `strangers` come once,
    for one session. Where items are `described`, their cluster is a column of Items.
    """

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
    tastes: int = 1
    session: float = 0.0
    strangers: bool = False
    described: bool = False


SHAPES = {
    "films": Shape(users=1500, items=1200, events=60, order=0.35, clusters=25, drift=0.04),
    "groceries": Shape(users=700, items=2500, events=150, repeat=0.6, basket=5, drift=0.005),
    "music": Shape(users=600, items=3000, events=120, repeat=0.35, order=0.3, clusters=40, drift=0.05),
    "sparse": Shape(users=14000, items=20000, events=5, spread=0.5, zipf=0.6, clusters=150, focus=0.02, order=0.25),
    "news": Shape(users=3000, items=3000, events=20, life=0.02, clusters=12, days=90),
    "shop": Shape(users=5000, items=5000, events=12, repeat=0.15, order=0.15, basket=1.5, clusters=60, focus=0.04),
    "dense-films": Shape(users=2500, items=1500, events=160, spread=0.9, order=0.3, clusters=30, drift=0.05),
    "sparse-reviews": Shape(
        users=12000, items=6000, events=9, spread=0.6, zipf=0.7, clusters=120, focus=0.02, order=0.2
    ),
    "catalogue": Shape(users=2500, items=8000, events=12, zipf=0.3, clusters=60, focus=0.03, described=True),
    "two-tastes": Shape(users=2000, items=2000, events=60, clusters=30, focus=0.05, tastes=2, session=8, order=0.1),
    "power-users": Shape(users=4000, items=6000, events=25, spread=2.2, clusters=30, order=0.2, drift=0.03),
    "sessions": Shape(
        users=15000, items=3000, events=5, spread=0.5, clusters=60, focus=0.02, order=0.4, strangers=True
    ),
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
        self.cluster = cluster
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

    def chances(self, mine: NDArray[np.int64], taste: Vector, when: float) -> Vector:
        """Return how likely each item is the next one (items,) after some, oldest first."""
        shape = self.shape
        alive = (self.born > when - shape.life) & (self.born <= when) if shape.life else np.ones(shape.items, bool)
        weight = self.weight * alive
        of_cluster = np.bincount(self.cluster, weight, shape.clusters)
        fresh = (taste / np.maximum(of_cluster, 1e-12))[self.cluster] * weight
        if not len(mine):
            return fresh
        fresh *= 1 - shape.order
        np.add.at(fresh, self.next[mine[-1]], shape.order * np.array(SUCCESSOR_ODDS))
        if not shape.repeat:
            fresh[mine] = 0
            return fresh
        again = np.bincount(mine, minlength=shape.items) / len(mine)
        lately = np.bincount(mine[-RECENT:], minlength=shape.items) / min(len(mine), RECENT)
        return (1 - shape.repeat) * fresh + shape.repeat * (OFTEN * again + (1 - OFTEN) * lately)


@dataclass(frozen=True, eq=False)
class Oracle:
    """Knows a world and the taste that each user had at each event, and ranks by the chances of the next one."""

    world: World
    tastes: list[list[Vector]]
    items: NDArray[np.int64]

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the k likeliest items."""
        life = self.tastes[query.user or 0]
        taste = life[min(len(query.history_items), len(life) - 1)]
        when = query.now / (self.world.shape.days * DAY)
        chances = self.world.chances(self.items[query.history_items], taste, when)[self.items]
        if allowed is not None:
            chances = np.where(allowed, chances, -1.0)
        return Ranking(np.argsort(-chances, kind="stable")[:k].astype(np.int32))


def generate(shape: Shape, seed: int) -> TrainingData:
    """Let every user live a while in a world of this shape."""
    return known(shape, seed)[0]


def known(shape: Shape, seed: int) -> tuple[TrainingData, Oracle]:
    """Return a data set with who knows all about it."""
    world = World(shape, seed)
    lives = [Life(world) for _ in range(shape.users)]
    rows = [(user, item, at) for user, life in enumerate(lives) for item, at in life.events]
    users, items, times = zip(*rows, strict=True)
    data = TrainingData.from_ids(
        np.char.add("u", np.char.zfill(np.array(users).astype(np.str_), 6)),
        np.char.add("i", np.char.zfill(np.array(items).astype(np.str_), 6)),
        np.array(times),
    )
    numbers = np.array([int(item[1:]) for item in data.item_ids.tolist()], np.int64)
    if shape.described:
        genres = np.char.add("genre ", world.cluster[numbers].astype(np.str_))
        data = replace(data, item_columns={"GENRE": genres})
    tastes = [lives[int(user[1:])].tastes for user in data.user_ids.tolist()]
    return data, Oracle(world, tastes, numbers)


class Life:
    """One user: baskets at random moments, items by taste, by what came before, or again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.events: list[tuple[int, int]] = []
        self.tastes: list[Vector] = []
        self._now = 0
        self._live()

    def _live(self) -> None:
        shape, rng = self.world.shape, self.world.rng
        count = max(2, int(rng.lognormal(np.log(shape.events) - shape.spread**2 / 2, shape.spread)))
        count = count if shape.repeat else min(count, shape.items)
        baskets = max(1, round(count / shape.basket))
        moments = self._moments(baskets)
        self._held = [self.world.taste() for _ in range(shape.tastes)]
        mine, had = list[int](), set[int]()
        for number in range(count):
            when = float(moments[min(baskets - 1, number * baskets // count)])
            taste = self._change()
            self.tastes.append(taste)
            item = _choose(self.world, mine, had, np.cumsum(taste), when)
            if item is None:
                self.tastes.pop()
                continue
            mine.append(item)
            had.add(item)
            self.events.append((item, int(when * shape.days * DAY)))

    def _moments(self, baskets: int) -> Vector:
        shape, rng = self.world.shape, self.world.rng
        if shape.strangers:
            return np.sort(rng.uniform(0, 0.999) + rng.uniform(0, 1800, baskets) / (shape.days * DAY))
        start = rng.uniform(0, 0.7)
        return np.sort(rng.uniform(start, start + (1 - start) * rng.uniform(0.3, 1.0), baskets))

    def _change(self) -> Vector:
        """Return the taste of the next event: a session's end may change which one it is, and each may drift."""
        shape, rng = self.world.shape, self.world.rng
        if shape.session and rng.random() < 1 / shape.session:
            self._now = int(rng.integers(shape.tastes))
        if rng.random() < shape.drift:
            self._held[self._now] = 0.4 * self._held[self._now] + 0.6 * self.world.taste()
        return self._held[self._now]


def _choose(world: World, mine: list[int], had: set[int], favours: Vector, when: float) -> int | None:
    """Return an own item again, the successor of the last one, or one of the user's taste."""
    shape, rng = world.shape, world.rng
    if mine and rng.random() < shape.repeat:
        # Some repeats by how often, some by how recently.
        return (
            mine[int(rng.integers(len(mine)))]
            if rng.random() < OFTEN
            else mine[-1 - int(rng.integers(min(len(mine), RECENT)))]
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
