"""The console: its files are what its sources give, it signs as botocore does, and a newcomer finds the way."""

import gzip
import json
import os
import random
import subprocess
import sys
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tastemaker_local.console.pages import ASSETS
from tests.e2e import browser
from tests.e2e.consoles import problems_of
from tests.e2e.npm import NEEDS_NODE, node
from tests.processes import running

MOMENT = "20261129T120000Z"
pytestmark = [pytest.mark.e2e, NEEDS_NODE]


def test_a_build_of_the_sources_gives_the_files_that_are_served(packages, tmp_path, record_property):
    built = node("build.mjs", tmp_path / "assets", folder=packages)

    assert built.returncode == 0, built.stderr
    files = {path.name: path.read_bytes() for path in (tmp_path / "assets").iterdir()}
    assert sorted(files) == sorted(path.name for path in ASSETS.iterdir())
    stale = [name for name in files if files[name] != (ASSETS / name).read_bytes()]
    assert stale == [], "run `make console` and commit what it writes"
    packed = sum(len(gzip.compress(body, 9)) for body in files.values())
    record_property("files that a build gives byte by byte", len(files))
    record_property("kB packed, of 90", f"{packed / 1000:.1f}")


def test_the_types_are_right(packages):
    checked = node("node_modules/typescript/bin/tsc", "--noEmit", folder=packages)

    assert checked.returncode == 0, checked.stdout


def test_the_signer_signs_as_botocore_does(packages, tmp_path, record_property):
    cases = [_case(random.Random(seed)) for seed in range(200)]  # noqa: S311 - any requests will do
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    esbuild = next((packages / "node_modules/@esbuild").glob("*/bin/esbuild"))
    command = [esbuild, "src/sigv4.ts", "--format=esm", "--outfile=sigv4.mjs", "--log-level=warning"]
    subprocess.run(command, cwd=packages, check=True)  # noqa: S603 - our own build

    done = node("sign.mjs", tmp_path / "cases.json", folder=packages)

    assert done.returncode == 0, done.stderr
    assert [each["authorization"] for each in json.loads(done.stdout)] == [_signed(case) for case in cases]
    record_property("signatures as botocore's", len(cases))


def _case(chance: random.Random) -> dict:
    word = "".join(chance.choices("abc xyz/é~'()*!ü日-_.", k=8))
    service = chance.choice(["personalize", "execute-api", "s3"])
    keys = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
    said = json.dumps({"name": word, "n": chance.random()}, ensure_ascii=False)
    body = "" if service == "s3" else chance.choice(["", "{}", said])
    path = chance.choice(
        ["/", "/prod/recommendations", f"/uploads/{quote(word)}.csv", f"/{quote(f'a b/{word}', safe='')}/c"]
    )
    query = chance.choice(["", "?b=2&a=1", "?a=%20x&a=%2F", f"?{quote(word, safe='')}={quote(word, safe='')}&empty="])
    request = {
        "method": chance.choice(["POST", "PUT"]),
        "url": f"https://host.example{chance.choice(['', ':8443'])}{path}{query}",
        "headers": {"content-type": "application/json", "x-amz-target": f"AmazonPersonalize.{chance.randrange(99)}"},
        "body": body,
    }
    token = {"sessionToken": "AQoDYXdzEPT//////////wEXAMPLE="} if chance.random() < 0.5 else {}
    scope = {"service": service, "region": chance.choice(["us-east-1", "eu-west-1"])}
    return {"request": request, "keys": keys | token, "scope": scope, "moment": MOMENT}


def _signed(case: dict) -> str:
    request, keys, scope = case["request"], case["keys"], case["scope"]
    credentials = Credentials(keys["accessKeyId"], keys["secretAccessKey"], keys.get("sessionToken"))
    kind = S3SigV4Auth if scope["service"] == "s3" else SigV4Auth
    auth = kind(credentials, scope["service"], scope["region"])
    asked = AWSRequest(request["method"], request["url"], dict(request["headers"]), request["body"].encode())
    asked.context["timestamp"] = MOMENT
    asked.headers["X-Amz-Date"] = MOMENT
    if keys.get("sessionToken"):
        asked.headers["X-Amz-Security-Token"] = keys["sessionToken"]
    if scope["service"] == "s3":
        asked.headers["X-Amz-Content-SHA256"] = auth.payload(asked)
    canonical = auth.canonical_request(asked)
    signature = auth.signature(auth.string_to_sign(asked, canonical), asked)
    names = auth.signed_headers(auth.headers_to_sign(asked))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(asked)}, SignedHeaders={names}, Signature={signature}"


