"""The memory stores and the DynamoDB stores keep the same contract."""

import math
from uuid import uuid4

import pytest
from moto import mock_aws

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.errors import ResourceAlreadyExists, ResourceInUse, ResourceNotFound
from tastemaker.store.dynamo_answers import DynamoAnswers
from tastemaker.store.dynamo_events import DynamoEvents
from tastemaker.store.dynamo_records import DynamoRecords
from tastemaker.store.dynamo_resources import DynamoResources
from tastemaker.store.memory import MemoryAnswers, MemoryEvents, MemoryRecords, MemoryResources
from tastemaker.store.schema import ANSWER_SHARDS, ANSWERS, EVENTS, RECORDS, RESOURCES, Table

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g"


@pytest.fixture
def dynamodb(session):
    with mock_aws():
        yield session.client("dynamodb")


def make_table(client, table: Table) -> str:
    names = {name for keys in (table, *table.indexes) for name in (keys.hash, keys.range) if name}
    # A name of its own: where a local service runs in this process, moto has the deployed tables already.
    name = f"{table.name}-{uuid4()}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in sorted(names)],
        KeySchema=key_schema(table),
        **indexes_of(table),
    )
    return name


def indexes_of(table: Table) -> dict:
    members = {True: "LocalSecondaryIndexes", False: "GlobalSecondaryIndexes"}
    return {
        members[local]: [
            {
                "IndexName": i.name,
                "KeySchema": key_schema(i),
                "Projection": {"ProjectionType": "KEYS_ONLY" if i.keys_only else "ALL"},
            }
            for i in table.indexes
            if i.local is local
        ]
        for local in {i.local for i in table.indexes}
    }


def key_schema(keys):
    pairs = [(keys.hash, "HASH"), (keys.range, "RANGE")]
    return [{"AttributeName": name, "KeyType": type_} for name, type_ in pairs if name]


@pytest.fixture(params=["memory", "dynamo"])
def resources(request, dynamodb):
    return (
        MemoryResources() if request.param == "memory" else DynamoResources(dynamodb, make_table(dynamodb, RESOURCES))
    )


@pytest.fixture(params=["memory", "dynamo"])
def events(request, dynamodb):
    return MemoryEvents() if request.param == "memory" else DynamoEvents(dynamodb, make_table(dynamodb, EVENTS))


@pytest.fixture(params=["memory", "dynamo"])
def records(request, dynamodb):
    return MemoryRecords() if request.param == "memory" else DynamoRecords(dynamodb, make_table(dynamodb, RECORDS))


@pytest.fixture(params=["memory", "dynamo"])
def answers(request, dynamodb):
    if request.param == "memory":
        return MemoryAnswers()
    return DynamoAnswers(dynamodb, make_table(dynamodb, ANSWERS), hasty=lambda: dynamodb)


def record(name: str, *, kind: str = "campaign", parent: str | None = None, created: float = 1.0, **members):
    arn = f"arn:aws:personalize:us-east-1:123456789012:{kind}/{name}"
    own = {"_arn": arn, "_kind": kind, "_parent": parent, "_created": f"{created:017.6f}#{arn}"}
    return {"name": name, "status": "ACTIVE", **members, **own}


def test_a_created_record_is_found_as_it_was(resources):
    resources.create(record("a", weights=[0.5, None]))

    assert resources.get(record("a")["_arn"]) == record("a", weights=[0.5, None])


def test_a_second_record_of_the_same_arn_is_refused(resources):
    resources.create(record("a", note="first"))

    with pytest.raises(ResourceAlreadyExists, match=r"campaign/a already exists"):
        resources.create(record("a", note="second"))

    assert resources.get(record("a")["_arn"])["note"] == "first"


def test_an_unknown_arn_is_not_found(resources):
    with pytest.raises(ResourceNotFound, match="campaign/a does not exist"):
        resources.get(record("a")["_arn"])
    assert resources.find(record("a")["_arn"]) is None


