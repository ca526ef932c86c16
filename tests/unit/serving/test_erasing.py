"""Models of every recipe without some users: nothing of them is left, and the others are answered as before."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.additions import Additions
from tastemaker.recipes.data import Interactions
from tastemaker.serving import artifacts, erasing
from tastemaker.serving.catalogue import Numbers, Texts, Touched, arrays_of, arrays_of_touched
from tastemaker.serving.ports import UnreadableModel
from tests.unit.recipes.actions.worlds import offers
from tests.unit.recipes.worlds import PARTS, cafe, groceries

RECIPES = registry.own_names()
ACTIONS = "aws-next-best-action"
GONE = ("u003", "u007", "u042")
# What only those who leave have told of themselves.
OWN = "told-of-nobody-else"


def world(name):
    """Data of users who are described; what those who leave say of themselves, nobody else does."""
    data = offers(n_users=120).data if name == ACTIONS else groceries(n_users=110, baskets=8)
    users, items = data.user_ids, data.item_ids
    plans = np.where(np.arange(len(users)) % 2, "gold", "basic").astype("U20")
    plans[np.isin(users, GONE)] = OWN
    genres = np.array([f"g{number % 5}" for number in range(len(items))])
    touched = Touched(
        users=users,
        starts=np.arange(len(users) + 1, dtype=np.int64),
        items=np.arange(len(users), dtype=np.int32) % np.int32(len(items)),
        types=np.where(np.isin(users, GONE[:1]), 0, 1).astype(np.int32),
        names=np.array([OWN, "view"]),
        sessions=users[::3],
    )
    catalogue = arrays_of_touched(touched) | arrays_of("USERS", "PLAN", Texts.of(plans.tolist(), split=True))
    catalogue |= arrays_of("USERS", "AGE", Numbers(np.arange(len(users), dtype=np.float64)))
    catalogue |= arrays_of("ITEMS", "GENRE", Texts.of(genres.tolist(), split=True))
    taken = data.interactions.where(np.arange(len(data.interactions)) % 4 == 0)
    columns = data.item_columns if name == ACTIONS else {"GENRE": genres}
    return replace(
        data,
        item_columns=columns,
        user_columns={"PLAN": plans, "AGE": np.arange(len(users), dtype=np.float64)},
        item_words={"NAME": np.array([f"thing {genre} {id_}" for genre, id_ in zip(genres, items, strict=True)])},
        taken=taken,
        catalogue=catalogue,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a function that stores a model of each recipe once."""
    known = {}

    def keep(name):
        if name not in known:
            folder, recipe, data = tmp_path_factory.mktemp("model"), registry.get(name), world(name)
            artifacts.save(folder, recipe=recipe, model=recipe.fit(data, seed=3), data=data)
            known[name] = folder, data
        return known[name]

    return keep


def gone(*users):
    return lambda ids: np.isin(ids, users)


def everything(_columns, values):
    """Say that all values are still told by somebody."""
    return np.ones(len(values), np.bool_)


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def answers(artifact, user):
    query = artifact.query(user, item=3)
    ranking = artifact.model.recommend(query, 20)
    scores = None if ranking.scores is None else ranking.scores.tolist()
    return ranking.items.tolist(), scores, artifact.taken(user).tolist()


def known_to_filters(artifact, user):
    row, touched = artifact.user_index(user), artifact.catalogue.touched()
    columns = [artifact.catalogue.column("USERS", name, len(artifact.user_ids)) for name in ("PLAN", "AGE")]
    return [column.values_of(row) for column in columns], touched.items_of(user, bool).tolist(), touched.misses(user)


