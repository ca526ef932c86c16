"""Screens of the console in Chromium, on a shop whose models answer."""

import json
import os
import re

import pytest

from tests.e2e import browser
from tests.e2e.consoles import ROLE, Shop, operation_of, problems_of
from tests.e2e.npm import NEEDS_NODE, node
from tests.processes import running

pytestmark = [pytest.mark.e2e, NEEDS_NODE, pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium")]


@pytest.fixture(scope="module")
def seen(packages):
    """Walk through the screens; return what was seen."""
    with running() as service:
        shop = Shop(service)
        arguments = ("screens.mjs", service.url, browser.CHROMIUM, ROLE, os.environ.get("SCREENSHOTS", ""))
        walk = node(*arguments, folder=packages, patience=600)
        assert walk.returncode == 0, walk.stdout + walk.stderr
        yield json.loads(walk.stdout) | {"shop": shop}


def test_a_training_is_quoted_before_its_button(seen):
    personal, automatic = seen["quote"]["personal"], seen["quote"]["automatic"]
    assert "3,000 events, 60 users, 55 items" in personal
    assert "by this service's last trainings" in personal
    assert "It will take about" in personal
    assert _dollars(automatic) > _dollars(personal) > 0


def _dollars(quote: str) -> float:
    return float(re.search(r"\$(0\.0\d+)", quote)[1])


def test_items_are_promoted_and_a_context_is_told(seen):
    assert (seen["listed"], len(seen["promoted"])) == (10, 5)
    assert all(title.endswith("of three") for title in seen["promoted"])
    assert seen["context"]["text"] == "DEVICE=phone"
    assert all(
        words in seen["context"]["code"] for words in ('"DEVICE": "phone"', '"percentPromotedItems": 50', '"three\\""')
    )
    assert seen["context"]["after"] == ""
    assert seen["context"]["wrong"] == "Left out for want of a =: phone"


def test_events_are_seen_as_they_are_recorded_and_the_list_follows(seen):
    live = seen["live"]
    before, after = (sum(title.endswith("of two") for title in live[each]) for each in ("before", "after"))
    assert after > before
    assert live["history"] == ["Book 1 of four", "Book 4 of two"]
    assert live["everybody"] == [["newcomer", "Book 1 of four"], ["newcomer", "Book 4 of two"]]
    assert live["keyboard"] == 3
    # A column that must be there is in all code to copy: of the event to send, for Python, a shell and a page.
    sending = [code for code in live["code"] if re.search("put[_-]events|PutEvents", code)]
    assert ["DEVICE" in code for code in sending] == [True] * 4


def test_an_item_has_a_page_of_its_own(seen):
    item = seen["item"]
    assert "shelf-3-book-4" in item["facts"]
    assert "SHELFthree" in item["facts"]
    assert re.search(r"Events with it5\d in the histories that personal keeps", item["facts"])
    assert sum(title.endswith("of three") for title in item["like"][:5]) == 5
    assert item["kept"] == "shelf-3-book-4 does not pass."


def test_jobs_run_to_their_results(seen):
    batch, segments = (seen["shop"].result(key) for key in ("batch/inference.json.out", "segments/segment.json.out"))

    assert [line["input"] for line in batch] == [{"userId": "reader-00"}, {"userId": "reader-03"}]
    assert all(len(line["output"]["recommendedItems"]) == 25 for line in batch)
    [users] = [line["output"]["usersList"] for line in segments]
    assert len(set(users)) == 25
    assert all(user.startswith("reader-") for user in users)
    assert [key for key in seen["shop"].results() if key.startswith("export/") and key.endswith(".csv")]
    assert seen["wrong"] == "Line 1 is not a JSON object."
    first = seen["first"]
    assert first["batch/"][:2] == [["Line", "Answer"], ['{"userId":"reader-00"}', _shortened(batch[0])]]
    assert first["again"] == first["batch/"]
    assert first["segments/"][1] == ['{"itemId":"shelf-2-book-4"}', f"{', '.join(users[:5])}, and 20 more"]
    assert first["export/"][0] == ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "DEVICE"]
    assert len(first["export/"]) == 1 + 5
    assert "s3 cp --recursive s3://results/batch/ ." in first["command"]
    assert any("s3://results/segments/" in row and "active" in row for row in seen["rows"])


def _shortened(line: dict) -> str:
    return f"{', '.join(line['output']['recommendedItems'][:5])}, and 20 more"


def test_what_was_typed_stays_while_another_screen_is_looked_at(seen):
    assert seen["drafts"] == {**seen["typed"], "file": 1}


@pytest.mark.parametrize(
    ("failure", "code", "advice"),
    [
        ("down", "Unreachable", "Is `tastemaker local` still running? Start it again"),
        ("denied", "AccessDeniedException", "The keys may not do this. Enter others under Settings"),
        ("throttled", "ThrottlingException", "Too many requests at once: wait some seconds and try again."),
        ("expired", "ExpiredTokenException", "The keys have expired. Enter new ones under Settings"),
    ],
)
def test_a_failure_says_what_to_do_and_nothing_is_lost(seen, record_property, failure, code, advice):
    told = seen["failures"][failure]
    for place in ("form", "screen", "event"):
        assert told[place].startswith(code)
        assert advice in told[place]
    assert told["kept"] == [failure, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")']
    assert told["after"] == ""
    record_property("says so on a form, a screen and of an event", code)


def test_an_empty_deployment_says_nothing_of_an_account_that_it_does_not_know(seen):
    empty = seen["empty"]
    assert (empty["films"], "create_dataset_group" in empty["code"], "arn:" in empty["code"]) == (0, True, False)
    assert empty["place"].endswith("#/g/afar/data")


def test_every_screen_can_be_read_by_everybody(seen, record_property):
    assert seen["errors"] == seen["violations"] == []
    assert seen["axe"] == []
    assert seen["sideways"] == []
    record_property("screens in use, in light and dark, at 360 px and at 200 %", seen["inspected"])
    record_property("violations that axe finds in them", len(seen["axe"]))


def test_every_request_is_as_the_service_models_have_it(seen, record_property):
    asked = {operation_of(request) for request in seen["requests"]}

    assert {"PutEvents", "GetRecommendations", "ExplainFilter", "GetDataInsights", "CreateBatchSegmentJob"} <= asked
    assert problems_of(seen["requests"]) == []
    record_property("requests as the models have them", len(seen["requests"]))
    assert problems_of([{"path": "/", "target": "AmazonPersonalize.CreateFilter", "body": '{"Name": "x"}'}]) != []
