"""Metric attribution from PutEvents and imports to CloudWatch and reports: sums, sources, and each event once."""

import json
from math import fsum

import pytest

from tastemaker.pipelines.deps import Deps
from tests.unit.operations.attributed_shop import CAMPAIGN, METRICS, ROLE, UNDEFINED, Shop, quarter
from tests.unit.operations.executions import run_machine


@pytest.fixture
def shop(world, build, clients):
    return Shop(world, build, clients)


def test_events_are_counted_by_source_type_and_quarter_of_an_hour(shop):
    first = shop.world.now
    shop.answer("RID-1")
    shop.put(metricAttribution={"eventAttributionSource": "newsletter"}, recommendationId="RID-1")
    shop.put(user="u2", recommendationId="RID-1")
    shop.put("WATCH", user="u3", properties=json.dumps({"minutes": 1.5}))
    shop.put("buy", item="i1", user="u4", eventValue=2.5)
    shop.put("buy", item="i2", user="u5")
    shop.put("buy", item="unknown", user="u6")
    shop.put("read", user="u7")
    shop.world.now += 900
    shop.put(user="u8")

    assert shop.look() == [shop.arn]

    assert shop.published() == {
        ("watches", "newsletter", quarter(first)): (1, 1.0),
        ("watches", CAMPAIGN, quarter(first)): (1, 1.0),
        ("watches", UNDEFINED, quarter(first)): (1, 1.0),
        ("watches", UNDEFINED, quarter(first) + 900): (1, 1.0),
        ("minutes", UNDEFINED, quarter(first)): (1, 1.5),
        ("revenue", UNDEFINED, quarter(first)): (2, fsum([9.99, 0.1])),
        ("value", UNDEFINED, quarter(first)): (1, 2.5),
    }


def test_an_answer_of_another_group_or_of_none_is_no_source(shop):
    shop.answer("RID-other", group="arn:aws:personalize:us-east-1:123456789012:dataset-group/other")
    shop.put(user="u1", recommendationId="RID-other")
    shop.put(user="u2", recommendationId="RID-none")
    shop.look()

    assert shop.by_source("watches") == {UNDEFINED: 2.0}


def test_nothing_is_counted_twice_however_often_it_is_looked(shop):
    shop.put()
    shop.look()
    before = shop.published()

    assert shop.look() == []
    assert shop.look() == []
    assert shop.published() == before
    assert before != {}


def test_a_repeated_event_counts_once_also_in_a_later_look_and_with_another_clock(shop):
    shop.put(eventId="one")
    shop.put(eventId="one")
    shop.put(eventId="one", at=shop.world.now - 30)
    shop.look()
    shop.put(eventId="one", at=shop.world.now)
    shop.put(eventId="one", user="somebody else")
    shop.put(eventId="two")
    shop.look()

    assert shop.by_source("watches") == {UNDEFINED: 2.0}


@pytest.mark.parametrize(("days", "counts"), [(2, 1.0), (13.5, 1.0), (15.5, 2.0)])
def test_an_id_is_known_for_as_long_as_cloudwatch_takes_data(shop, days, counts):
    shop.put(eventId="one")
    shop.look()
    for _ in range(int(days)):
        shop.put(eventId=f"other-{shop.world.now}", type_="buy")
        shop.look(minutes=1440)
    shop.world.later(days=days % 1)
    shop.put(eventId="one")
    shop.look()

    assert shop.by_source("watches") == {UNDEFINED: counts}
    ids = [key for _, key in shop.world.objects.objects if key.endswith(".ids")]
    assert len(ids) <= min(days + 2, 15)


@pytest.mark.parametrize("minutes", [5, 40, 200, 1400])
def test_what_the_index_shows_late_counts_once_with_all_else(shop, minutes):
    shop.put(user="before")
    shop.look()
    shop.world.later(days=1)
    shop.put(user="soon")
    shop.look()
    shop.put_late(minutes=minutes, user="late")
    shop.put_late(minutes=minutes, user="late too", metricAttribution={"eventAttributionSource": "letter"})
    shop.look()
    within_the_hour = shop.by_source("watches")
    for _ in range(24):
        shop.look(minutes=60)

    assert within_the_hour == ({UNDEFINED: 3.0, "letter": 1.0} if minutes < 60 else {UNDEFINED: 2.0})
    assert shop.by_source("watches") == {UNDEFINED: 3.0, "letter": 1.0}


