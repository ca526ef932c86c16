"""Training data out of snapshots and recorded events."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.errors import JobFailed
from tastemaker.pipelines.training.sets import load_training_data
from tests.unit.pipelines.fakes import GROUP, INTERACTIONS, ITEMS, NOW, a_field, a_schema, a_world

HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
# 30 users with 40 views each, of items i0..i9: enough to train on.
VIEWS = [f"u{user:02d},i{turn % 10},{1000 + turn},View,{turn}" for user in range(30) for turn in range(40)]


@pytest.fixture
def world():
    return a_world()


def fill(world, rows=VIEWS, items=None, users=None):
    world.put("data.csv", HEADER + "\n".join(rows))
    world.run(world.dataset("INTERACTIONS", INTERACTIONS))
    if items:
        world.put("items.csv", items)
        world.run(world.dataset("ITEMS", ITEMS), "s3://bucket/items.csv", name="items")
    if users:
        columns = [a_field("USER_ID", "string"), a_field("AGE", ["null", "int"]), a_field("VIP", "boolean")]
        world.put("users.csv", users)
        world.run(world.dataset("USERS", columns), "s3://bucket/users.csv", name="users")


def load(world, before=NOW, **solution):
    datasets = world.deps.resources.every("dataset")
    chosen = {each["datasetType"]: each["_snapshot"] for each in datasets if "_snapshot" in each}
    return load_training_data(world.deps, {"datasetGroupArn": GROUP, **solution}, chosen, recorded_before=before)


def an_event(*, user="u00", item="i0", at=5, session="s", type_="View", value=None, recorded=NOW - 1, anonymous=False):
    members = {"user_id": user, "item_id": item, "timestamp": at, "session_id": session, "event_type": type_}
    members["anonymous"] = anonymous
    return {**members, "event_value": value, "event_id": f"{user}{item}{at}{type_}", "recorded": recorded}


def events_of(data, user):
    rows = data.interactions.users == np.searchsorted(data.user_ids, user)
    items = data.item_ids[data.interactions.items[rows]]
    return list(zip(items.tolist(), data.interactions.timestamps[rows].tolist(), strict=True))


def test_events_become_indices_sorted_by_user_time_and_item(world):
    fill(world)

    data = load(world)

    interactions = data.interactions
    assert (len(interactions), interactions.n_users, interactions.n_items) == (1200, 30, 10)
    assert data.user_ids.tolist() == [f"u{user:02d}" for user in range(30)]
    assert data.item_ids.tolist() == [f"i{item}" for item in range(10)]
    assert events_of(data, "u07")[:2] == [("i0", 1000), ("i1", 1001)]
    order = np.lexsort((interactions.items, interactions.timestamps, interactions.users))
    assert order.tolist() == list(range(1200))
    kinds = (interactions.users, interactions.items, interactions.timestamps, interactions.weights)
    assert [array.dtype.name for array in kinds] == ["int32", "int32", "int64", "float32"]
    assert not any(isinstance(array, np.ma.MaskedArray) for array in kinds)
    assert set(interactions.weights.tolist()) == {1.0}


def test_ids_are_sorted_as_numpy_sorts_them(world):
    fill(world, [*VIEWS, "ü,é,1,,", "U,z,1,,", "😀,\uffee,1,,"])

    data = load(world)

    assert data.user_ids.tolist() == sorted(data.user_ids.tolist())
    assert data.item_ids.tolist() == sorted(data.item_ids.tolist())


def test_recorded_events_join_the_imported_ones_and_repeats_are_dropped(world):
    fill(world)
    world.deps.events.put(GROUP, [an_event(item="new"), an_event(at=1000, value=0.0), an_event(recorded=NOW + 1)])

    data = load(world)

    assert len(data.interactions) == 1201
    assert events_of(data, "u00")[0] == ("new", 5)


def test_a_session_that_logged_in_gives_its_events_to_the_user(world):
    fill(world)
    world.deps.events.put(GROUP, [an_event(user="s", anonymous=True), an_event(at=6)])

    data = load(world)

    assert events_of(data, "u00")[:2] == [("i0", 5), ("i0", 6)]
    assert "s" not in data.user_ids


def test_a_session_that_never_logged_in_is_not_trained_on(world):
    fill(world)
    world.deps.events.put(GROUP, [an_event(user="x", session="x", anonymous=True), an_event(user="y", session="y")])

    data = load(world)

    assert "x" not in data.user_ids
    assert "y" in data.user_ids


def test_columns_are_aligned_with_the_ids_and_only_trainable_ones_are_there(world):
    items = "ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a|b,1999,text\nunseen,,,\n"
    fill(world, items=items, users="USER_ID,AGE,VIP\nu01,42,true\nzz,,false\n")

    data = load(world)

    assert (data.interactions.n_items, data.item_ids[-1], data.user_ids[-1]) == (11, "unseen", "zz")
    assert set(data.item_columns) == {"GENRES", "YEAR"}
    assert data.item_columns["GENRES"].tolist()[:3] == ["", "a|b", ""]
    assert data.item_columns["YEAR"][1] == 1999
    assert np.isnan(data.item_columns["YEAR"][[0, 10]]).all()
    assert set(data.user_columns) == {"AGE"}
    assert data.user_columns["AGE"][1] == 42


def test_a_textual_column_is_prose_and_no_category(world):
    items = "ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a|b,1999,Two words\ni2,,2000,\n"
    fill(world, items=items)

    data = load(world)

    assert data.item_texts.keys() == {"DESCRIPTION"}
    assert data.item_texts["DESCRIPTION"].tolist()[:3] == ["", "Two words", ""]
    excluded = {"excludedDatasetColumns": {"ITEMS": ["DESCRIPTION"]}}
    assert load(world, solutionConfig={"trainingDataConfig": excluded}).item_texts == {}


def test_an_objective_is_read_whatever_the_columns_trained_on(world):
    fill(world, items="ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a,1999,\ni2,a,2009,\n")
    aim = {"itemAttribute": "Year", "objectiveSensitivity": "HIGH"}
    excluded = {"excludedDatasetColumns": {"ITEMS": ["YEAR"]}}

    data = load(world, solutionConfig={"optimizationObjective": aim, "trainingDataConfig": excluded})

    assert data.objective.rewards.tolist()[:4] == [0, 0, 1, 0]
    assert data.objective.sensitivity == 2


def test_excluded_columns_are_left_out(world):
    fill(world, items="ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a,1999,text\n")

    excluded = {"excludedDatasetColumns": {"ITEMS": ["YEAR"]}}

    assert set(load(world, solutionConfig={"trainingDataConfig": excluded}).item_columns) == {"GENRES"}


def test_included_columns_alone_are_used(world):
    fill(world, items="ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a,1999,text\n")

    included = {"includedDatasetColumns": {"items": ["year", "ITEM_ID"]}}

    assert set(load(world, solutionConfig={"trainingDataConfig": included}).item_columns) == {"YEAR"}


def test_an_event_type_and_a_threshold_choose_events(world):
    more = [row.replace("View", "Buy") for row in VIEWS]
    fill(world, VIEWS + more)

    data = load(world, eventType="buy", solutionConfig={"eventValueThreshold": "2"})

    assert len(data.interactions) == 30 * 38


def test_events_config_gives_relative_weights_and_leaves_other_events_out(world):
    more = [row.replace("View", "Buy") for row in VIEWS]
    other = [row.replace("View", "Like") for row in VIEWS]
    fill(world, VIEWS + more + other)
    config = {
        "eventParametersList": [
            {"eventType": "View", "eventValueThreshold": 10.0, "weight": 0.1},
            {"eventType": "Buy", "weight": 0.5},
        ]
    }

    data = load(world, solutionConfig={"eventsConfig": config})

    weights, counts = np.unique(data.interactions.weights, return_counts=True)
    assert weights.tolist() == pytest.approx([0.2, 1.0])
    assert counts.tolist() == [30 * 30, 30 * 40]


def shortage(world, **solution):
    with pytest.raises(JobFailed) as failure:
        load(world, **solution)
    return str(failure.value)


def test_too_few_interactions_are_refused(world):
    fill(world, VIEWS[:999])

    assert shortage(world) == "Create failed. Dataset has fewer than 1000 interactions. There are 999."


WEIGHTS = [{"eventType": "Buy", "eventValueThreshold": 5}, {"eventType": "Like"}, {"eventType": "View", "weight": 0}]


@pytest.mark.parametrize(
    ("solution", "told"),
    [
        ({"eventType": "Buy"}, "event type: Buy. 0 of 1,200 are left."),
        (
            {"eventType": "view", "solutionConfig": {"eventValueThreshold": "12.5"}},
            "event type: view with EVENT_VALUE of at least 12.5. 810 of 1,200 are left.",
        ),
        (
            {"solutionConfig": {"eventValueThreshold": "39"}},
            "EVENT_VALUE of at least 39. 30 of 1,200 are left.",
        ),
        (
            {"solutionConfig": {"eventsConfig": {"eventParametersList": WEIGHTS}}},
            "event type: Buy with EVENT_VALUE of at least 5, Like. 0 of 1,200 are left.",
        ),
    ],
)
def test_too_few_interactions_of_a_choice_are_refused_naming_it_and_what_is_left(world, solution, told):
    fill(world)

    assert (
        shortage(world, **solution)
        == f"Create failed. Dataset has fewer than 1000 interactions after filtering by {told}"
    )


def test_a_recommender_says_the_same_in_its_own_words(world):
    fill(world, VIEWS[:999])

    assert shortage(world, _kind="recommender").startswith("Dataset has fewer than 1000 interactions.")


def test_too_few_returning_users_are_refused_in_amazons_words(world):
    fill(world, [*VIEWS[: 24 * 40], *(f"once{n},i0,1,," for n in range(40))])

    assert shortage(world) == (
        "Create failed. Dataset has fewer than 25 users with at least 2 interactions each. 24 of 64 have."
    )


def test_too_small_a_share_of_returning_users_is_refused(world):
    fill(world, [*VIEWS, *(f"once{n},i0,1,," for n in range(3000))])

    assert shortage(world) == (
        "Create failed. Fewer than 1% of the users in the dataset have at least 2 interactions each. 30 of 3,030 have."
    )


def test_a_deployment_may_need_less():
    world = a_world(training_interactions=6, training_users=3)
    fill(world, [f"u{n},i{place},{place},View," for n in range(3) for place in range(2)])

    assert len(load(world).interactions) == 6
    assert shortage(world, eventType="Buy").startswith("Create failed. Dataset has fewer than 6 interactions after")


NO_TYPES = "Create failed. All values in the event_type column are either reserved keywords or null."


@pytest.mark.parametrize("names", [[""], ["EVENT_TYPE"], ["event_type"], [" TIMESTAMP ", "", "ITEM_ID"], ["  "]])
def test_event_types_that_are_all_empty_or_reserved_words_are_refused(world, names):
    fill(world, [row.replace("View", names[at % len(names)]) for at, row in enumerate(VIEWS)])

    assert shortage(world) == NO_TYPES


@pytest.mark.parametrize("name", ["View", "impression", "IMPRESSION"])
def test_one_event_with_a_type_is_enough(world, name):
    rows = [row.replace("View", "") for row in VIEWS]
    fill(world, [*rows[1:], rows[0].replace(",,", f",{name},")])

    assert len(load(world).interactions) == len(VIEWS)
    # Among those with such a value no event has a type, but elsewhere one has.
    assert len(load(world, solutionConfig={"eventValueThreshold": "1"}).interactions) == 30 * 39


def test_a_recorded_event_with_a_type_is_enough_too(world):
    fill(world, [row.replace("View", "") for row in VIEWS])
    world.deps.events.put(GROUP, [an_event(type_="EVENT_TYPE")])
    assert shortage(world) == NO_TYPES

    world.deps.events.put(GROUP, [an_event(at=6)])
    assert len(load(world).interactions) == len(VIEWS) + 2


def test_events_whose_schema_has_no_type_need_none(world):
    world.put("data.csv", "USER_ID,ITEM_ID,TIMESTAMP\n" + "\n".join(row.partition(",View")[0] for row in VIEWS))
    world.run(world.dataset("INTERACTIONS", INTERACTIONS[:3]))

    assert len(load(world).interactions) == len(VIEWS)


def test_more_than_ten_event_types_are_refused(world):
    fill(world, [*VIEWS, *(f"u00,i0,1,type{n}," for n in range(10))])

    with pytest.raises(JobFailed, match="11 event types"):
        load(world)


def test_recorded_events_alone_are_enough(world):
    events = [an_event(user=f"u{user}", item=f"i{n}", at=n) for user in range(30) for n in range(40)]
    world.deps.events.put(GROUP, events)

    data = load_training_data(world.deps, {"datasetGroupArn": GROUP}, {}, recorded_before=NOW)

    assert len(data.interactions) == 1200


def test_what_keeps_items_out_need_not_be_trained_on(world):
    bought = [f"u01,i{turn % 3},{2000 + turn},purchase," for turn in range(150)]
    fill(world, [*VIEWS, *bought, "buyer,i4,1,Purchase,", "buyer,i5,2,View,"])
    world.deps.events.put(GROUP, [an_event(user="u02", item="i7", type_="PURCHASE")])

    data = load(world, eventType="View", excludedEvent="Purchase")

    taken = list(zip(data.user_ids[data.taken.users], data.item_ids[data.taken.items], strict=True))
    assert len(data.interactions) == len(VIEWS) + 1
    assert len(taken) == 100 + 2
    assert [pair for pair in taken if pair[0] != "u01"] == [("buyer", "i4"), ("u02", "i7")]
    assert data.taken.timestamps[data.user_ids[data.taken.users] == "u01"].min() == 2050


def test_without_an_exclusion_nothing_is_kept_out(world):
    fill(world)

    assert load(world).taken is None


def put(world, type_, records, recorded=NOW):
    own = {id_: {**values, "#recorded": recorded} for id_, values in records.items()}
    world.deps.records.put(f"{GROUP.replace('-group', '')}/{type_}", own)


def described(data, item):
    row = data.item_ids.tolist().index(item)
    return data.item_columns["GENRES"][row], data.item_columns["YEAR"][row]


def test_an_item_put_by_itself_replaces_the_imported_one_whole_or_is_new(world):
    fill(world, items="ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a|b,1999,text\ni2,c,2000,\n")
    put(world, "ITEMS", {"i1": {"YEAR": 2020}, 'new, "odd"\n': {"GENRES": "x|y", "YEAR": -1}})

    data = load(world)

    assert described(data, "i1") == ("", 2020)
    assert described(data, "i2") == ("c", 2000)
    assert described(data, 'new, "odd"\n') == ("x|y", -1)
    assert data.catalogue["ITEMS.YEAR.numbers"].tolist().count(2020) == 1


def test_items_and_users_put_by_themselves_need_no_import(world):
    fill(world)
    world.dataset("ITEMS", ITEMS)
    world.dataset("USERS", [a_field("USER_ID", "string"), a_field("AGE", ["null", "int"])])
    put(world, "ITEMS", {"i1": {"YEAR": 2020}})
    put(world, "USERS", {"u01": {"AGE": 42}, "zz": {}})

    data = load(world)

    assert described(data, "i1") == ("", 2020)
    assert (data.user_ids[-1], data.user_columns["AGE"][1]) == ("zz", 42)


def test_an_import_of_later_wins_over_an_item_put_before(world):
    items = "ITEM_ID,GENRES,YEAR,DESCRIPTION\n"
    put(world, "ITEMS", {"i1": {"YEAR": 1}, "i2": {"YEAR": 1}, "i3": {"YEAR": 1}}, recorded=NOW - 1)
    fill(world, items=f"{items}i1,full,2,\n")

    data = load(world)

    assert described(data, "i1") == ("full", 2)
    assert described(data, "i2") == ("", 1)


def test_an_incremental_import_wins_only_over_what_it_brings(world):
    items = "ITEM_ID,GENRES,YEAR,DESCRIPTION\n"
    fill(world, items=f"{items}i1,full,2,\ni2,full,2,\ni3,full,2,\n")
    dataset = f"{GROUP.replace('-group', '')}/ITEMS"
    put(world, "ITEMS", {item: {"YEAR": 3} for item in ("i1", "i2", "i3")}, recorded=NOW + 1)
    for number, row in enumerate(["i1,first,4,", "i2,second,5,"]):
        world.put("more.csv", f"{items}{row}\n")
        world.run(dataset, "s3://bucket/more.csv", mode="INCREMENTAL", name=f"more{number}", asked=NOW + 2 + number)
    put(world, "ITEMS", {"i2": {"YEAR": 6}}, recorded=NOW + 4)

    data = load(world)

    assert [described(data, item) for item in ("i1", "i2", "i3")] == [("first", 4), ("", 6), ("", 3)]


def test_an_item_put_after_the_schema_grew_has_its_new_column(world):
    fill(world, items="ITEM_ID,GENRES,YEAR,DESCRIPTION\ni1,a,1999,text\n")
    wider = a_schema("Items", [*ITEMS, a_field("PRICE", ["null", "double"])])
    dataset = f"{GROUP.replace('-group', '')}/ITEMS"
    world.deps.resources.update(world.deps.resources.get(dataset)["schemaArn"], {"schema": wider})
    put(world, "ITEMS", {"i2": {"YEAR": 1, "PRICE": 0.5}})

    data = load(world)

    prices = dict(zip(data.item_ids.tolist(), data.item_columns["PRICE"].tolist(), strict=True))
    assert prices["i2"] == 0.5
    assert np.isnan(prices["i1"])


def test_of_events_with_one_id_only_the_first_is_trained_on(world):
    fill(world)
    events = [an_event(at=5), an_event(at=6, recorded=NOW - 2), an_event(user="u01", at=7)]
    world.deps.events.put(GROUP, [{**event, "event_id": "same"} for event in events])

    assert events_of(load(world), "u00")[0] == ("i0", 6)
    assert events_of(load(world), "u01")[0] == ("i0", 1000)


PART = a_field("DAY_PART", ["null", "string"], categorical=True)


def test_events_tell_their_context_imported_and_recorded_alike(world):
    rows = [
        f"u{user:02d},i{turn % 10},{1000 + turn},{('am', '')[turn % 2]}" for user in range(30) for turn in range(40)
    ]
    world.put("data.csv", "USER_ID,ITEM_ID,TIMESTAMP,DAY_PART\n" + "\n".join(rows))
    columns = [a_field("USER_ID", "string"), a_field("ITEM_ID", "string"), a_field("TIMESTAMP", "long"), PART]
    world.run(world.dataset("INTERACTIONS", columns))
    recorded = an_event(at=7) | {"properties": {"DAY_PART": "pm"}}
    world.deps.events.put(GROUP, [recorded, an_event(at=8)])

    contexts = load(world).contexts

    assert (contexts.columns, contexts.values[0].tolist()) == (("DAY_PART",), ["am", "pm"])
    assert len(contexts.users) == 30 * 20 + 1
    assert contexts.at(0, 7) == {"DAY_PART": "pm"}
    assert contexts.at(0, 1000) == {"DAY_PART": "am"}
    assert contexts.at(0, 8) == contexts.at(0, 1001) == {}
    assert (np.diff(contexts.users) >= 0).all()


def test_without_categories_of_its_own_an_event_has_no_context(world):
    fill(world)

    assert load(world).contexts is None


def test_what_does_not_fit_into_memory_is_not_read_at_all(world):
    fill(world)
    small = replace(world.deps, config=replace(world.deps.config, memory=300))

    with pytest.raises(JobFailed, match=r"1,200 interactions needs about .* and there are 300 MB"):
        load_training_data(small, {"datasetGroupArn": GROUP}, {"INTERACTIONS": _snapshot(world)}, recorded_before=NOW)


def _snapshot(world):
    [dataset] = world.deps.resources.every("dataset")
    return dataset["_snapshot"]
