"""Two worlds for a choice of recipes: one where popularity is all there is, one where only metadata lead on."""

from dataclasses import replace

import numpy as np

from tastemaker.recipes.data import TrainingData

DAY = 86_400


def popularity_alone(seed: int, *, users: int = 1500, items: int = 800, events: int = 20) -> TrainingData:
    """Let everybody draw from the same items, popular ones more often, whatever was drawn before."""
    rng = np.random.default_rng((seed, users, items))
    odds = 1.0 / np.arange(1, items + 1)
    count = rng.poisson(events, users) + 2
    who = np.repeat(np.arange(users), count)
    what = rng.choice(items, len(who), p=odds / odds.sum())
    when = rng.integers(0, 200 * DAY, len(who))
    return TrainingData.from_ids(_named("u", who), _named("i", what), when)


def metadata_alone(seed: int, *, kinds: int = 120, each: int = 5, events: int = 10) -> TrainingData:
    """Let every item be chosen once, by one of the few who like its kind: no two histories share an item."""
    rng = np.random.default_rng((seed, kinds, each))
    users = kinds * each
    who = np.repeat(np.arange(users), events)
    what = rng.permutation(users * events)
    when = rng.integers(0, 200 * DAY, len(who))
    data = TrainingData.from_ids(_named("u", who), _named("i", what), when)
    kind_of = np.empty(len(what), np.int64)
    kind_of[what] = rng.permutation(users)[who] % kinds
    names = np.char.add("kind", kind_of.astype(np.str_))
    return replace(data, item_columns={"KIND": names})


def _named(letter: str, numbers: np.ndarray) -> np.ndarray:
    return np.char.add(letter, np.char.zfill(numbers.astype(np.str_), 6))
