"""Recorded events move from the table into files: each is read once, wherever it is and whenever a process dies."""

import itertools

import pytest

from tastemaker.pipelines.archive import compaction
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.deps import Deps
from tests.dying import Killed, after, dying
from tests.unit.operations.recorded_shop import DAY, Shop
from tests.unit.operations.world import CONFIG


@pytest.fixture
def shop(build, clients, world):
    return Shop(build, clients, world)


@pytest.fixture
def old(shop, world):
    """Forty days, an event on each; nobody looked meanwhile."""
    for n in range(40):
        shop.put(f"u{n % 3}", f"i{n}")
        world.later(days=1)
    return shop


def test_events_of_a_day_ago_are_in_a_file_and_read_once(shop, world):
    shop.put("u", "a", "b")
    world.later(days=2)
    shop.put("u", "c")

    shop.look()

    assert [part.rows for part in shop.archive().parts] == [2]
    assert sorted(shop.in_table()) == ["a", "b", "c"]  # an answer may still ask for them
    assert sorted(shop.everything()) == ["a", "b", "c"]


def test_nothing_moves_twice_a_day(shop, world):
    shop.put("u", "a")
    world.later(days=3)
    shop.look()
    turn = shop.state().turn
    world.later(days=0.9)

    shop.look()

    assert shop.state().turn == turn


def test_old_events_leave_the_table_and_stay_in_what_is_read(old, world):
    before = old.exported()
    old.look()
    world.later(days=0.1)
    old.look()

    assert len(old.in_table()) == pytest.approx(30, abs=1)
    assert old.everything() == [f"i{n}" for n in range(40)]
    assert old.exported() == before
    assert old.state().gone == 40 - len(old.in_table())


def test_nothing_leaves_where_the_table_is_to_keep_all(old, world):
    world.config = CONFIG.__class__(**{**_members(CONFIG), "event_days": 0})
    old.look()
    world.later(days=1.1)
    old.look()

    assert len(old.in_table()) == 40


def test_what_a_model_has_not_learned_stays_in_the_table(build, clients, world):
    group = build.stocked()
    tracking = build.tracker(group)
    build.campaign(build.version(build.solution(group)))
    clients.personalize_events.put_events(
        trackingId=tracking, sessionId="s", userId="u1", eventList=[{"eventType": "buy", "itemId": "i1", "sentAt": 5}]
    )
    world.later(days=50)
    for _ in range(3):
        compaction.compact_all(Deps(**world.parts), day=DAY, until=1e12)
        world.later(days=0.1)

    assert [each["item_id"] for each in world.events.recorded(group, before=1e12)] == ["i1"]


def test_a_model_that_is_gone_keeps_nothing_in_the_table(build, clients, world):
    group = build.stocked()
    tracking = build.tracker(group)
    version = build.version(build.solution(group))
    build.campaign(version)
    clients.personalize_events.put_events(
        trackingId=tracking, sessionId="s", userId="u1", eventList=[{"eventType": "buy", "itemId": "i1", "sentAt": 5}]
    )
    world.objects.delete(CONFIG.models_bucket, world.resources.get(version)["_artifact"]["prefix"])
    world.later(days=50)
    for _ in range(3):
        compaction.compact_all(Deps(**world.parts), day=DAY, until=1e12)
        world.later(days=0.1)

    assert not list(world.events.recorded(group, before=1e12))


def test_the_newest_come_first_from_both(old, world):
    old.look()
    world.later(days=0.1)
    old.look()
    events = AllEvents(Deps(**world.parts))

    found = [each["item_id"] for each in events.newest(old.group, since=0.0, most=38)]
    few = [each["item_id"] for each in events.newest(old.group, since=0.0, most=2)]

    assert (found, few) == ([f"i{n}" for n in range(39, 1, -1)], ["i39", "i38"])


def test_counts_and_news_know_what_left(old, clients, world):
    world.later(days=40)
    old.look()
    world.later(days=0.1)
    old.look()
    events = AllEvents(Deps(**world.parts))

    assert old.in_table() == []
    assert [events.count(old.group, most=most) for most in (10, 40, 100)] == [10, 40, 40]
    assert events.any_since(old.group, 0.0)
    assert not events.any_since(old.group, world.now - 41 * DAY)
    [insights] = clients.personalize.get_data_insights(datasetGroupArn=old.group)["datasets"]
    assert insights["individualRecords"] == {"count": 40}


def test_a_group_that_only_files_know_can_be_trained(build, clients, world):
    shop = Shop(build, clients, world)
    for n in range(60):
        for begin in (0, 10):
            shop.put(f"u{n}", *(f"i{(n + k) % 30}" for k in range(begin, begin + 10)))
    world.later(days=40)
    shop.look()
    world.later(days=0.1)
    shop.look()

    assert shop.in_table() == []
    version = shop.build.version(shop.build.solution(shop.group))
    assert world.resources.get(version)["status"] == "ACTIVE"


