"""When the records are looked at, and what a model is told of them."""

from collections import Counter

import pytest

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.serving.live_models import MOST, LiveModels
from tastemaker.store.memory import MemoryRecords

DATASET, ARTIFACT = "arn:d", {"prefix": "p", "sha256": "s"}


class Told:
    """A model that remembers what it was told; trained at second 100."""

    recorded_before = 100.0

    def __init__(self, items=None) -> None:
        self.items = items or {}

    def with_items(self, items):
        return Told(dict(items))


class Shelf:
    def __init__(self) -> None:
        self.trained = Told()

    def get(self, artifact):
        assert artifact is ARTIFACT
        return self.trained


class World:
    def __init__(self) -> None:
        self.now, self.records = 1_000.0, MemoryRecords()
        self.shelf = Shelf()
        self.models = LiveModels(self.shelf, self.records, lambda: self.now)

    def put(self, moment: float, **records: object) -> None:
        """Put records as another process does."""
        self.records.put(DATASET, {id_: {"X": value, RECORDED: moment} for id_, value in records.items()})
        self.records._news = Counter()

    def known(self) -> dict:
        return {id_: record["X"] for id_, record in self.models.live(ARTIFACT, DATASET).items.items()}


@pytest.fixture
def world():
    return World()


def test_what_was_put_before_the_training_is_in_it_already(world):
    world.put(99.9, old=1)
    world.put(100.0, new=2)

    assert world.known() == {"new": 2}


def test_others_are_looked_at_every_quarter_of_a_minute_and_late_ones_are_found(world):
    world.put(500.0, a=1)
    before = world.known(), world.models.live(ARTIFACT, DATASET)
    world.put(990.0, b=2)

    world.now += 14.9
    assert world.models.live(ARTIFACT, DATASET) is before[1]
    world.now += 0.1
    assert (before[0], world.known()) == ({"a": 1}, {"a": 1, "b": 2})


def test_a_model_that_nothing_new_is_told_stays_the_same_object(world):
    assert world.models.live(ARTIFACT, DATASET) is world.shelf.trained
    world.put(1_000.0, a=1)
    world.now += 15
    first = world.models.live(ARTIFACT, DATASET)
    assert set(first.items) == {"a"}
    world.now += 700

    assert world.models.live(ARTIFACT, DATASET) is first


def test_an_index_that_is_behind_does_not_bring_back_what_was_replaced(world):
    world.put(990.0, a=1)
    world.put(995.0, a=2)
    assert world.known() == {"a": 2}
    world.put(990.0, a=1)
    world.now += 15

    assert world.known() == {"a": 2}


def test_what_is_deleted_is_forgotten_within_ten_minutes(world):
    world.put(500.0, a=1)
    assert world.known() == {"a": 1}
    world.records.delete_dataset(DATASET)
    world.now += 15
    assert world.known() == {"a": 1}
    world.now += 585

    assert world.known() == {}


def test_of_too_many_the_newest_are_known(world):
    world.put(500.0, **{f"i{n}": 1 for n in range(MOST)})
    assert len(world.known()) == MOST
    world.put(1_000.0, late=2)
    world.now += 15

    known = world.known()

    assert len(known) == MOST
    assert known["late"] == 2


def test_a_model_of_then_knows_what_was_put_until_then(world):
    world.put(500.0, a=1)
    world.put(600.0, b=2)

    assert set(world.models.as_of(ARTIFACT, DATASET, 500.0).items) == {"a"}
