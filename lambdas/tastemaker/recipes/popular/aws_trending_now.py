"""Trending-Now: items whose rate rises fastest from one interval of wall-clock time to the next.

With n_i people who met item i in the newest interval, m_i in the one before, and r_i times as many who met the others,

    rise_i = log (n_i + 1/2) / (r_i m_i + 1/2),    its standard error s_i = sqrt(1 / (n_i + 1/2) + 1 / (m_i + 1/2))

(the log ratio of two Poisson rates, Haldane's half added). An item rises for sure where rise_i - z s_i > 0 and falls
for sure where rise_i + z s_i < 0. Those that rise stand first, by that lower bound; those that fall last; all others
between by popularity, which is all there is when neither interval has an interaction (guide: "Trending-Now recipe"):
of all time, or lately where that would have told the last intervals better (`lately`).
r is how much busier it was at large, so that an evening is no trend of everything: no item says more of that than a
tenth of what all say, or than the median item, or else what everybody wants would hide itself in a small shop.
The newest event ends the newest interval, so that what happened last counts whenever training runs. Between trainings
`pipelines/upkeep/trending.py` looks at newer events in the same way.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Arrays, Progress, recipe
from tastemaker.recipes.data import Cause, Indices, Mask, Newcomers, Query, Times, TrainingData
from tastemaker.recipes.histories.popularity import with_last
from tastemaker.recipes.metadata import Hyperparameter, Metadata
from tastemaker.recipes.popular import lately
from tastemaker.recipes.popular.aws_popularity_count import PopularityCount

FREQUENCY: Final = "trend_discovery_frequency"
SECONDS: Final = {"30 minutes": 1800, "1 hour": 3600, "2 hours": 7200, "3 hours": 10800, "1 day": 86400}
# One side of a 90 % interval.
CERTAINTY = 1.645
HALF = 0.5
# Of what is said of how busy it was at large, one item says no more; and as many people as came before as now.
SHARE, USUAL = 0.1, 2.0


def growth(
    users: NDArray[np.integer], items: Indices, times: Times, interval: int, n_items: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and the upper bound of each item's rise, two arrays (n_items,), from events (events,).

    `users` are any numbers: whoever does something a thousand times in an interval is one of those who do it.
    """
    if not len(items):
        return np.zeros(n_items), np.zeros(n_items)
    intervals = (times.max() - times) // interval
    newest, before = (people(users[intervals == place], items[intervals == place], n_items) for place in (0, 1))
    rise = np.log((newest + HALF) / (busier(newest, before) * before + HALF))
    error = CERTAINTY * np.sqrt(1 / (newest + HALF) + 1 / (before + HALF))
    return rise - error, rise + error


def people(users: NDArray[np.integer], items: Indices, n_items: int) -> NDArray[np.int64]:
    """Count how many different users met each item: shape (n_items,)."""
    distinct, places = np.unique(users, return_inverse=True)
    pairs = np.unique(items.astype(np.int64) * len(distinct) + places)
    return np.bincount(pairs // max(1, len(distinct)), minlength=n_items)


def busier(newest: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many times as many people met the items other than each in the newest interval: (n_items,)."""
    sizes = (newest + before).astype(np.float64)
    weights = np.minimum(1, _most(sizes) / np.maximum(sizes, 1))
    rates = (weights @ each - weights * each + USUAL for each in (newest, before))
    ratio: NDArray[np.float64] = np.divide(*rates)
    return ratio


def _most(sizes: NDArray[np.float64]) -> float:
    """Return how many people one item may speak for: SHARE of all that are counted then, or else of a median item."""
    sizes = np.sort(sizes[sizes > 0])[::-1]
    if not len(sizes):
        return 0.0
    rest, median = float(sizes.sum()), float(np.median(sizes))
    for larger, size in enumerate(sizes[: round(1 / SHARE) - 1].tolist()):
        most = SHARE * rest / (1 - larger * SHARE)
        if size <= most:
            return max(most, median)
        rest -= size
    return median


class TrendingNow(PopularityCount):
    """All items (n_items,) in their order as of training, the first `rising` for their trend, and by popularity."""

    def __init__(self, order: Indices, popular: Indices, rising: int) -> None:
        super().__init__(order)
        self.popular, self.rising = popular, rising

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, at the end of both orders."""
        more = len(newcomers)
        return type(self)(with_last(self.order, more), with_last(self.popular, more), self.rising)

    @property
    def settings(self) -> dict[str, Any]:
        """Return how many items rise."""
        return {"rising": self.rising}

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return that items are there for their trend, or for their popularity."""
        del query, allowed, listed
        trend, popular = [Cause("Trend", 1.0)], [Cause("Popularity", 1.0)]
        return [trend if place < self.rising else popular for place in self.position[items].tolist()]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return both orders."""
        return {"order": self.order, "popular": self.popular}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Read both orders back."""
        return cls(arrays["order"], arrays["popular"], settings["rising"])


# Amazon's pages name no feature transformation of this recipe, whose parameter needs a place to be described: it is
# called as the recipe is.
@recipe(
    Metadata(
        "aws-trending-now",
        "POPULAR_ITEMS",
        "Items whose popularity rises fastest.",
        created="2022-07-01",
        featurization=(Hyperparameter(FREQUENCY, "categorical", "2 hours", values=tuple(SECONDS)),),
        algorithm="aws-trending-now-custom",
        feature_transformation="aws-trending-now",
        needs_user=False,
        batch=False,
    ),
    model=TrendingNow,
)
def trending_now(
    data: TrainingData,
    parameters: Mapping[str, str],
    *,
    seed: int,  # noqa: ARG001  nothing is drawn
    progress: Progress,
) -> TrendingNow:
    """Order items: what rises by how fast, the rest by distinct users, perhaps lately, what falls at the end."""
    progress(0.0, "comparing the newest events with those before")
    events = data.interactions
    lower, upper = growth(events.users, events.items, events.timestamps, SECONDS[parameters[FREQUENCY]], events.n_items)
    popular = lately.popular(events, SECONDS[parameters[FREQUENCY]])
    place = np.argsort(popular)
    order = np.lexsort((place, -np.maximum(lower, 0), upper < 0)).astype(np.int32)
    return TrendingNow(order, popular, int((lower > 0).sum()))
