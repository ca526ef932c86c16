"""What is kept of a model beside it, the newest items and trends laid over it, goes with it, and so do its files."""

import gc
import json
import logging
from hashlib import sha256
from pathlib import Path
from weakref import ref

import pytest

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.live_models import LiveModels
from tastemaker.serving.model import open_model
from tastemaker.serving.shelf import ModelShelf
from tastemaker.store.memory import MemoryObjects, MemoryRecords

DATASET, TRENDS = "arn:items", json.dumps({"rising": ["i2", "new"], "falling": ["i0"]}).encode()


class Bucket(MemoryObjects):
    """Objects that remember what was read of them."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def read(self, bucket: str, key: str) -> bytes:
        self.reads.append(key)
        return super().read(bucket, key)


class World:
    def __init__(self, folder: Path) -> None:
        self.folders: list[Path] = []
        self.objects, self.records = Bucket(), MemoryRecords()
        self.one, self.other = self.stored(folder / "one", 3), self.stored(folder / "other", 4)
        self.trends = {"key": "trends", "sha256": sha256(TRENDS).hexdigest()}
        self.objects.write("models", "trends", TRENDS)
        size = sum(path.stat().st_size for path in folder.glob("*/*.npy"))
        shelf = ModelShelf(self.objects, "models", self.opened, room=size - 1)  # not for both
        self.models = LiveModels(shelf, self.records, lambda: 1_000.0)

    def stored(self, folder: Path, items: int) -> dict[str, str]:
        recipe = registry.get("aws-trending-now")
        data = TrainingData.from_ids(["u"] * items, [f"i{n}" for n in range(items)], range(items))
        extra = {"events": {"recorded_before": 100.0}}
        artifacts.save(folder, recipe=recipe, model=recipe.fit(data), data=data, manifest_extra=extra)
        for path in folder.iterdir():
            self.objects.write("models", f"{folder.name}/{path.name}", path.read_bytes())
        digest = sha256((folder / artifacts.MANIFEST).read_bytes()).hexdigest()
        return {"prefix": f"{folder.name}/", "sha256": digest}

    def opened(self, folder: Path, paged):
        self.folders.append(folder)
        return open_model(folder, paged)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_what_was_made_of_a_model_goes_with_it(world):
    trained = world.models.get(world.one)
    assert world.models.live(world.one, DATASET) is trained
    without_items = world.models.ordered(trained, world.trends)
    world.records.put(DATASET, {"new": {"X": 1, RECORDED: 500.0}})
    live = world.models.live(world.one, DATASET)
    ordered = world.models.ordered(live, world.trends)
    assert world.models.live(world.one, DATASET) is live
    assert world.models.ordered(live, world.trends) is ordered
    all_of_them = [ref(each) for each in (trained, without_items, live, ordered)]
    del trained, without_items, live, ordered

    world.models.get(world.other)

    assert [each() for each in all_of_them] == [None] * 4
    assert [folder.exists() for folder in world.folders] == [False, True]


def test_what_was_made_of_a_model_has_its_files_as_long_as_it_answers(world):
    world.records.put(DATASET, {"new": {"X": 1, RECORDED: 500.0}})
    ordered = world.models.ordered(world.models.live(world.one, DATASET), world.trends)

    world.models.get(world.other)
    gc.collect()

    assert world.folders[0].exists()
    assert [item for item, _ in ordered.recommend(Asking(), 4)] == ["i2", "new", "i1", "i0"]


def test_trends_that_cannot_be_read_are_asked_for_once_and_keep_no_model(world, caplog):
    # No record at all: the log of a test keeps what a traceback leads to.
    caplog.set_level(logging.CRITICAL, logger="tastemaker.serving.shelf")
    world.objects.write("models", "trends", b"{}")
    trained = world.models.get(world.one)

    answering = [world.models.ordered(trained, world.trends) for _ in range(2)]

    assert [each is trained for each in answering] == [True, True]
    assert world.objects.reads.count("trends") == 1
    gone = ref(trained)
    del trained, answering
    world.models.get(world.other)
    assert gone() is None
