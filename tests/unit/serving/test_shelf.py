"""The shelf of models: what is fetched, refused, kept and given up."""

import gc
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from tastemaker.serving.folders import own_folder
from tastemaker.serving.paging import Paged
from tastemaker.serving.ports import UnreadableModel
from tastemaker.serving.shelf import ModelShelf
from tastemaker.serving.successors import Successor
from tastemaker.store.memory import MemoryObjects

SIZE = 1_000


class Model:
    """Reads its file when it is asked, as a model maps its columns."""

    def __init__(self, folder: Path, paged: Mapping[str, Paged]) -> None:
        self.folder, self.files = folder, self  # models refer to themselves, too
        self.paged = paged

    def said(self) -> bytes:
        return (self.folder / "words.npy").read_bytes().strip()


class Bucket(MemoryObjects):
    """Objects that count how often a model was fetched, and may be slow."""

    def __init__(self) -> None:
        super().__init__()
        self.downloads: list[str] = []
        self.held: dict[str, Event] = {}
        self.begun = Event()

    def read(self, bucket: str, key: str) -> bytes:
        if key.endswith(".json"):  # what says where files are
            return super().read(bucket, key)
        self.downloads.append(key.partition("/")[0])
        if hold := self.held.get(key.partition("/")[0]):
            self.begun.set()
            assert hold.wait(10)
        return super().read(bucket, key)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def bucket():
    return Bucket()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shelf(bucket, clock):
    return ModelShelf(bucket, "models", Model, room=2 * SIZE, clock=clock)


@pytest.fixture
def stored(bucket):
    """Store a model by its name, and return its artifact record."""

    def store(name: str, size: int = SIZE) -> dict[str, str]:
        words = name.encode().ljust(size)
        files = {"words": {"bytes": size, "sha256": sha256(words).hexdigest()}}
        manifest = json.dumps({"files": files}).encode()
        bucket.write("models", f"{name}/words.npy", words)
        bucket.write("models", f"{name}/manifest.json", manifest)
        return {"prefix": f"{name}/", "sha256": sha256(manifest).hexdigest()}

    return store


def test_a_model_is_fetched_once(shelf, stored, bucket):
    artifact = stored("a")

    assert [shelf.get(artifact).said() for _ in range(3)] == [b"a"] * 3
    assert bucket.downloads == ["a"]


def test_what_was_used_longest_ago_is_given_up_with_its_files(shelf, stored, bucket):
    a, b, c = stored("a"), stored("b"), stored("c")
    folders = {name: shelf.get(artifact).folder for name, artifact in (("a", a), ("b", b))}
    shelf.get(a)

    shelf.get(c)
    shelf.get(a)

    assert bucket.downloads == ["a", "b", "c"]
    assert {name: folder.exists() for name, folder in folders.items()} == {"a": True, "b": False}


def test_a_model_in_use_has_its_files_until_nobody_uses_it(shelf, stored):
    model = shelf.get(stored("a"))
    shelf.get(stored("b", 2 * SIZE))

    assert model.said() == b"a"
    folder = model.folder
    del model
    gc.collect()
    assert not folder.exists()


def test_a_model_that_can_never_fit_is_refused_before_it_is_fetched(shelf, stored, bucket):
    kept = stored("a")
    shelf.get(kept)

    with pytest.raises(ValueError, match="has room for"):
        shelf.get(stored("big", 2 * SIZE + 1))

    shelf.get(kept)
    assert bucket.downloads == ["a"]


def test_a_model_that_nobody_could_wait_for_is_refused_though_there_is_room(bucket, stored):
    shelf = ModelShelf(bucket, "models", Model, room=4 * SIZE, most=SIZE)

    shelf.get(stored("small"))
    with pytest.raises(ValueError, match="has room for"):
        shelf.verify(stored("big", SIZE + 1))

    assert bucket.downloads == ["small"]