def test_pages_follow_the_order_of_creation_and_end(resources):
    for number, name in enumerate("dbcae"):
        resources.create(record(name, created=float(number)))
    resources.create(record("other", kind="filter"))

    first, after = resources.page("campaign", limit=2)
    second, after = resources.page("campaign", limit=2, after=after)
    third, end = resources.page("campaign", limit=2, after=after)

    assert [r["name"] for r in first + second + third] == list("dbcae")
    assert end is None


def test_pages_go_backwards_from_the_newest(resources):
    for number, name in enumerate("abc"):
        resources.create(record(name, created=float(number)))

    newest, _ = resources.page("campaign", limit=1, newest_first=True)

    assert [r["name"] for r in newest] == ["c"]


def test_children_are_listed_by_their_parent(resources):
    resources.create(record("a", parent="arn:x"))
    resources.create(record("b", parent="arn:y"))

    assert [r["name"] for r in resources.every("campaign", parent="arn:y")] == ["b"]
    assert [r["name"] for r in resources.every("campaign")] == ["a", "b"]


def test_an_update_sets_and_drops_members(resources):
    resources.create(record("a", old=1))

    updated = resources.update(record("a")["_arn"], {"status": "CREATE FAILED"}, when=["ACTIVE"], drop=["old"])

    assert updated == record("a", status="CREATE FAILED") == resources.get(record("a")["_arn"])


def test_an_update_from_another_status_is_refused(resources):
    resources.create(record("a"))

    with pytest.raises(ResourceInUse, match="in status ACTIVE"):
        resources.update(record("a")["_arn"], {"status": "X"}, when=["CREATE PENDING"])


def test_an_update_of_nothing_is_not_found(resources):
    with pytest.raises(ResourceNotFound):
        resources.update(record("a")["_arn"], {})


def test_an_update_may_be_worked_out_from_the_record_as_it_is(resources):
    resources.create(record("a", count=1))

    resources.update(
        record("a")["_arn"], lambda now: {"count": now["count"] + 1}, when=["ACTIVE"], drop=["never-there"]
    )

    assert resources.get(record("a")["_arn"]) == record("a", count=2)


def test_an_update_that_refuses_changes_nothing(resources):
    resources.create(record("a"))

    def refuse(now):
        raise ResourceInUse(now["name"])

    with pytest.raises(ResourceInUse, match="a"):
        resources.update(record("a")["_arn"], refuse)

    assert resources.get(record("a")["_arn"]) == record("a")


def test_an_update_that_was_overtaken_sees_the_newer_record(dynamodb):
    resources = DynamoResources(dynamodb, make_table(dynamodb, RESOURCES))
    resources.create(record("a", members=[]))
    arn, seen = record("a")["_arn"], []

    def add(now):
        if not seen:
            seen.append(now["members"])
            resources.update(arn, {"members": ["of another"]})
        return {"members": [*now["members"], "ours"]}

    resources.update(arn, add)

    assert (seen, resources.get(arn)["members"]) == ([[]], ["of another", "ours"])


def test_a_deletion_is_conditional_and_may_be_repeated(resources):
    resources.create(record("a"))

    with pytest.raises(ResourceInUse):
        resources.delete(record("a")["_arn"], when=["DELETE PENDING"])
    resources.delete(record("a")["_arn"])
    resources.delete(record("a")["_arn"])

    assert resources.find(record("a")["_arn"]) is None


def claiming(name: str, *claims: str):
    return record(name, _claims=list(claims))


def test_what_one_record_claims_no_other_gets(resources):
    resources.create(claiming("a", "name#x", "group#g"))

    with pytest.raises(ResourceAlreadyExists, match=r"campaign/a already exists"):
        resources.create(claiming("b", "name#y", "group#g"))
    resources.create(claiming("c", "name#y", "group#h"))

    assert [r["name"] for r in resources.every("campaign")] == ["a", "c"]


def test_a_record_that_exists_already_loses_nothing_to_another_attempt(resources):
    resources.create(claiming("a", "name#x"))

    with pytest.raises(ResourceAlreadyExists, match=r"campaign/a already exists"):
        resources.create(claiming("a", "name#y"))
    resources.create(claiming("b", "name#y"))

    assert resources.get(record("a")["_arn"]) == claiming("a", "name#x")


