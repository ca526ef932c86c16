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


def _quoted(tastemaker, **asked):
    status, body, _ = ask(tastemaker.endpoint_url, "POST", "/console/quote", json.dumps(asked).encode())
    assert status == 200
    return json.loads(body)


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
