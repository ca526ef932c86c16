"""The console's screen of impact in Chromium: figures of events that were sent, and weights judged by their answers."""

import json
import os
import re

import pytest

from tests.e2e import browser
from tests.e2e.consoles import ROLE, PricedShop, operation_of, problems_of
from tests.e2e.npm import NEEDS_NODE, node
from tests.processes import running

pytestmark = [pytest.mark.e2e, NEEDS_NODE, pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium")]


@pytest.fixture(scope="module")
def seen(packages):
    """Walk through the screen; return what was seen."""
    with running() as service:
        PricedShop(service)
        arguments = ("impact.mjs", service.url, browser.CHROMIUM, ROLE, os.environ.get("SCREENSHOTS", ""))
        walk = node(*arguments, folder=packages, patience=600)
        assert walk.returncode == 0, walk.stdout + walk.stderr
        yield json.loads(walk.stdout)


def test_a_form_knows_what_can_be_added_up_and_shows_its_code(seen):
    assert seen["options"] == ["count them", "add up Items.PRICE"]
    for words in ("create_metric_attribution(", '"SUM(Items.PRICE)"', ROLE, '"s3://results/impact/"', "describe_"):
        assert words in seen["code"]


def test_what_was_sent_is_there_by_source(seen):
    sent, total = seen["sent"], sum(seen["sent"].values())
    kinds = {"explorer": "campaign", "undefined": "nobody's merit"}

    head, *rows = seen["rows"]
    assert head == ["Source", "Events", "Share"]
    assert rows == [
        [f"{name} {kinds.get(name, 'a source of your own')}", f"{count:,}", _share(count, total)]
        for name, count in sorted(sent.items(), key=lambda each: -each[1])
    ]
    told = f"Recommendations brought {sent['explorer']:,} of {total:,}: {_share(sent['explorer'], total)}."
    assert seen["verdict"] == told
    assert seen["days"] > 13 * 2
    # Each of the newsletter's books costs 4.5.
    [worth] = [row[1:] for row in seen["worth"] if row[0].startswith("newsletter")]
    assert (worth[0], worth[1], worth[3]) == (f"{sent['newsletter']}", f"{sent['newsletter'] * 4.5:,.2f}", "4.50")
    assert "metric=worth" in seen["link"]
    assert "days=14" in seen["link"]


def _share(part, whole):
    return f"{100 * part / whole:.1f} %"


def test_other_weights_are_judged_by_the_log(seen):
    facts, rows = seen["judged"]["facts"], seen["judged"]["rows"]
    assert "Answers that could explore150" in facts
    assert re.search(r"Items shown1,500, [45]\d\.\d % explored", facts)
    assert rows[0] == ["Weight", "IPS", "SNIPS", "DR", "DR less as it was"]
    assert [row[0] for row in rows[1:]] == ["0", "0.1", "0.3", "0.5", "1"]
    assert all(re.fullmatch(r"-?\d+\.\d \(-?\d+\.\d to -?\d+\.\d\)", cell) for row in rows[1:] for cell in row[1:])
    assert rows[-1][-1] == "0.0 (0.0 to 0.0)"
    # The young books are read more often than the others, so that exploring less would have earned less.
    assert re.match("Weights 0, .* would have earned less", seen["judged"]["verdict"])
    assert seen["command"] == "tastemaker off-policy explorer"


def test_metrics_are_changed_and_failures_say_what_to_do(seen):
    assert seen["metrics"][1:] == [["reads", "read", "SAMPLECOUNT()"], ["seen", "read", "SAMPLECOUNT()"]]
    assert seen["failures"]["form"].startswith("AccessDeniedException")
    assert seen["failures"]["screen"].startswith("Unreachable")
    assert "Is `tastemaker local` still running? Start it again" in seen["failures"]["screen"]


def test_it_can_be_read_by_everybody(seen):
    assert seen["errors"] == seen["violations"] == []
    assert seen["axe"] == []
    assert seen["sideways"] == []
    assert seen["inspected"] == 4


def test_every_request_is_as_the_service_models_have_it(seen):
    asked = {operation_of(request) for request in seen["requests"]}

    assert {"CreateMetricAttribution", "UpdateMetricAttribution", "DeleteMetricAttribution"} <= asked
    assert {"GetAttributionFigures", "ListMetricAttributionMetrics", "GetLoggedAnswers", "UpdateCampaign"} <= asked
    assert problems_of(seen["requests"]) == []