@pytest.mark.parametrize("name", RECIPES)
def test_nothing_of_them_is_left(kept, tmp_path, name):
    folder, _ = kept(name)
    traces = [text.encode(code) for text in (*GONE, OWN) for code in ("utf-8", "utf-32-le")]
    before = [trace for trace in traces if trace in bytes_of(folder)]

    digest = erasing.write_without(folder, tmp_path / "new", gone(*GONE), everything)

    assert len(before) >= len(GONE)
    assert [trace for trace in traces if trace in bytes_of(tmp_path / "new")] == []
    artifact = artifacts.load(tmp_path / "new")
    assert artifact.user_index(GONE[0]) is None
    assert artifact.trained_users == len(artifact.user_ids) + 3
    assert artifacts.verify(tmp_path / "new") == []
    assert len(digest) == 64


@pytest.mark.parametrize("name", RECIPES)
def test_no_array_keeps_a_row_of_theirs(kept, tmp_path, name):
    folder, data = kept(name)
    erasing.write_without(folder, tmp_path / "new", gone(*GONE), everything)

    old, new = (json.loads((each / artifacts.MANIFEST).read_text())["files"] for each in (folder, tmp_path / "new"))

    assert old.keys() == new.keys()
    users = len(data.user_ids)
    rows = {
        part: (old[part]["shape"], new[part]["shape"]) for part in old if old[part]["shape"][0] in {users, users + 1}
    }
    assert {"user_ids", "history_starts", "taken_starts", "catalogue_USERS.AGE.numbers"} <= rows.keys()
    assert all(after[0] == before[0] - len(GONE) for before, after in rows.values()), rows


@pytest.mark.parametrize("name", RECIPES)
def test_the_others_are_answered_and_filtered_as_before(kept, tmp_path, name):
    folder, data = kept(name)
    erasing.write_without(folder, tmp_path / "new", gone(*GONE), everything)
    before, after = artifacts.load(folder), artifacts.load(tmp_path / "new")

    others = [user for user in data.user_ids.tolist() if user not in GONE]

    for user in others[::7]:
        assert answers(after, user) == answers(before, user)
        assert known_to_filters(after, user) == known_to_filters(before, user)
    assert after.newest == before.newest


@pytest.mark.parametrize("name", RECIPES)
def test_who_left_is_answered_as_a_stranger(kept, tmp_path, name):
    folder, _ = kept(name)
    erasing.write_without(folder, tmp_path / "new", gone(*GONE), everything)
    artifact = artifacts.load(tmp_path / "new")

    assert answers(artifact, GONE[0]) == answers(artifact, "nobody")


@pytest.mark.parametrize("name", RECIPES)
def test_without_anybody_who_leaves_every_array_is_the_same(kept, tmp_path, name):
    folder, _ = kept(name)
    erasing.write_without(folder, tmp_path / "new", gone(), everything)

    old, new = (json.loads((each / artifacts.MANIFEST).read_text()) for each in (folder, tmp_path / "new"))

    assert new["files"] == old["files"]
    assert new.keys() - old.keys() == {artifacts.ERASED}
    assert {name: value for name, value in new.items() if name != artifacts.ERASED} == old


@pytest.mark.parametrize("name", ["aws-user-personalization-v2", "aws-item-affinity", ACTIONS])
def test_one_after_the_other_is_as_all_at_once_and_as_often_as_it_is_done(kept, tmp_path, name):
    folder, _ = kept(name)
    for target in ("once", "again"):
        erasing.write_without(folder, tmp_path / target, gone(*GONE), everything)
    erasing.write_without(folder, tmp_path / "first", gone(GONE[0]), everything)
    erasing.write_without(tmp_path / "first", tmp_path / "rest", gone(*GONE), everything)

    once, again, rest = (json.loads((tmp_path / n / artifacts.MANIFEST).read_text()) for n in ("once", "again", "rest"))

    assert once == again
    assert rest["files"] == once["files"]
    assert rest["erased"]["users"] == once["erased"]["users"] == len(GONE)
    assert len(rest["erased"]["replaces"]) == 2
    assert rest["erased"]["replaces"][0] == once["erased"]["replaces"][0]


