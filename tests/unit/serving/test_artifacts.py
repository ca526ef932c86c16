import json

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.serving import artifacts
from tests.unit.recipes.worlds import events_of, groceries

RECIPE = registry.get("aws-popularity-count")


@pytest.fixture
def saved(tmp_path):
    data = groceries(n_users=20)
    manifest = artifacts.save(
        tmp_path, recipe=RECIPE, model=RECIPE.fit(data), data=data, manifest_extra={"parameters": {"a": "1"}}
    )
    return data, tmp_path, manifest


def test_ids_are_found_and_strangers_are_not(saved):
    data, folder, _ = saved
    artifact = artifacts.load(folder)

    assert artifact.item_index(str(data.item_ids[7])) == 7
    assert artifact.user_index("u013") == 13
    strangers = ["", "i", "i9999", "i00", "zzz", "a much longer name than any id has", "i001\0"]
    assert [artifact.item_index(name) for name in strangers] == [None] * len(strangers)
    assert artifact.item_indices(["i003", "nothing", "i001"]).tolist() == [3, 1]


def test_histories_are_kept_oldest_first(saved):
    data, folder, _ = saved

    items, times = artifacts.load(folder).history("u004")

    assert items.tolist() == events_of(data, "u004")[0].tolist()
    assert (np.diff(times) >= 0).all()
    assert not len(artifacts.load(folder).history("stranger")[0])


def test_a_query_joins_old_and_new_events_in_time(saved):
    data, folder, _ = saved
    items, times = events_of(data, "u004")

    query = artifacts.load(folder).query("u004", events=([2, 1], [int(times[-1]) + 5, int(times[0]) - 5]))

    assert query.history_items.tolist() == [1, *items.tolist(), 2]
    assert query.now == times[-1] + 5
    assert query.user == 4


def test_a_stranger_can_ask_with_events_alone(saved):
    _, folder, _ = saved

    query = artifacts.load(folder).query("stranger", events=([3], [9]), item=3)

    assert (query.history_items.tolist(), query.item, query.user) == ([3], 3, None)


def test_the_manifest_tells_what_is_inside(saved):
    _, folder, manifest = saved

    assert json.loads((folder / artifacts.MANIFEST).read_text()) == manifest
    assert manifest["recipe"] == "aws-popularity-count"
    assert manifest["parameters"] == {"a": "1"}
    assert manifest["files"]["item_ids"]["shape"] == [len(saved[0].item_ids)]
    assert sorted(artifacts.file_names(manifest)) == sorted(path.name for path in folder.iterdir())


def test_a_changed_or_missing_file_is_noticed(saved):
    _, folder, _ = saved
    assert artifacts.verify(folder) == []

    (folder / "user_ids.npy").unlink()
    (folder / "model_order.npy").write_bytes(b"something else")

    assert sorted(artifacts.verify(folder)) == ["model_order.npy", "user_ids.npy"]


def test_only_the_newest_thousand_events_of_a_user_are_kept(tmp_path):
    data = TrainingData.from_ids(["u"] * 1_200, [f"i{n % 30:02d}" for n in range(1_200)], range(1_200))
    artifacts.save(tmp_path, recipe=RECIPE, model=RECIPE.fit(data), data=data)

    _, times = artifacts.load(tmp_path).history("u")

    assert times.tolist() == list(range(200, 1_200))


def test_an_artifact_without_any_event_can_be_loaded(tmp_path):
    nothing = TrainingData(
        Interactions.sort([], [], [], n_users=0, n_items=2), np.array([], "<U1"), np.array(["a", "b"])
    )
    artifacts.save(tmp_path, recipe=RECIPE, model=RECIPE.fit(nothing), data=nothing)

    assert artifacts.load(tmp_path).user_index("a") is None