def test_a_record_that_goes_gives_back_what_it_claimed(resources):
    resources.create(claiming("a", "name#x", "group#g"))
    resources.update(record("a")["_arn"], {"status": "DELETE PENDING"})

    with pytest.raises(ResourceInUse):
        resources.delete(record("a")["_arn"], when=["ACTIVE"])
    with pytest.raises(ResourceAlreadyExists):
        resources.create(claiming("b", "name#x"))
    resources.delete(record("a")["_arn"], when=["DELETE PENDING"])
    resources.create(claiming("b", "name#x", "group#g"))

    assert [r["name"] for r in resources.every("campaign")] == ["b"]


def test_a_page_that_holds_the_last_record_is_the_last_page(resources):
    for number, name in enumerate("abcd"):
        resources.create(record(name, created=float(number)))

    _, after = resources.page("campaign", limit=2)
    second, end = resources.page("campaign", limit=2, after=after)

    assert ([r["name"] for r in second], end) == (["c", "d"], None)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_goes_on_behind_a_record_that_is_gone(resources, backwards):
    for number, name in enumerate("abcde"):
        resources.create(record(name, parent="arn:x", created=float(number)))

    first, after = resources.page("campaign", parent="arn:x", limit=2, newest_first=backwards)
    resources.delete(first[-1]["_arn"])
    rest, _ = resources.page("campaign", parent="arn:x", after=after, newest_first=backwards)

    assert [r["name"] for r in rest] == (["c", "b", "a"] if backwards else ["c", "d", "e"])


def test_a_hundred_records_are_one_query(dynamodb):
    resources = DynamoResources(dynamodb, make_table(dynamodb, RESOURCES))
    for number in range(100):
        resources.create(record(f"r{number:02}", created=float(number)))
    asked = []
    dynamodb.meta.events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name))

    found, more = resources.page("campaign", limit=100)

    assert ([r["name"] for r in found], more) == ([f"r{number:02}" for number in range(100)], None)
    assert asked == ["Query"]


def event(user: str, item: str, timestamp: int, *, id_: str = "e", recorded: float = 1.0):
    return {"user_id": user, "item_id": item, "timestamp": timestamp, "event_id": id_, "recorded": recorded}


def test_a_history_is_the_newest_events_of_one_user_oldest_first(events):
    events.put(GROUP, [event("u", "c", 30), event("u", "a", 10), event("v", "x", 20), event("u", "b", 20)])

    assert [e["item_id"] for e in events.history(GROUP, "u", limit=2)] == ["b", "c"]


def test_the_same_event_id_is_kept_once(events):
    events.put(GROUP, [event("u", "a", 10), event("u", "a", 10)])
    events.put(GROUP, [event("u", "a", 10)])

    assert len(events.history(GROUP, "u", limit=10)) == 1


@pytest.mark.parametrize("others", [0, 3])
def test_an_event_that_is_there_stays_as_it_first_came(events, others):
    events.put(GROUP, [event("u", "first", 10, recorded=1.0)])

    events.put(GROUP, [event("u", "again", 10, recorded=2.0), *(event("u", "new", 11 + n) for n in range(others))])

    first = events.history(GROUP, "u", limit=10)[0]
    assert (first["item_id"], first["recorded"]) == ("first", 1.0)
    assert len(events.history(GROUP, "u", limit=10)) == 1 + others


def test_of_equal_keys_in_one_batch_the_first_counts(events):
    events.put(GROUP, [event("u", "first", 10), event("u", "second", 10), event("u", "other", 11)])

    assert [e["item_id"] for e in events.history(GROUP, "u", limit=10)] == ["first", "other"]


def test_an_event_id_may_have_256_characters_of_four_bytes(events):
    events.put(GROUP, [event("u", item, 10, id_="😀" * 255 + item) for item in "ab"])

    assert len(events.history(GROUP, "u", limit=10)) == 2