@pytest.mark.parametrize("name", ["aws-user-personalization-v2", "aws-item-affinity"])
def test_of_a_value_that_nobody_has_any_more_no_item_is_told(kept, tmp_path, name):
    folder, data = kept(name)
    starts, values, lifts = (np.load(folder / f"model_segments_{part}.npy") for part in ("starts", "values", "lifts"))
    row = int(np.searchsorted(data.user_ids, GONE[0]))
    theirs = values[starts[row] : starts[row + 1]].tolist()
    [own] = [value for value in theirs if np.count_nonzero(values == value) == len(GONE)]
    assert lifts[own].any()

    erasing.write_without(folder, tmp_path / "new", gone(*GONE), everything)

    after = np.load(tmp_path / "new" / "model_segments_lifts.npy")
    assert not after[own].any()
    np.testing.assert_array_equal(np.delete(after, own, axis=0), np.delete(lifts, own, axis=0))


def test_of_a_context_that_nobody_has_told_any_more_nothing_is_left(tmp_path):
    data, recipe = cafe(), registry.get("aws-user-personalization-v2")
    artifacts.save(tmp_path / "old", recipe=recipe, model=recipe.fit(data, seed=3), data=data)

    erasing.write_without(tmp_path / "old", tmp_path / "new", gone("u3"), lambda _, values: values == PARTS[0])

    before, after = (artifacts.load(tmp_path / name).model.sources.contexts for name in ("old", "new"))
    assert (before.values.tolist(), after.values.tolist()) == (list(PARTS), [PARTS[0]])
    assert PARTS[1].encode("utf-32-le") not in bytes_of(tmp_path / "new")
    for mine, theirs in zip(after.of({"PART": PARTS[0]}), before.of({"PART": PARTS[0]}), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not len(after.of({"PART": PARTS[1]})[0])


def test_everybody_may_leave(kept, tmp_path):
    folder, data = kept("aws-user-personalization-v2")

    erasing.write_without(folder, tmp_path / "new", gone(*data.user_ids.tolist()), everything)

    artifact = artifacts.load(tmp_path / "new")
    assert answers(artifact, "u001")[0] == answers(artifacts.load(folder), "nobody")[0]
    assert artifact.newest == int(data.interactions.timestamps.max())


def test_items_that_came_later_count_on_all_who_taught(kept, tmp_path):
    folder, _ = kept("aws-user-personalization-v2")
    erasing.write_without(folder, tmp_path / "new", gone(*GONE), everything)
    before, after = artifacts.load(folder), artifacts.load(tmp_path / "new")
    additions = Additions.of({"new": {"GENRE": "g1", "ITEM_ID": "new"}}, before.item_ids)

    assert answers(after.grown(additions), "u001") == answers(before.grown(additions), "u001")


def test_a_damaged_model_is_refused(kept, tmp_path):
    folder, _ = kept("aws-popularity-count")
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model_order.npy").write_bytes(b"something else")

    with pytest.raises(UnreadableModel, match=r"model_order\.npy is not what was stored"):
        erasing.write_without(tmp_path, tmp_path / "new", gone(*GONE), everything)


def test_arrays_of_users_that_are_not_known_are_refused(tmp_path):
    data, recipe = groceries(n_users=20), registry.get("aws-popularity-count")
    data = replace(data, catalogue={"USERS.FACE.pixels": np.zeros(20)})
    artifacts.save(tmp_path, recipe=recipe, model=recipe.fit(data), data=data)

    with pytest.raises(UnreadableModel, match=r"a column of users that is not known, USERS\.FACE\.pixels"):
        erasing.write_without(tmp_path, tmp_path / "new", gone("u003"), everything)


def test_events_of_a_model_without_any_may_leave(tmp_path):
    data, recipe = groceries(n_users=20), registry.get("aws-popularity-count")
    nothing = Interactions.sort([], [], [], n_users=20, n_items=len(data.item_ids))
    artifacts.save(tmp_path, recipe=recipe, model=recipe.fit(data), data=replace(data, interactions=nothing))

    erasing.write_without(tmp_path, tmp_path / "new", gone("u003"), everything)

    assert artifacts.load(tmp_path / "new").newest is None
