"""The bill of a month, of a deployment that is made up."""

from dataclasses import fields, replace

import pytest

from tastemaker.domain.training import quotes
from tastemaker.recipes import registry
from tastemaker_local.costs import bills, prices
from tastemaker_local.costs.bills import Line, Volume
from tastemaker_local.costs.deployments import Deployment, Function

RECIPE = registry.get("aws-user-personalization-v2")
BUSY = Volume(
    events=1_000_000,
    answers=3_000_000,
    trainings=4,
    interactions=5_000_000,
    items=20_000,
    users=100_000,
)
NAMES = [field.name for field in fields(Volume)]


@pytest.fixture
def deployment():
    small = Function(memory=512, disk=512)
    return Deployment(
        alarm_metrics=15,
        dashboards=1,
        looks=2920,
        look_steps=2,
        functions={
            "events": small,
            "runtime": Function(memory=1769, disk=4096),
            "tasks": Function(memory=3008, disk=10240),
        },
        steps={"import": 5, "training": 8, "deployment": 4},
        copies={"events": 3, "answers": 3},
        answer_days=7,
        event_days=30,
        traced=True,
    )


def dollars_by_price(lines):
    """What each price comes to, rounded to cents of a cent."""
    found = {}
    for line in lines:
        found[line.price] = found.get(line.price, 0) + line.dollars
    return {price: round(dollars, 4) for price, dollars in found.items()}


def test_an_idle_deployment_costs_its_alarms_its_dashboard_and_its_looks(deployment):
    lines = bills.of_deployment(deployment, Volume(), RECIPE)

    assert dollars_by_price(lines) == {
        prices.DASHBOARD: 3.0,
        prices.ALARM: 1.5,
        prices.TRANSITION: 0.146,
        prices.INVOCATION: 0.0012,
        prices.COMPUTE: 0.2287,
        prices.DISK: 0.0017,
        prices.LOG: 0.0031,
        prices.TRACE: 0.0146,
    }


def test_what_is_free_for_ever_is_free_once(deployment):
    alarms, more = Line(prices.ALARM, "alarms", 8), Line(prices.ALARM, "others", 7)

    assert bills.total([alarms, more]) == pytest.approx(1.5)
    assert bills.beyond_free([alarms, more]) == pytest.approx(0.5)
    assert bills.beyond_free([alarms]) == 0
    assert bills.beyond_free(bills.of_deployment(deployment, Volume(), RECIPE)) == pytest.approx(0.5477, abs=1e-4)


def test_requests_are_paid_by_what_they_touch(deployment):
    ours = dollars_by_price(bills.of_deployment(deployment, Volume(events=1_000_000), RECIPE))

    assert ours[prices.REQUEST] == 3.5
    assert ours[prices.WRITE] == 2 * 1.875  # into the table, and out of it
    assert ours[prices.READ] == 0.2706  # as it comes, and twice 82,500 units to move it
    assert ours[prices.TABLE] == 0.5622  # for 30 days


def test_a_deployment_that_keeps_no_answers_writes_none(deployment):
    keeping = dollars_by_price(bills.of_deployment(deployment, Volume(answers=1_000_000), RECIPE))
    forgetting = dollars_by_price(
        bills.of_deployment(replace(deployment, answer_days=0), Volume(answers=1_000_000), RECIPE)
    )

    assert keeping[prices.WRITE] == 1.875
    assert not {prices.WRITE, prices.TABLE} & forgetting.keys()


def test_of_many_requests_one_a_second_and_a_twentieth_of_the_others_are_traced(deployment):
    seconds = 730 * 3600
    volume = Volume(answers=seconds + 2000)

    [traced] = [
        line
        for line in bills.of_deployment(deployment, volume, RECIPE)
        if line.what == "events and answers" and (line.price == prices.TRACE)
    ]
    untraced = bills.of_deployment(replace(deployment, traced=False), volume, RECIPE)

    assert traced.quantity == seconds + 100
    assert prices.TRACE not in dollars_by_price(untraced)


def test_a_training_costs_what_its_quote_says(deployment):
    need = bills.need(RECIPE, BUSY)
    lines = bills.of_deployment(deployment, BUSY, RECIPE)

    [training] = [line for line in lines if (line.what, line.price) == ("trainings", prices.COMPUTE)]

    assert training.dollars == pytest.approx(4 * quotes.cost(need.seconds, 3008), rel=1e-6)


def test_a_training_that_needs_more_memory_pays_for_it(deployment):
    crowded = Volume(trainings=1, interactions=40_000_000, items=20_000, users=400_000)
    need = bills.need(RECIPE, crowded)
    lines = bills.of_deployment(deployment, crowded, RECIPE)

    [training] = [line for line in lines if (line.what, line.price) == ("trainings", prices.COMPUTE)]

    assert training.quantity > need.seconds * 3008 / 1024


@pytest.mark.parametrize(
    ("volume", "names"),
    [(Volume(), NAMES), (replace(BUSY, trainings=0), NAMES), (BUSY, [*NAMES[:4], "campaigns"])],
)
def test_no_bill_falls_with_more_of_anything(deployment, volume, names):
    for name in names:
        more = replace(volume, **{name: 2 * getattr(volume, name) + 1000})

        for bill in (lambda each: bills.of_deployment(deployment, each, RECIPE), bills.of_amazon):
            assert bills.total(bill(more)) >= bills.total(bill(volume)), name
            assert bills.beyond_free(bill(more)) >= bills.beyond_free(bill(volume)), name


@pytest.mark.parametrize("name", ["items", "users"])
def test_more_items_or_users_are_cheaper_only_to_learn_from(deployment, name):
    """The same interactions are sparser among more of them, and what follows what is counted sooner."""
    more = replace(BUSY, **{name: 2 * getattr(BUSY, name) + 1000})

    first, second = (
        bills.total(line for line in bills.of_deployment(deployment, volume, RECIPE) if line.what != "trainings")
        for volume in (BUSY, more)
    )

    assert second > first


def test_amazon_charges_for_data_trainings_and_at_least_one_request_a_second():
    idle, none, busy = (dollars_by_price(bills.of_amazon(each)) for each in (Volume(), Volume(campaigns=0), BUSY))

    assert idle == {prices.RECOMMENDATION: 394.2}
    assert none == {}
    assert busy == {prices.INGESTION: 0.0139, prices.TRAINING: 48.0, prices.RECOMMENDATION: 450.0}


def test_every_price_says_where_it_stands_and_since_when():
    table = [each for each in vars(prices).values() if isinstance(each, prices.Price)]

    assert len(table) == 17
    assert [each for each in table if not (each.dollars > 0 and each.page.endswith("Pricing") and each.dated)] == []


def test_events_pay_for_their_way_into_files_and_out_of_the_table(deployment):
    volume = Volume(events=1_000_000)
    leaving, staying = (
        dollars_by_price(bills.of_deployment(replace(deployment, event_days=days), volume, RECIPE)) for days in (30, 0)
    )

    # Three write units an event to forget it, and one more reading of it before.
    assert leaving[prices.WRITE] == pytest.approx(2 * staying[prices.WRITE], rel=1e-3)
    assert leaving[prices.READ] > staying[prices.READ]


def test_events_that_stay_longer_take_more_of_the_table(deployment):
    volume = Volume(events=1_000_000)
    month, year = (
        dollars_by_price(bills.of_deployment(replace(deployment, event_days=days), volume, RECIPE))[prices.TABLE]
        for days in (30, 365)
    )

    assert year > 10 * month