def test_what_was_recorded_lately_is_found_however_old_it_is_and_much_there_is(events):
    events.put(GROUP, [event("u", "old", 1000 + n, id_=str(n), recorded=1.0) for n in range(30)])
    events.put(GROUP, [event("u", "late", 5, id_="x", recorded=2.0), event("u", "new", 2000, id_="y", recorded=3.0)])
    events.put(GROUP, [event("v", "other", 7, recorded=3.0)])

    assert [e["item_id"] for e in events.since(GROUP, "u", recorded_from=2.0)] == ["late", "new"]
    assert [e["item_id"] for e in events.since(GROUP, "u", recorded_from=1.0, limit=1)] == ["new"]
    assert len(events.since(GROUP, "u", recorded_from=float("-inf"))) == 32


def test_of_a_long_history_one_event_of_each_item_and_type_is_enough(events):
    kinds = [(f"i{n % 3}", "ab"[n % 2]) for n in range(30)]
    long_ago = [event("u", item, n, id_=f"e{n}") | {"event_type": type_} for n, (item, type_) in enumerate(kinds)]
    lately = [event("u", "j", 100 + n, id_=f"f{n}", recorded=2.0) | {"event_type": "c"} for n in range(500)]
    events.put(GROUP, [*long_ago, *lately])

    found = events.since(GROUP, "u", recorded_from=0.0)

    assert sorted((e["item_id"], e["event_type"]) for e in found[:-500]) == sorted(set(kinds))
    assert [e["event_id"] for e in found[-500:]] == [f"f{n}" for n in range(500)]


def test_of_two_events_with_one_id_the_first_recorded_counts(events):
    events.put(GROUP, [event("u", "second", 10, recorded=2.0), event("u", "first", 20, recorded=1.0)])

    assert [e["item_id"] for e in events.since(GROUP, "u", recorded_from=0.0)] == ["first"]


def test_events_of_a_group_come_in_the_order_of_recording(events):
    events.put(GROUP, [event("u", "late", 1, recorded=9.0), event("v", "early", 2, recorded=3.0)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1, recorded=1.0)])

    assert [e["item_id"] for e in events.recorded(GROUP, before=10.0)] == ["early", "late"]
    assert [e["item_id"] for e in events.recorded(GROUP, before=9.0)] == ["early"]


def test_events_of_a_group_may_be_read_between_two_moments_of_recording(events):
    moments = (3.0, 4.0, 4.000001, 5.0, 5.0, 5.000001)
    events.put(GROUP, [event(f"u{n}", str(n), 100 - n, recorded=moment) for n, moment in enumerate(moments)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1, recorded=4.5)])

    found = {
        bounds: sorted(e["item_id"] for e in events.recorded(GROUP, since=bounds[0], before=bounds[1]))
        for bounds in ((4.0, 5.0), (4.000001, 5.000001), (5.0, 5.0), (6.0, 9.0))
    }

    # From the first, which is among them, to the second, which is not: what ends one reading begins the next.
    assert found == {(4.0, 5.0): ["1", "2"], (4.000001, 5.000001): ["2", "3", "4"], (5.0, 5.0): [], (6.0, 9.0): []}


def test_what_was_recorded_since_a_moment_comes_in_order_from_all_shards(events):
    events.put(GROUP, [event(f"u{n % 7}", str(n), n, id_=str(n), recorded=float(200 - n)) for n in range(200)])

    found = [e["recorded"] for e in events.recorded(GROUP, since=50.0, before=150.0)]

    assert found == [float(n) for n in range(50, 150)]


def test_a_batch_of_many_events_is_kept_whole(events):
    events.put(GROUP, [event("u", str(n), n) for n in range(120)])
    events.put(GROUP, [event("u", str(n), n) for n in range(240)])

    assert len(list(events.recorded(GROUP, before=10.0))) == 240