def test_many_events_fill_several_files(old, world, monkeypatch):
    monkeypatch.setattr(compaction, "MOST_EVENTS", 7)
    old.look()

    assert [part.rows for part in old.archive().parts] == [7, 7, 7, 7, 7, 5]
    assert old.everything() == [f"i{n}" for n in range(40)]
    middle = world.now - 20 * DAY - 60
    assert old.everything(since=middle) == [f"i{n}" for n in range(20, 40)]


def test_events_of_one_microsecond_stay_together(shop, world, monkeypatch):
    monkeypatch.setattr(compaction, "MOST_EVENTS", 1)
    moments = [world.now + n * 1e-7 for n in range(0, 40, 3)]
    event = {"user_id": "u", "session_id": "s", "anonymous": False, "event_type": "buy", "timestamp": 1}
    world.events.put(
        shop.group,
        [{**event, "item_id": f"i{n}", "event_id": f"e{n}", "recorded": at} for n, at in enumerate(moments)],
    )
    world.later(days=40)
    for _ in range(2):
        shop.look()
        assert shop.everything() == [f"i{n}" for n in range(len(moments))]
        world.later(days=0.1)

    assert shop.in_table() == []


def test_what_the_index_shows_too_late_is_filed_before_it_leaves(old, world):
    old.look()
    late = {**next(iter(world.events.recorded(old.group, before=1e12))), "event_id": "late", "item_id": "late"}
    world.events.put(old.group, [late])
    world.later(days=0.1)
    old.look()

    assert "late" not in old.in_table()
    assert sorted(old.everything()) == sorted([f"i{n}" for n in range(40)] + ["late"])
    assert old.everything()[:2] == ["i0", "late"]


def test_events_with_actions_have_files_of_their_own(build, clients, world):
    group = build.group()
    build.dataset(group)
    dataset = build.dataset(group, "ActionInteractions")
    tracking = world.resources.get(dataset)["trackingId"]
    interaction = {"actionId": "a", "eventType": "Taken", "sessionId": "s", "userId": "u", "timestamp": 5}
    clients.personalize_events.put_action_interactions(trackingId=tracking, actionInteractions=[interaction])
    world.later(days=40)
    for _ in range(4):
        compaction.compact_all(Deps(**world.parts), day=DAY, until=1e12)
        world.later(days=0.1)

    assert not list(world.events.recorded(dataset, before=1e12))
    events = AllEvents(Deps(**world.parts))
    assert [each["action_id"] for each in events.recorded(dataset, before=1e12)] == ["a"]
    assert not list(events.recorded(group, before=1e12))


def test_files_go_with_their_dataset(old, clients, world):
    old.look()
    clients.personalize.delete_event_tracker(eventTrackerArn=_tracker(clients, old.group))
    world.run()
    clients.personalize.delete_dataset(datasetArn=old.dataset)
    world.run()

    assert not [key for _, key in world.objects.objects if key.startswith("recorded/")]


def test_a_dataset_that_is_deleted_meanwhile_leaves_no_file(old, clients, world):
    clients.personalize.delete_event_tracker(eventTrackerArn=_tracker(clients, old.group))
    world.run()

    def deleted() -> None:
        clients.personalize.delete_dataset(datasetArn=old.dataset)
        world.run()

    world.meanwhile(deleted)
    old.look()

    assert world.resources.find(old.dataset) is None
    assert not [key for _, key in world.objects.objects if key.startswith("recorded/")]


def test_killed_at_every_write_each_event_is_there_once(old, world):
    """The process dies before and after every single write; the next look ends what was begun."""
    expected, rows, start = old.everything(), old.exported(), world.copy()
    for at in itertools.count():
        world.become(start)
        killed = _moved_until_killed(world, at)
        assert old.everything() == expected, at

        for _ in range(2):
            world.later(days=0.1)
            old.look()

        assert (old.everything(), old.exported()) == (expected, rows), at
        assert len(old.in_table()) == pytest.approx(30, abs=1), at
        world.later(days=1.5)  # what a dead process left of its last move goes with the next one
        old.look()
        named = {old.state().manifest, *(part.key for part in old.archive().parts)}
        assert {key for _, key in world.objects.objects if key.startswith("recorded/")} == named, at
        if not killed:
            break
    assert at >= 20


def _moved_until_killed(world, at: int) -> bool:
    parts = dying(world.parts, after(at))
    try:
        for _ in range(4):
            compaction.compact_all(Deps(**parts), day=DAY, until=1e12)
            world.later(days=0.1)
    except Killed:
        return True
    return False


def _members(config) -> dict:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


def _tracker(clients, group: str) -> str:
    return clients.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"][0]["eventTrackerArn"]