def test_what_comes_late_counts_for_no_metric_that_there_was_not(shop):
    shop.put(user="soon")
    shop.look()
    added = {"eventType": "watch", "metricName": "more", "expression": "SAMPLECOUNT()"}
    shop.client.update_metric_attribution(metricAttributionArn=shop.arn, addMetrics=[added])
    shop.put_late(minutes=3, user="late")
    shop.put(user="after")
    shop.look()

    assert (shop.by_source("watches"), shop.by_source("more")) == ({UNDEFINED: 3.0}, {UNDEFINED: 1.0})


class Reads:
    """The events, and how many of them were read."""

    def __init__(self, events) -> None:
        self._events, self.count = events, 0

    def __getattr__(self, name):
        return getattr(self._events, name)

    def recorded(self, *args, **kwargs):
        for event in self._events.recorded(*args, **kwargs):
            self.count += 1
            yield event


def test_what_was_read_is_read_again_for_an_hour_and_on_two_days_and_then_no_more(shop):
    for number in range(10):
        shop.put(user=f"u{number}")
    reads, counts = Reads(shop.world.events), []
    for _ in range(4 * 96):
        shop.look(events=reads)
        counts.append(reads.count)
        reads.count = 0

    # It begins at 15:06: 35 looks until the first day's end. After a day they go into a file, and are read from that.
    assert counts[:7] == [10, 10, 10, 10, 0, 0, 0]
    assert {place: count for place, count in enumerate(counts) if count and place > 4} == {35: 10, 96: 10}
    assert shop.by_source("watches") == {UNDEFINED: 10.0}


def test_late_events_are_of_their_own_quarter_and_those_of_a_fortnight_are_left_out(shop):
    now = shop.world.now
    shop.put(user="u1", at=now)
    shop.look()
    shop.put(user="u2", at=now)
    shop.put(user="u3", at=now - 13 * 86_400)
    shop.put(user="u4", at=now - 15 * 86_400)
    shop.put(user="u5", at=now + 86_400)
    recorded = shop.world.now
    shop.look()

    assert shop.published() == {
        ("watches", UNDEFINED, quarter(now)): (2, 2.0),
        ("watches", UNDEFINED, quarter(now - 13 * 86_400)): (1, 1.0),
        # No event is later than it was recorded.
        ("watches", UNDEFINED, quarter(recorded)): (1, 1.0),
    }


def test_what_was_recorded_before_the_attribution_or_a_metric_of_it_does_not_count(shop):
    shop.client.delete_metric_attribution(metricAttributionArn=shop.arn)
    shop.world.run()
    shop.put(user="early")
    shop.arn = shop.attribute(METRICS[:1])
    shop.put(user="u1")
    added = {"eventType": "watch", "metricName": "more", "expression": "SAMPLECOUNT()"}
    shop.client.update_metric_attribution(metricAttributionArn=shop.arn, addMetrics=[added])
    shop.put(user="u2")
    shop.look()

    assert (shop.by_source("watches"), shop.by_source("more")) == ({UNDEFINED: 2.0}, {UNDEFINED: 1.0})


def test_a_removed_metric_is_published_no_more(shop):
    shop.client.update_metric_attribution(metricAttributionArn=shop.arn, removeMetrics=["minutes", "revenue", "value"])
    shop.put(properties='{"minutes": 3}')
    shop.look()

    assert {name for name, _, _ in shop.published()} == {"watches"}


def test_sources_beyond_the_quota_count_as_undefined(shop):
    shop.world.allow(sources_per_attribution=2)
    for number, name in enumerate(["a", "b", "b", "c", "c", "c"]):
        shop.put(user=f"u{number}", metricAttribution={"eventAttributionSource": name})
    shop.look()
    for number, name in enumerate("abcd"):
        shop.put(user=f"v{number}", metricAttribution={"eventAttributionSource": name})
    shop.look()

    assert shop.by_source("watches") == {"c": 4.0, "b": 3.0, UNDEFINED: 3.0}