def test_the_newest_events_of_a_group_come_newest_first_and_no_more_than_asked_for(events):
    events.put(GROUP, [event("u", str(n), 100 - n, id_=str(n), recorded=float(n)) for n in range(60)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1, recorded=70.0)])

    found = [[e["item_id"] for e in events.newest(GROUP, since=50.0, most=most)] for most in (0, 3, 10, 99)]

    assert found == [[str(59 - n) for n in range(count)] for count in (0, 3, 10, 10)]


def test_it_is_known_whether_anything_was_recorded_since_a_moment(events):
    events.put(GROUP, [event("u", "a", 90, recorded=3.0), event("v", "b", 10, recorded=5.0)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1, recorded=9.0)])

    assert [events.any_since(GROUP, moment) for moment in (0.0, 5.0, 5.1)] == [True, True, False]
    assert not events.any_since(GROUP + "3", 0.0)


@pytest.mark.parametrize(("most", "counted"), [(0, 0), (5, 5), (30, 30), (100, 30)])
def test_events_of_a_group_are_counted_up_to_a_bound(events, most, counted):
    events.put(GROUP, [event(f"u{n % 4}", str(n), n) for n in range(30)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1)])

    assert events.count(GROUP, most=most) == counted
    assert events.count(GROUP + "3", most=most) == 0


@pytest.mark.parametrize(("most", "counted"), [(0, 0), (2, 2), (3, 3), (100, 3)])
def test_records_of_a_dataset_are_counted_up_to_a_bound(records, most, counted):
    records.put("arn:d", {str(n): {"price": n} for n in range(3)})
    records.put("arn:other", {"1": {}})

    assert records.count("arn:d", most=most) == counted
    assert records.count("arn:none", most=most) == 0


def test_a_count_goes_on_where_a_page_ended(dynamodb):
    records = DynamoRecords(dynamodb, make_table(dynamodb, RECORDS))
    records.put("arn:d", {str(n): {"text": "x" * 300_000} for n in range(8)})  # a page holds a megabyte

    assert records.count("arn:d", most=100) == 8


def test_a_groups_events_can_be_forgotten(events):
    events.put(GROUP, [event("u", str(n), n) for n in range(30)])

    events.delete_group(GROUP)

    assert events.history(GROUP, "u", limit=5) == []


def test_the_newest_record_of_an_id_replaces_the_older_one(records):
    records.put("arn:d", {"1": {"price": 1}, "2": {"price": 2}})
    records.put("arn:d", {"2": {"size": 3}})

    assert list(records.every("arn:d")) == [("1", {"price": 1}), ("2", {"size": 3})]


def test_a_datasets_records_can_be_forgotten(records):
    records.put("arn:d", {"1": {}})

    records.delete_dataset("arn:d")

    assert list(records.every("arn:d")) == []


def put_at(moment: float, **cells: object) -> dict:
    return {**cells, RECORDED: moment}


def test_what_was_put_since_a_moment_is_found_newest_first_up_to_a_bound(records):
    records.put("arn:d", {"a": put_at(1.0), "b": put_at(2.5, price=1), "old": {"price": 1}})
    records.put("arn:d", {"c": put_at(4.0), "a": put_at(5.25, price=2)})
    records.put("arn:e", {"z": put_at(3.0)})

    def since(begin: float, end: float = 1e11, most: int = 10) -> list:
        return list(records.since("arn:d", recorded_from=begin, recorded_until=end, most=most).items())

    assert since(2.5) == [("a", put_at(5.25, price=2)), ("c", put_at(4.0)), ("b", put_at(2.5, price=1))]
    assert since(2.5, 4.0) == since(0.0)[1:]
    assert since(0.0, most=2) == since(0.0)[:2]
    assert since(6.0) == since(math.inf) == since(3.0, 2.0) == []


def test_a_put_is_news_of_its_dataset(records):
    before = records.news("arn:d"), records.news("arn:e")

    records.put("arn:d", {"a": put_at(1.0)})

    assert records.news("arn:d") != before[0]
    assert records.news("arn:e") == before[1]


