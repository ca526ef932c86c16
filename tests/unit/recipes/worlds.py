"""Small data sets with a known structure, all seeded."""

from dataclasses import replace
from functools import cache

import numpy as np

from tastemaker.recipes.data import ContextEvents, TrainingData

HOUR = 3600
PARTS = ("evening", "morning")


@cache
def checkerboard(n_users=40, n_items=12):
    """Users take the items of their own parity, in turn, each user leaving one out."""
    users, items, times = [], [], []
    for user in range(n_users):
        own = [item for item in range(n_items) if item % 2 == user % 2]
        del own[(user // 2) % len(own)]
        users += [f"u{user:03d}"] * len(own)
        items += [f"i{item:03d}" for item in own]
        times += [user * 7 + HOUR * step for step in range(len(own))]
    return TrainingData.from_ids(users, items, times)


@cache
def films(seed=0, n_users=300, n_items=120, length=15):
    """Nobody repeats anything; each item is mostly followed by its neighbours in one of four circles."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        circle, place, seen = rng.integers(4), rng.integers(n_items // 4), set()
        for step in range(length):
            place = (place + rng.integers(1, 4)) % (n_items // 4)
            item = int(circle * (n_items // 4) + place)
            if item not in seen:
                seen.add(item)
                rows.append((f"u{user:03d}", f"i{item:03d}", 1_000 * user + HOUR * step))
    return TrainingData.from_ids(*zip(*rows, strict=True))


@cache
def described_films(seed=0, n_users=300, n_items=120):
    """Films with their circle and their stretch of it as one category, a date and a title."""
    data = films(seed, n_users, n_items)
    circles, places = np.divmod(np.array([int(item[1:]) for item in data.item_ids]), n_items // 4)
    genres = [f"circle {circle}|stretch {circle}.{place // 3}" for circle, place in zip(circles, places, strict=True)]
    ages = ["young" if user % 2 else "old" for user in range(len(data.user_ids))]
    return replace(data, item_columns={"GENRE": np.array(genres)}, user_columns={"AGE": np.array(ages)})


@cache
def genres(seed=0, n_users=300, n_items=240, length=15):
    """Nobody repeats anything; each user takes items of two of twelve genres, any of them."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        liked = np.isin(np.arange(n_items) % 12, rng.choice(12, 2, replace=False))
        items = rng.permutation(np.flatnonzero(liked))[:length]
        rows += [(f"u{user:03d}", f"i{item:03d}", 1_000 * user + HOUR * step) for step, item in enumerate(items)]
    data = TrainingData.from_ids(*zip(*rows, strict=True))
    return replace(data, item_columns={"GENRE": np.array([f"g{int(item[1:]) % 12}" for item in data.item_ids])})


@cache
def groceries(seed=0, n_users=200, n_items=150, baskets=12):
    """Everybody has a few favourites and buys them again and again, with the odd popular thing between."""
    rng = np.random.default_rng(seed)
    popular = 1 / np.arange(1, n_items + 1)
    popular /= popular.sum()
    rows = []
    for user in range(n_users):
        favourites = rng.choice(n_items, 8, replace=False)
        odd = rng.choice(n_items, (baskets, 2), p=popular)
        for basket in range(baskets):
            chosen = {*rng.permutation(favourites)[:4].tolist(), *odd[basket].tolist()}
            rows += [(f"u{user:03d}", f"i{item:03d}", 1_000 * user + 24 * HOUR * basket) for item in chosen]
    return TrainingData.from_ids(*zip(*rows, strict=True))


def events_of(data, user_id):
    """Return a user's items and times, oldest first."""
    user = int(np.searchsorted(data.user_ids, user_id))
    mine = data.interactions.users == user
    return data.interactions.items[mine], data.interactions.timestamps[mine]


def cafe(users=150, days=12, items=40, *, planted=True, seed=0):
    """Every visit is in the morning or in the evening; the first half of the menu is for mornings, if planted."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(users), days)
    code = rng.integers(2, size=users * days)
    half = code if planted else rng.integers(2, size=users * days)
    dish = items // 2 * (1 - half) + np.minimum(rng.geometric(0.15, users * days) - 1, items // 2 - 1)
    times = np.tile(np.arange(days), users) * 86_400 + 1_000_000
    data = TrainingData.from_ids(
        np.char.add("u", who.astype(str).astype("U4")), [f"i{each:02d}" for each in dish], times
    )
    owner = np.searchsorted(data.user_ids, np.char.add("u", who.astype(str).astype("U4"))).astype(np.int32)
    order = np.lexsort((times, owner))
    told = ContextEvents(
        owner[order],
        np.searchsorted(data.item_ids, [f"i{each:02d}" for each in dish]).astype(np.int32)[order],
        times[order],
        code[order, None].astype(np.int32),
        ("PART",),
        (np.array(PARTS),),
    )
    return replace(data, contexts=told)