def test_a_changed_file_is_refused_by_name_and_leaves_nothing(shelf, stored, bucket):
    artifact, before = stored("a"), sorted(own_folder("shelves").iterdir())
    bucket.write("models", "a/words.npy", b"b".ljust(SIZE))

    with pytest.raises(ValueError, match=r"words\.npy has SHA-256"):
        shelf.get(artifact)

    assert sorted(own_folder("shelves").iterdir()) == before


def test_a_refused_model_is_not_fetched_with_every_request(shelf, stored, bucket, clock):
    artifact = stored("a")
    bucket.write("models", "a/words.npy", b"b".ljust(SIZE))

    for clock.now in (0.0, 30.0, 59.0, 60.0):
        with pytest.raises(ValueError, match=r"words\.npy"):
            shelf.get(artifact)

    assert bucket.downloads == ["a", "a"]


def test_a_deployment_looks_at_the_files_in_the_bucket_each_time(shelf, stored, bucket):
    artifact = stored("a")
    model = shelf.get(artifact)
    bucket.write("models", "a/words.npy", b"b".ljust(SIZE))

    with pytest.raises(ValueError, match=r"words\.npy"):
        shelf.verify(artifact)
    assert shelf.get(artifact) is model  # what serves goes on serving

    bucket.write("models", "a/words.npy", b"a".ljust(SIZE))
    shelf.verify(artifact)
    assert shelf.get(artifact).said() == b"a"


def test_who_wants_another_model_does_not_wait(shelf, stored, bucket):
    slow, quick = stored("slow"), stored("quick")
    bucket.held["slow"] = Event()

    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(shelf.get, slow) for _ in range(2)]
        assert bucket.begun.wait(10)
        assert shelf.get(quick).said() == b"quick"
        assert not any(each.done() for each in waiting)
        bucket.held["slow"].set()
        found = [each.result() for each in waiting]

    assert found[0] is found[1]
    assert sorted(bucket.downloads) == ["quick", "slow"]


def gone(bucket, artifact: dict[str, str], later: dict[str, str] | None = None) -> None:
    """Remove a model's files and say what took its place."""
    bucket.delete("models", artifact["prefix"])
    Successor(later, "" if later else "it could not be read", 1, "job", "now").keep(
        bucket, "models", artifact["prefix"]
    )


def test_who_asks_for_a_replaced_model_gets_the_one_in_its_place(shelf, stored, bucket):
    a, b, c = stored("a"), stored("b"), stored("c")
    gone(bucket, a, b)
    gone(bucket, b, c)

    assert [shelf.get(a).said(), shelf.get(b).said(), shelf.get(a).said()] == [b"c"] * 3
    assert bucket.downloads == ["c"]


def test_a_model_that_is_replaced_while_it_is_on_its_way_is_followed(shelf, stored, bucket):
    a, b = stored("a"), stored("b")
    read = bucket.read

    def replaced(bucket_name, key):
        if key == "a/words.npy":
            gone(bucket, a, b)
        return read(bucket_name, key)

    bucket.read = replaced

    assert shelf.get(a).said() == b"b"


def test_a_model_that_takes_the_place_of_others_puts_them_off_the_shelf(shelf, stored, bucket):
    a = stored("a")
    folder = shelf.get(a).folder
    manifest = json.loads(bucket.read("models", f"{stored('b')['prefix']}manifest.json"))
    text = json.dumps(manifest | {"erased": {"replaces": [a["sha256"], "another"]}}).encode()
    bucket.write("models", "b/manifest.json", text)

    assert shelf.get({"prefix": "b/", "sha256": sha256(text).hexdigest()}).said() == b"b"
    assert not folder.exists()
    gone(bucket, a)
    with pytest.raises(UnreadableModel):
        shelf.get(a)


def test_a_model_that_nothing_could_replace_is_refused_with_the_reason(shelf, stored, bucket):
    a = stored("a")
    gone(bucket, a)

    for _ in range(2):  # the second time the shelf remembers
        with pytest.raises(UnreadableModel, match=r"removed when users were deleted, for it could not be read: train"):
            shelf.get(a)