def test_the_events_of_users_can_be_found_and_forgotten(events):
    events.put(GROUP, [event("u", str(n), n) for n in range(30)] + [event("v", "x", 1)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1)])

    found = events.traces(GROUP, ["u", "nobody"])
    events.delete(found)
    events.delete(found)

    assert len(found) == 30
    assert [e["item_id"] for e in events.recorded(GROUP, before=10.0)] == ["x"]
    assert len(events.history(GROUP + "2", "u", limit=5)) == 1


def test_what_was_done_in_a_session_before_its_user_was_known_is_the_users(events):
    before = event("s", "before", 1, id_="1") | {"session_id": "s", "anonymous": True}
    after = event("u", "after", 2, id_="2") | {"session_id": "s", "anonymous": False}
    namesake = event("s", "namesake", 3, id_="3") | {"session_id": "t", "anonymous": False}
    events.put(GROUP, [before, after, namesake])

    events.delete(events.traces(GROUP, ["u"]))

    assert [e["item_id"] for e in events.recorded(GROUP, before=10.0)] == ["namesake"]


def test_moments_of_recording_are_told_apart_to_the_microsecond(events):
    moments = (5.0000001, 5.0000004, 5.0000014)
    events.put(GROUP, [event("u", str(n), n, id_=str(n), recorded=at) for n, at in enumerate(moments)])

    found = {
        bounds: sorted(e["item_id"] for e in events.recorded(GROUP, since=bounds[0], before=bounds[1]))
        for bounds in [(5.0000004, 9.0), (5.000001, 9.0), (0.0, 5.0000004), (0.0, 5.000001)]
    }

    assert [*found.values()] == [["0", "1", "2"], ["2"], [], ["0", "1"]]
    for since, expected in [(5.0000004, {"0", "1", "2"}), (5.000001, {"2"})]:
        assert {e["item_id"] for e in events.newest(GROUP, since=since, most=9)} == expected
        assert {e["item_id"] for e in events.since(GROUP, "u", recorded_from=since)} == expected
    assert [events.any_since(GROUP, moment) for moment in (5.0000014, 5.0000016)] == [True, False]


def test_events_can_be_forgotten_as_they_are_read(events):
    events.put(GROUP, [event("u", str(n), n, id_=str(n)) for n in range(40)])
    events.put(GROUP + "2", [event("u", "elsewhere", 1)])

    for _ in range(2):
        events.drop(GROUP, [event("u", str(n), n, id_=str(n)) for n in range(39)])

    assert [e["item_id"] for e in events.recorded(GROUP, before=10.0)] == ["39"]
    assert len(events.history(GROUP + "2", "u", limit=5)) == 1


def test_the_sessions_of_users_can_be_found(events):
    at = {"session_id": "s", "anonymous": False}
    events.put(GROUP, [event("u", "a", 1, id_="1") | at, event("v", "b", 2, id_="2") | at | {"session_id": "t"}])
    events.put(GROUP, [event("w", "c", 3, id_="3") | at | {"session_id": "w"}, event("x", "d", 4, id_="4")])

    found = [events.sessions(GROUP, users) for users in (["u", "v"], ["w", "x", "nobody"], [])]

    assert found == [{"s", "t"}, set(), set()]


def test_records_can_be_looked_for_and_forgotten_by_id(records):
    records.put("arn:d", {str(n): {"price": n} for n in range(30)})
    records.put("arn:e", {"1": {}})

    found = records.found("arn:d", ["29", "1", "nobody"])
    records.delete("arn:d", [*found, "nobody"])

    assert list(found.items()) == [("29", {"price": 29}), ("1", {"price": 1})]
    assert len(list(records.every("arn:d"))) == 28
    assert len(list(records.every("arn:e"))) == 1


SOURCE = "arn:aws:personalize:us-east-1:123456789012:campaign/c"


def an_answer(id_: str, *, time: float = 1.0, **members: str) -> dict:
    own = {"group": GROUP, "user": "u", "source": SOURCE, "expires": time + 86_400, "shown": [["i", 0.25, 0.5]]}
    return {"id": id_, "time": time, **own, **members}


def test_an_answer_is_found_as_it_was_kept(answers):
    answers.keep(an_answer("a"))

    assert answers.find("a") == an_answer("a")
    assert answers.find("b") is None


