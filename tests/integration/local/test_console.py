"""The console's files: who gets them, what else a browser may load, and how big they are."""

import gzip
import json
import re

import pytest

from tastemaker_local.console.pages import ASSETS
from tests.integration.local.http_requests import ask, signed

MOST = 90 * 1024  # bytes of all files, packed


def test_the_page_loads_nothing_but_files_beside_it(tastemaker):
    status, body, headers = ask(tastemaker.endpoint_url, "GET", "/console/")

    files = re.findall(r'(?:src|href)="([^"]+)"', body.decode())
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert sorted(files) == ["console.css", "icon.svg", "main.js"]
    for name in files:
        assert ask(tastemaker.endpoint_url, "GET", f"/console/{name}")[1] == (ASSETS / name).read_bytes()


def test_no_code_runs_inside_of_the_page(tastemaker):
    _, body, headers = ask(tastemaker.endpoint_url, "GET", "/console/")

    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert b"<style" not in body
    assert re.findall(rb"<script[^>]*>([^<]+)", body) == []
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_is_told_where_it_is(tastemaker):
    _, body, _ = ask(tastemaker.endpoint_url, "GET", "/console/config.json")

    assert json.loads(body) == {"local": True, "region": "us-east-1", "account": "123456789012"}


def test_the_address_without_a_slash_leads_there(tastemaker):
    status, _, headers = ask(tastemaker.endpoint_url, "GET", "/console")

    assert (status, headers["Location"]) == (301, "/console/")


@pytest.mark.parametrize("name", ["nothing.js", "../__init__.py", "..%2f__init__.py", "assets", "main.js/"])
def test_nothing_else_is_given_out(tastemaker, name):
    assert ask(tastemaker.endpoint_url, "GET", f"/console/{name}")[0] == 404


def test_a_bucket_may_have_the_same_name(tastemaker):
    s3 = tastemaker.client("s3")
    s3.create_bucket(Bucket="console")
    s3.put_object(Bucket="console", Key="index.html", Body=b"mine")

    assert s3.get_object(Bucket="console", Key="index.html")["Body"].read() == b"mine"
    assert ask(tastemaker.endpoint_url, "GET", "/console/index.html", Authorization=signed("s3"))[1] == b"mine"


def test_the_files_are_small():
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in ASSETS.iterdir()}

    assert sum(sizes.values()) <= MOST, sizes


EVENTS = {
    "datasetType": "INTERACTIONS",
    "bulkRecords": 3000,
    "individualRecords": {"count": 0},
    "columns": [],
    "eventsPerId": [{"columnName": "USER_ID", "distinctIds": 60}, {"columnName": "ITEM_ID", "distinctIds": 55}],
}
POPULAR = {"recipeArn": "recipe/aws-popularity-count"}


def _told(tastemaker, path, asked):
    status, body, _ = ask(tastemaker.endpoint_url, "POST", f"/console/{path}", json.dumps(asked).encode())
    assert status == 200
    return json.loads(body)


def _quoted(tastemaker, **asked):
    return _told(tastemaker, "quote", asked)


def test_a_training_is_quoted_of_what_the_page_knows(tastemaker):
    past = [{"modelled": 1.0, "billedMemory": 1024, "measured": {"seconds": 3.0}}]

    first = _quoted(tastemaker, datasets=[EVENTS], solution=POPULAR, past=[])["quote"]
    later = _quoted(tastemaker, datasets=[EVENTS], solution=POPULAR, past=past)["quote"]

    assert (first["events"], first["users"], first["items"], first["pace"]) == (3000, 60, 55, 1)
    assert (later["pace"], later["billedMemory"]) == (3, 1024)
    assert later["seconds"] == pytest.approx(3 * first["seconds"], abs=0.002)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "datasets, solution and past are needed"),
        ({"datasets": [], "solution": POPULAR, "past": []}, "no interactions were imported yet"),
        ({"datasets": [EVENTS], "solution": {"recipeArn": "recipe/x"}, "past": []}, "there is no recipe x"),
        ({"datasets": [EVENTS], "solution": [], "past": []}, "datasets, solution and past are needed"),
    ],
)
def test_a_page_is_told_why_there_is_no_quote(tastemaker, asked, message):
    assert message in _quoted(tastemaker, **asked)["message"]


def _answers(count):
    """Answers of two places: the second is explored in every second answer, and is clicked there."""
    for number in range(count):
        explored = number % 2 == 1
        items = [{"itemId": "a", "propensity": 1}, {"itemId": f"{number}", "propensity": 0.5, "explored": explored}]
        events = [{"itemId": f"{number}", "eventType": "Click"}] if explored else []
        yield {"chance": 0.5, "items": items, "events": events}


def test_other_weights_are_judged_of_what_the_page_knows(tastemaker):
    asked = {"answers": [*_answers(200)], "weights": [0, 1], "eventType": "click"}

    judgement = _told(tastemaker, "off-policy", asked)["judgement"]

    none, whole = judgement.pop("weights")
    assert judgement == {"answers": 200, "items": 400, "explored": 0.25, "rewards": 100, "earned": 0.25}
    assert (none["weight"], whole["weight"]) == (0, 1)
    assert {*none["estimates"]} == {"IPS", "SNIPS", "DR"}
    assert none["estimates"]["IPS"]["value"] == 0
    assert none["gain"]["high"] < 0
    assert whole["estimates"]["IPS"]["value"] == pytest.approx(0.25)
    assert whole["gain"] == pytest.approx({"value": 0, "low": 0, "high": 0}, abs=1e-12)


EXPLORED = {"chance": 0.5, "events": [], "items": [{"itemId": "a", "propensity": 0.5, "explored": True}]}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "answers, weights and eventType are needed"),
        ([], "answers, weights and eventType are needed"),
        ({"answers": [{"chance": 1}]}, "answers, weights and eventType are needed"),
        ({"answers": []}, "there is no logged answer that explored"),
        ({"answers": [{"items": [], "events": []}]}, "there is no logged answer that explored"),
        ({"answers": [EXPLORED]}, "all that is logged was explored"),
        ({"answers": [*_answers(4)], "weights": [2]}, "a number from 0 to 1"),
        ({"answers": [], "more": "x" * 16_000_000}, "`tastemaker off-policy` takes all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_page_is_told_why_nothing_is_judged(tastemaker, asked, message):
    assert message in _told(tastemaker, "off-policy", asked)["message"]
