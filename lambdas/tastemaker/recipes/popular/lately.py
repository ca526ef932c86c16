"""What is popular by now: people by interval that fade, as fast as would have told the newest intervals best.

What everybody had once is not what is taken next where items come and go. Over n_ig, the people who met item i g
intervals before the newest event, popularity lately is sum_g exp(-g / FADING) n_ig. Each of FADINGS is asked for its
list of 25 before each of the newest intervals, and how much of what was taken then is in it; popularity of all time
stays unless one of them is better beyond doubt.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Indices, Interactions
from tastemaker.recipes.histories.popularity import best_first, distinct_users
from tastemaker.recipes.measuring import metrics

# In intervals; what is older than the HORIZON has faded. The first is popularity of all time.
FADINGS: Final = (np.inf, 2.0, 8.0, 32.0)
HORIZON: Final = 128
# So many of the newest intervals judge.
JUDGED: Final = 12
Counts = NDArray[np.float64]


def popular(events: Interactions, interval: int) -> Indices:
    """Return all items, the most popular first, of all time or lately in intervals of so many seconds."""
    ever = distinct_users(events)
    if not len(events):
        return best_first(ever)
    ages = (events.timestamps.max() - events.timestamps) // interval
    older = distinct_users(events.where(ages >= HORIZON)).astype(np.float64)
    faded, caught = _followed(events.where(ages < HORIZON), ages[ages < HORIZON], older)
    best = metrics.clearly_best(list(caught))
    return best_first(ever) if not best else np.lexsort((-ever, -faded[best])).astype(np.int32)


def _followed(events: Interactions, ages: NDArray[np.int64], older: Counts) -> tuple[Counts, Counts]:
    """Return popularity (FADINGS, items) by now, and what each caught of the JUDGED intervals (FADINGS, JUDGED)."""
    faded, rates = np.tile(older, (len(FADINGS), 1)), np.exp(-1 / np.array(FADINGS))[:, None]
    faded[1:] = 0.0
    caught = np.full((len(FADINGS), JUDGED), np.nan)
    keys = np.unique((ages * events.n_items + events.items) * events.n_users + events.users) // events.n_users
    ages, items = np.divmod(keys, events.n_items)
    before = HORIZON
    for age in np.unique(ages)[::-1].tolist():
        begin, end = np.searchsorted(ages, [age, age + 1])
        people = np.bincount(items[begin:end], minlength=events.n_items)
        if age < JUDGED:
            caught[:, age] = [_caught(each, people) for each in faded]
        faded, before = faded * rates ** (before - age) + people, age
    return faded, caught


def _caught(popularity: Counts, people: NDArray[np.int64]) -> float:
    """Return the share of what was taken that the most popular items have."""
    most = min(metrics.LENGTH, len(people))
    return float(people[np.argpartition(-popularity, most - 1)[:most]].sum() / people.sum())