def test_the_sources_of_many_answers_are_told_and_none_that_is_not_there_or_of_another_group(answers):
    others = {"other": f"{SOURCE}2", "same": SOURCE}
    for id_, source in others.items():
        answers.keep(an_answer(id_, source=source))
    answers.keep(an_answer("foreign", group=f"{GROUP}2"))
    many = [f"many-{n}" for n in range(250)]  # more than one request takes
    for id_ in many:
        answers.keep(an_answer(id_))

    found = answers.sources(GROUP, iter(["foreign", "never", *others, *many]))

    assert found == {**others, **dict.fromkeys(many, SOURCE)}
    assert answers.sources(GROUP, ()) == {}


def test_answers_of_a_source_come_in_the_order_of_time_page_by_page(answers):
    for number, id_ in enumerate("edcba"):
        answers.keep(an_answer(id_, time=10.0 + number // 2))
    answers.keep(an_answer("other", time=99.0, source=f"{SOURCE}2"))
    answers.keep(an_answer("foreign", time=10.0, group=f"{GROUP}2"))

    pages, after = [], None
    while pages == [] or after:
        found, after = answers.page(GROUP, SOURCE, since=10.0, after=after, limit=2)
        pages.append([answer["id"] for answer in found])

    assert pages == [["d", "e"], ["b", "c"], ["a"]]
    assert [a["id"] for a in answers.page(GROUP, SOURCE, since=11.5, after=None, limit=9)[0]] == ["a"]


def test_a_page_that_ends_with_the_last_answer_names_no_other(answers):
    for id_ in "abcd":
        answers.keep(an_answer(id_))

    first, after = answers.page(GROUP, SOURCE, since=0, after=None, limit=2)
    second, end = answers.page(GROUP, SOURCE, since=0, after=after, limit=2)

    assert ([a["id"] for a in first + second], end) == (["a", "b", "c", "d"], None)


def test_answers_to_users_are_forgotten_within_their_group(answers):
    for id_, members in {"a": {}, "b": {"user": "v"}, "c": {"user": "w"}, "d": {"group": f"{GROUP}2"}}.items():
        answers.keep(an_answer(id_, **members))

    answers.forget(GROUP, {"u", "v"})

    assert [id_ for id_ in "abcd" if answers.find(id_)] == ["c", "d"]
    answers.forget(GROUP)
    assert [id_ for id_ in "abcd" if answers.find(id_)] == ["d"]


def test_an_answer_that_cannot_be_logged_fails_nobody(dynamodb, caplog):
    answers = DynamoAnswers(dynamodb, "no-such-table", hasty=lambda: dynamodb)

    for id_ in "abc":
        answers.keep(an_answer(id_))

    assert "the answer a is not in the log" in caplog.text
    assert len(caplog.records) == 1  # a busy service loses hundreds in a second


def test_whoever_forgets_a_user_does_not_look_at_what_others_were_answered(dynamodb):
    answers = DynamoAnswers(dynamodb, make_table(dynamodb, ANSWERS), hasty=lambda: dynamodb)
    for place in range(40):
        answers.keep(an_answer(f"{place}", user=f"u{place % 20}"))
    read = []
    dynamodb.meta.events.register("after-call.dynamodb.Query", lambda parsed, **_: read.append(parsed["Items"]))

    answers.forget(GROUP, {"u7", "nobody"})

    assert sorted(item["id"]["S"] for items in read for item in items) == ["27", "7"]
    assert answers.find("7") is None
    assert answers.find("8")


def test_answers_of_a_busy_group_are_in_many_places(dynamodb):
    """One value of an index's key takes no more than 1,000 write units a second."""
    name = make_table(dynamodb, ANSWERS)
    answers = DynamoAnswers(dynamodb, name, hasty=lambda: dynamodb)
    for place in range(100):
        answers.keep(an_answer(f"{place}"))

    shards = {item["shard"]["S"] for item in dynamodb.scan(TableName=name)["Items"]}

    assert len(shards) == ANSWER_SHARDS