def test_a_role_that_may_no_longer_write_is_told_of_and_nothing_is_lost(shop, monkeypatch):
    def refuse(*_):
        raise PermissionError

    shop.put()
    with monkeypatch.context() as patch:
        patch.setattr(shop.world.metrics, "put", refuse)
        shop.look()
    told = shop.described()
    shop.put(user="u2")
    shop.look()

    assert (told["status"], told["failureReason"]) == (
        "ACTIVE",
        f"Insufficient privileges: {ROLE} must allow cloudwatch:PutMetricData.",
    )
    assert "failureReason" not in shop.described()
    assert shop.by_source("watches") == {UNDEFINED: 2.0}


def test_an_import_writes_a_report_of_all_its_events_and_cloudwatch_gets_none(shop):
    shop.answer("RID-1")
    now = int(shop.world.now)
    rows = [
        "u1,i1,1600000000,watch,,2.5,,",
        "u2,i1,1600000001,Watch,,0.1,,",
        "u3,i1,1600000900,watch,,,,partner",
        f"u4,i2,{now},buy,7.25,,RID-1,",
        "u5,i2,1600000001,read,,,,",
    ]

    job = shop.import_events(rows, mode="FULL", publishAttributionMetricsToS3=True)
    shop.look()

    [(name, report)] = shop.reports().items()
    assert (job["status"], job["publishAttributionMetricsToS3"]) == ("ACTIVE", True)
    assert name.startswith("shop/AggregatedAttributionMetrics - FULL - 2025-06-15T15-06-")
    assert report == [
        ["METRIC_NAME", "EVENT_TYPE", "VALUE", "MATH_FUNCTION", "EVENT_ATTRIBUTION_SOURCE", "TIMESTAMP"],
        ["minutes", "watch", "2.6", "sum", UNDEFINED, "1599999300"],
        ["revenue", "buy", "0.1", "sum", CAMPAIGN, str(quarter(now))],
        ["value", "buy", "7.25", "sum", CAMPAIGN, str(quarter(now))],
        ["watches", "Watch", "1.0", "samplecount", "partner", "1600000200"],
        ["watches", "Watch", "2.0", "samplecount", UNDEFINED, "1599999300"],
    ]
    assert shop.published() == {}


def test_an_incremental_import_goes_to_cloudwatch_by_itself_and_each_row_once(shop):
    now = int(shop.world.now)
    old, new, third = (f"u{n},i1,{now - n},watch,,1,,partner" for n in range(3))
    shop.import_events([old], mode="FULL")
    shop.import_events([old, new])
    shop.import_events([old, new, third, "u9,i1,1600000000,watch,,1,,partner"])

    shop.look()
    shop.look()

    assert shop.by_source("watches") == {"partner": 2.0}
    assert shop.by_source("minutes") == {"partner": 2.0}
    assert shop.reports() == {}
    assert not [key for _, key in shop.world.objects.objects if key.startswith("attributions/measured/imports")]


def test_an_import_before_the_attribution_does_not_count(shop):
    shop.client.delete_metric_attribution(metricAttributionArn=shop.arn)
    shop.world.run()
    now = int(shop.world.now)
    shop.import_events([f"u1,i1,{now},watch,,1,,"], mode="FULL")
    shop.import_events([f"u2,i1,{now},watch,,1,,"])
    shop.arn = shop.attribute(METRICS)
    shop.import_events([f"u3,i1,{now},watch,,1,,"])
    shop.look()

    assert shop.by_source("watches") == {UNDEFINED: 1.0}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"metricsOutputConfig": {"roleArn": ROLE}}, "to have a place in S3, metricsOutputConfig.s3DataDestination"),
        (None, "publishAttributionMetricsToS3 needs a metric attribution in the dataset group."),
    ],
    ids=["no place", "no attribution"],
)
def test_a_report_needs_an_attribution_with_a_place_for_it(shop, change, problem):
    if change:
        shop.client.update_metric_attribution(metricAttributionArn=shop.arn, **change)
    else:
        shop.client.delete_metric_attribution(metricAttributionArn=shop.arn)
        shop.world.run()

    with pytest.raises(shop.client.exceptions.InvalidInputException) as error:
        shop.import_events(["u1,i1,1,watch,,1,,"], mode="FULL", publishAttributionMetricsToS3=True)
    assert problem in str(error.value)


