"""GetAttributionFigures: what each source brought by day, of what was published in windows."""

import datetime as dt

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.attributed_shop import CAMPAIGN, UNDEFINED, Shop
from tests.unit.operations.errors import code

DAY = 86_400


@pytest.fixture
def shop(world, build, clients):
    return Shop(world, build, clients)


def day_of(moment) -> int:
    return int(moment) // DAY * DAY


def answers(shop, **members) -> dict:
    reply = shop.client.get_attribution_figures(metricAttributionArn=shop.arn, **members)
    del reply["ResponseMetadata"]
    return reply


def test_before_anything_was_counted_there_are_no_figures(shop):
    created = shop.described()["creationDateTime"]

    assert answers(shop) == {"metricAttributionArn": shop.arn, "countedUntil": created, "figures": []}


def test_what_each_source_brought_adds_up_by_day_in_the_order_of_time(shop):
    first = shop.world.now
    shop.answer("RID-1")
    shop.put(user="u1", recommendationId="RID-1")
    shop.put("buy", item="i1", user="u2", metricAttribution={"eventAttributionSource": "newsletter"})
    shop.look()
    shop.put(user="u3", recommendationId="RID-1")
    shop.look()
    shop.world.now += DAY
    shop.put("buy", item="i2", user="u4", metricAttribution={"eventAttributionSource": "newsletter"})
    shop.put(user="u5")
    shop.look()

    found = shop.figures()

    assert found == {
        ("revenue", "newsletter", day_of(first)): (1, 9.99),
        ("watches", CAMPAIGN, day_of(first)): (2, 2.0),
        ("revenue", "newsletter", day_of(first + DAY)): (1, 0.1),
        ("watches", UNDEFINED, day_of(first + DAY)): (1, 1.0),
    }
    assert [*found] == sorted(found, key=lambda key: (key[2], key[0], key[1]))


def test_figures_of_a_metric_and_since_a_day_come_in_pages(shop):
    for number in range(3):
        for source in ("a", "b"):
            shop.put(user=f"{number}{source}", metricAttribution={"eventAttributionSource": source})
        shop.put("buy", user=f"{number}c")
        shop.look()
        shop.world.now += DAY
    since = dt.datetime.fromtimestamp(day_of(shop.world.now) - 2 * DAY, dt.UTC)

    whole, pages, token = shop.figures("watches", since=since), [], {}
    while not pages or token:
        page = answers(shop, metricName="watches", since=since, maxResults=3, **token)
        pages.append([(each["eventAttributionSource"], each["day"]) for each in page["figures"]])
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}

    assert len(whole) == 4
    assert [len(page) for page in pages] == [3, 1]
    assert [source for page in pages for source, _ in page] == ["a", "b", "a", "b"]


def test_imports_count_as_they_are_published(shop):
    now = int(shop.world.now)
    shop.import_events([f"u4,i1,{now},watch,,,,partner"], mode="FULL")
    rows = [f"u1,i1,{now - 3 * DAY},watch,,,,partner", f"u2,i1,{now - 20 * DAY},watch,,,,partner"]
    shop.import_events([*rows, f"u3,i1,{now},watch,,,,partner"])
    shop.look()

    assert shop.figures("watches") == {
        ("watches", "partner", day_of(now - 3 * DAY)): (1, 1.0),
        ("watches", "partner", day_of(now)): (1, 1.0),
    }


def test_days_of_more_than_a_quarter_of_a_year_ago_go(shop):
    shop.put()
    shop.look()
    shop.world.now += 91 * DAY
    shop.put(user="u2")
    shop.look()
    assert len(shop.figures("watches")) == 2

    shop.world.now += 2 * DAY
    shop.put(user="u3")
    shop.look()

    assert [(count, total) for count, total in shop.figures("watches").values()] == [(1, 1.0), (1, 1.0)]
    assert len(shop.stored_figures()) == 1


def test_figures_stay_when_a_metric_goes_and_go_with_the_attribution(shop):
    shop.put()
    shop.look()
    shop.client.update_metric_attribution(metricAttributionArn=shop.arn, removeMetrics=["watches"])
    assert [count for count, _ in shop.figures("watches").values()] == [1]

    shop.client.delete_metric_attribution(metricAttributionArn=shop.arn)
    shop.world.run()

    assert shop.stored_figures() == []


def test_figures_that_are_replaced_while_they_are_looked_for_are_found_again(shop):
    shop.put()
    shop.look()
    shop.put(user="u2")
    read, objects = shop.world.objects.read, shop.world.objects

    def replaced(bucket, key):
        objects.read = read
        shop.look()
        return read(bucket, key)

    objects.read = replaced

    assert [count for count, _ in shop.figures("watches").values()] == [2]


def test_what_is_no_attribution_and_a_token_of_another_query_are_refused(shop):
    for source in ("a", "b"):
        shop.put(user=source, metricAttribution={"eventAttributionSource": source})
    shop.look()
    token = answers(shop, maxResults=1)["nextToken"]

    for members, expected in [
        ({"metricAttributionArn": shop.group}, "InvalidInput"),
        ({"metricAttributionArn": f"{NOWHERE}metric-attribution/none"}, "ResourceNotFound"),
        ({"metricAttributionArn": shop.arn, "nextToken": token, "metricName": "watches"}, "InvalidNextToken"),
        ({"metricAttributionArn": shop.arn, "maxResults": 1001}, "InvalidInput"),
    ]:
        with pytest.raises(ClientError) as problem:
            shop.client.get_attribution_figures(**members)
        assert code(problem) == f"{expected}Exception"
