"""A campaign without a training: a random model of the shape that training leaves, its filter, and users' events.

The model has a million events, 50 of each user, three columns of items and the types of all events; some users have ten
events since. Everything is written through the stores' own adapters, to whatever the given clients reach.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.answers.serving_scale import model_of
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import first_record
from tastemaker.recipes import registry
from tastemaker.recipes.attributes.cells import Cells, arrays_of_cells
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.personal.candidates import Choice
from tastemaker.recipes.personal.engine import Personal
from tastemaker.serving import artifacts
from tastemaker.serving.catalogue import Numbers, Texts, Touched, arrays_of, arrays_of_touched
from tastemaker.store.ports import Event, Record

USERS, EVENTS, NEWER = 20_000, 50, 10
DAY, TRAINED = 86_400, 1_750_000_000
PREFIX = "arn:aws:personalize:us-east-1:123456789012"
GROUP, CAMPAIGN, RULE = f"{PREFIX}:dataset-group/bench", f"{PREFIX}:campaign/bench", f"{PREFIX}:filter/bench"
FILTER = 'INCLUDE ItemID WHERE Items.PRICE < $P | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")'
COLUMNS = {"ITEMS": ["GENRE", "PRICE", "YEAR"]}
RECIPE = "aws-user-personalization-v2"


def model(folder: Path, items: int) -> str:
    """Write a model's files and return the digest of their manifest."""
    rng = np.random.default_rng(items)
    engine = model_of(rng, items)
    whole = Personal(engine.sources, engine.weights, Choice(Kernel(), 1.0))
    data = _data(rng, items)
    extra = {"events": {"recorded_before": float(TRAINED), "context_columns": []}}
    artifacts.save(folder, recipe=registry.get(RECIPE), model=whole, data=data, manifest_extra=extra)
    return hashlib.sha256((folder / artifacts.MANIFEST).read_bytes()).hexdigest()


def _data(rng: np.random.Generator, items: int) -> TrainingData:
    users = np.repeat(np.arange(USERS), EVENTS)
    places, times = rng.integers(0, items, len(users)), TRAINED - rng.integers(0, 365 * DAY, len(users))
    interactions = Interactions.sort(users, places, times, n_users=USERS, n_items=items)
    user_ids, item_ids = _ids("u", USERS), _ids("i", items)
    types = (rng.random(len(users)) < 0.1).astype(np.int32)
    histories = Touched(user_ids, interactions.starts(), interactions.items, types, np.array(["purchase", "view"]))
    return TrainingData(interactions, user_ids, item_ids, catalogue=_columns(rng, items) | arrays_of_touched(histories))


def _columns(rng: np.random.Generator, items: int) -> dict[str, Any]:
    price = np.round(100 * rng.random(items, np.float32), 2)
    genres, years = (f"g{number}" for number in rng.integers(0, 20, items)), rng.integers(1990, 2026, items)
    genre = list(genres)
    arrays = arrays_of("ITEMS", "PRICE", Numbers(price)) | arrays_of("ITEMS", "GENRE", Texts.of(genre, split=True))
    columns = {"PRICE": map(str, price.tolist()), "GENRE": genre, "YEAR": map(str, years.tolist())}
    for name, cells in columns.items():
        arrays |= arrays_of_cells("ITEMS", name, Cells.of(cells))
    return arrays


def _ids(letter: str, count: int) -> np.ndarray:
    return np.array([f"{letter}{number:07d}" for number in range(count)])


def records(sha256: str, *, prefix: str) -> list[Record]:
    """Return a dataset group, an ACTIVE campaign that serves a model, and an ACTIVE filter."""
    serving = {
        "artifact": {"prefix": prefix, "sha256": sha256},
        "group": GROUP,
        "recipe": RECIPE,
        "recipe_type": "USER_PERSONALIZATION",
        "needs": ["userId"],
    }
    config = {"enableMetadataWithRecommendations": True}
    version = f"{PREFIX}:solution/bench/version"
    campaign = {"name": "bench", "solutionVersionArn": version, "campaignConfig": config, "datasetGroupArn": GROUP}
    rule = {"name": "bench", "datasetGroupArn": GROUP, "filterExpression": FILTER}
    return [
        # Whether its data are under a key is asked of it, and remembered as every record that is there.
        _active("dataset-group", GROUP, {"name": "bench"}),
        {**_active("campaign", CAMPAIGN, campaign), "_serving": serving},
        _active("filter", RULE, rule),
    ]


def _active(kind: str, arn: str, members: Record) -> Record:
    return {**first_record(KINDS[kind], arn, members, now=float(TRAINED), tags={}), "status": "ACTIVE"}


def events(items: int) -> dict[str, list[Event]]:
    """Return what some users did since the training."""
    rng = np.random.default_rng(1)
    return {user: [_event(user, int(rng.integers(items)), n) for n in range(NEWER)] for user in users()}


@cache
def users() -> list[str]:
    """Return the users who ask."""
    return _ids("u", USERS)[:: USERS // 100].tolist()


def _event(user: str, item: int, number: int) -> Event:
    return {
        "user_id": user,
        "session_id": "s",
        "item_id": f"i{item:07d}",
        "event_type": "purchase" if number % 2 else "view",
        "event_value": None,
        "timestamp": TRAINED + number,
        "recorded": float(TRAINED + number),
        "event_id": f"{user}-{number}",
        "properties": {},
    }


def question(number: int) -> dict[str, Any]:
    """Return the members of a request: 25 items with a filter and three columns."""
    asking = users()
    return {
        "campaignArn": CAMPAIGN,
        "userId": asking[number % len(asking)],
        "filterArn": RULE,
        "filterValues": {"P": "50"},
        "metadataColumns": COLUMNS,
    }