def test_a_report_that_cannot_be_written_fails_the_job_before_the_dataset_changes(shop, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(shop.world.objects, "upload_stream", refuse)
    job = shop.import_events(["u1,i1,1,watch,,1,,"], mode="FULL", publishAttributionMetricsToS3=True)

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"].startswith("Insufficient privileges for writing to s3://reports/shop/: ")
    assert "_snapshot" not in shop.world.resources.get(shop.dataset)


def test_an_attribution_leaves_nothing_when_it_is_deleted(shop):
    shop.put()
    shop.look()
    shop.client.delete_metric_attribution(metricAttributionArn=shop.arn)
    shop.world.run()

    assert not [key for _, key in shop.world.objects.objects if key.startswith("attributions/")]
    assert shop.look() == []


class Killed(BaseException):
    """The process is gone."""


class Deadly:
    """A store whose calls kill the process: the first `lives` calls of all such stores live."""

    def __init__(self, store, lives, *, after) -> None:
        self._store, self._lives, self._after = store, lives, after

    def __getattr__(self, name):
        member = getattr(self._store, name)
        if not callable(member):
            return member

        def call(*args, **kwargs):
            self._lives[0] -= 1
            if self._lives[0] < 0 and not self._after:
                raise Killed
            reply = member(*args, **kwargs)
            if self._lives[0] < 0:
                raise Killed
            return self if name == "for_role" else reply

        return call


def kill(shop, lives, *, after) -> bool:
    """Look, and be killed at a call before or after it has its effect; return whether the look lived."""
    count = [lives]
    parts = shop.world.parts
    deadly = {name: Deadly(parts[name], count, after=after) for name in ("resources", "objects", "metrics", "events")}
    try:
        run_machine("schedule", {"day": 86_400}, Deps(**{**parts, **deadly}))
    except Killed:
        return False
    return True


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_and_looked_again_each_event_counts_once(shop, after, monkeypatch):
    monkeypatch.setattr("tastemaker.pipelines.attribution.publishing._CHUNK", 3)
    now, lives, lived = int(shop.world.now), 0, False
    shop.import_events([f"u0,i1,{now},watch,,1,,partner"], mode="FULL")
    rounds = 0
    while not lived:
        rounds += 1
        for source in ("a", "b"):
            members = {"metricAttribution": {"eventAttributionSource": source}, "properties": '{"minutes": 0.5}'}
            shop.put(user=f"{source}{rounds}", eventId=f"{source}{rounds}", **members)
        shop.put(user="again", eventId=f"a{rounds}")
        if rounds % 7 == 1:
            shop.import_events([f"u{rounds},i1,{int(shop.world.now)},watch,,0.5,,partner"])
        shop.world.now += 900
        lived = kill(shop, lives, after=after)
        lives += 1
        shop.world.now += 60
    shop.look()
    shop.look()

    imports = (rounds + 6) // 7
    assert rounds > 30
    assert shop.by_source("watches") == {"a": rounds, "b": rounds, "partner": imports}
    assert shop.by_source("minutes") == {"a": rounds / 2, "b": rounds / 2, "partner": imports / 2}
    assert by_source(shop.figures("watches")) == shop.by_source("watches")
    assert by_source(shop.figures("minutes")) == shop.by_source("minutes")
    assert len(shop.stored_figures()) == 1


def by_source(figures) -> dict:
    return {
        source: sum(total for (_, of, _), (_, total) in figures.items() if of == source) for _, source, _ in figures
    }


def test_two_looks_at_once_publish_once(shop):
    shop.put()
    shop.world.now += 900
    deps = Deps(**shop.world.parts)
    shop.world.meanwhile(lambda: run_machine("schedule", {"day": 86_400}, deps))
    shop.look(minutes=0)
    shop.look()

    assert shop.by_source("watches") == {UNDEFINED: 1.0}
    assert by_source(shop.figures("watches")) == {UNDEFINED: 1.0}
    assert len(shop.stored_figures()) == 1


def test_prices_count_from_the_import_of_the_items_on(world, build, clients):
    shop = Shop(world, build, clients, items=False)
    shop.put("watch")
    shop.put("buy")
    assert shop.look() == [shop.arn]
    assert shop.by_source("watches") == {UNDEFINED: 1.0}
    assert shop.by_source("revenue") == {}

    shop.import_items()
    shop.put("buy")
    shop.look()

    assert shop.by_source("revenue") == {UNDEFINED: 9.99}