@pytest.fixture(scope="module")
def seen(packages, tmp_path_factory):
    """Let a newcomer walk through the console; return what was seen, and what its code answered."""
    if browser.CHROMIUM is None:
        pytest.skip("needs Chromium on the PATH")
    files = tmp_path_factory.mktemp("files")
    (files / "interactions.csv").write_text(_readings())
    (files / "items.csv").write_text(_books())
    with running() as service:
        walk = node(
            *("walk.mjs", service.url, browser.CHROMIUM, files, os.environ.get("SCREENSHOTS", "")),
            folder=packages,
            patience=900,
        )
        assert walk.returncode == 0, walk.stdout + walk.stderr
        seen = json.loads(walk.stdout)
        seen["run"] = _run(sys.executable, "-c", f"print({_last(seen['boto3'])})")
        yield seen


def _last(program: str) -> str:
    """Return a program of the console as one expression that gives its last answer."""
    *before, call = program.rsplit("\nruntime.", 1)
    return f"(lambda scope: exec({before[0]!r}, scope) or eval({'runtime.' + call!r}, scope))({{}})"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own code
    return done.stdout


def _readings() -> str:
    """Sixty readers, each of the books of one of five shelves."""
    rows = (f"reader-{at % 60:02d},shelf-{at % 5}-book-{at * 7 % 11},{1_700_000_000 + at},read" for at in range(3000))
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows, ""])


def _books() -> str:
    """Books whose titles are hostile."""
    shelves = ("zero", "one", "two", "three", "four")
    rows = (
        f'shelf-{shelf}-book-{book},"<img src=x onerror=""window.hacked=1""> shelf-{shelf} {book}",{shelves[shelf]}'
        for shelf in range(5)
        for book in range(11)
    )
    return "\n".join(["ITEM_ID,TITLE,SHELF", *rows, ""])


def test_a_newcomer_gets_from_files_to_recommendations(seen, record_property):
    record_property("clicks to the first list", seen["clicks"])
    record_property("seconds to the first list", f"{seen['seconds']:.0f}")
    assert seen["clicks"] <= 25
    assert seen["errors"] == []
    assert len(seen["before"]) == len(seen["after"]) == 10
    before, after = (sum(seen["shelf"] in title for title in seen[each]) for each in ("before", "after"))
    assert after > before
    assert seen["history"] == 2


def test_nothing_is_lost_by_a_reload(seen):
    assert seen["afterReload"] == {"user": "a newcomer", "list": seen["after"]}


def test_the_code_that_is_shown_does_the_same(seen):
    assert all(title.split("shelf-")[1].split(" ")[0] in seen["run"] for title in seen["after"])
    assert "RID-" in seen["run"]
    assert "personalize-runtime get-recommendations --cli-input-json" in seen["cli"]


def test_hostile_titles_are_text_and_no_code_runs_inline(seen, record_property):
    assert seen["after"][0].startswith("<img src=x")
    assert (seen["hacked"], seen["violations"]) == (False, [])
    record_property("violations of the policy", len(seen["violations"]))


def test_a_filter_is_tried_before_it_is_used(seen):
    assert seen["problem"].startswith("InvalidInputException")
    assert "Change what the message names" in seen["problem"]
    assert seen["passing"] == "11 of 55 items pass."


def test_every_screen_can_be_read_by_everybody(seen, record_property):
    assert seen["axe"] == []
    assert seen["sideways"] == []
    assert seen["inspected"] == 2 * (2 + 11 + 11 + 10)
    record_property("screens and states in light and dark", seen["inspected"])
    record_property("violations that axe finds in them", len(seen["axe"]))
    record_property("of them scroll sideways at 360 px or 200 %", len(seen["sideways"]))
    assert seen["first"] == "Skip to the content"


def test_a_failure_says_what_to_do(seen, record_property):
    assert "Is `tastemaker local` still running?" in seen["failures"]["down"]
    assert "The keys may not do this" in seen["failures"]["denied"]
    assert "wait some seconds" in seen["failures"]["throttled"]
    assert "The keys have expired" in seen["failures"]["expired"]
    record_property("failures with their advice", ", ".join(seen["failures"]))


def test_nothing_was_refused_that_the_console_asks_by_itself(seen):
    assert [each for each in seen["refused"] if not each.startswith(("400", "403", "429"))] == []


def test_every_request_is_as_the_service_models_have_it(seen, record_property):
    assert len(seen["requests"]) > 100
    assert problems_of(seen["requests"]) == []
    record_property("requests as the models have them", len(seen["requests"]))
