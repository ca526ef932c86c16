"""Models too large to be fetched at once: they answer as small ones do, from what they fetch as they are asked."""

import json
from hashlib import sha256

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.model import open_model
from tastemaker.serving.shelf import ModelShelf
from tastemaker.serving.successors import Successor
from tastemaker.store.memory import MemoryObjects

USERS, ITEMS = 400, 300
RECIPES = ("aws-user-personalization-v2", "aws-similar-items")


def made(recipe: str, folder, least: int = 1, since: float = 100.0):
    rng = np.random.default_rng(7)
    users, items = rng.integers(0, USERS, 8_000), (rng.beta(0.5, 2, 8_000) * ITEMS).astype(int)
    data = TrainingData.from_ids([f"u{n:04}" for n in users], [f"i{n:04}" for n in items], np.arange(8_000))
    chosen = registry.get(recipe)
    extra = {"events": {"recorded_before": since}}
    artifacts.save(folder, recipe=chosen, model=chosen.fit(data), data=data, manifest_extra=extra, least=least)
    return folder


def stored(objects: MemoryObjects, folder, prefix: str = "large/"):
    for path in folder.iterdir():
        objects.write("models", f"{prefix}{path.name}", path.read_bytes())
    return {"prefix": prefix, "sha256": sha256((folder / artifacts.MANIFEST).read_bytes()).hexdigest()}


def answers(model, recipe: str):
    asked = (
        [Asking(item_id=f"i{n:04}") for n in range(0, ITEMS, 17)]
        if recipe == "aws-similar-items"
        else [Asking(user_id=f"u{n:04}") for n in range(0, USERS + 20, 17)]
    )
    return [model.recommend(each, 25) for each in asked]


def shelf_for(objects: MemoryObjects, folder):
    """Return a shelf that fetches a little less of a model at once than there is of it."""
    files = json.loads((folder / artifacts.MANIFEST).read_text())["files"]
    most = sum(file["bytes"] for file in files.values()) - 1
    return ModelShelf(objects, "models", open_model, room=10 * most, most=most)


@pytest.fixture(scope="module", params=RECIPES)
def folder(request, tmp_path_factory):
    return request.param, made(request.param, tmp_path_factory.mktemp("model"))


def test_a_large_model_answers_as_a_small_one_does(folder):
    recipe, folder = folder
    objects = MemoryObjects()
    artifact = stored(objects, folder)
    shelf = shelf_for(objects, folder)

    assert answers(shelf.get(artifact), recipe) == answers(open_model(folder), recipe)


def test_of_a_small_model_nothing_is_read_by_blocks(tmp_path):
    manifest = made("aws-popularity-count", tmp_path, artifacts.paging.LEAST)
    assert not list(manifest.glob("*.sums"))


def test_one_whose_other_files_are_too_large_is_refused(folder):
    _, folder = folder
    objects = MemoryObjects()
    shelf = ModelShelf(objects, "models", open_model, room=1 << 30, most=1_000)

    with pytest.raises(ValueError, match="read whole have"):
        shelf.verify(stored(objects, folder))


def test_one_that_loses_users_while_it_answers_is_followed(tmp_path):
    objects = MemoryObjects()
    recipe = RECIPES[0]
    old = stored(objects, made(recipe, tmp_path / "old"), "old/")
    new = stored(objects, made(recipe, tmp_path / "new", since=101.0), "new/")
    shelf = shelf_for(objects, tmp_path / "old")
    model = shelf.get(old)
    objects.delete("models", "old/")
    Successor(new, "", 1, "job", "now").keep(objects, "models", "old/")

    with pytest.raises(FileNotFoundError):
        answers(model, recipe)
    assert answers(shelf.get(old), recipe) == answers(open_model(tmp_path / "new"), recipe)
