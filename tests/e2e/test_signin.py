"""The console as the stack on AWS tells it to be: sign-in at a Cognito of ours, an API that verifies signatures."""

import http.client
import json
import re
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import parse_qs, urlsplit

import pytest

from tastemaker_local.console.pages import ASSETS
from tastemaker_local.emulation.messages import Reply, Request
from tests import gateways
from tests.cognito import Cognito
from tests.e2e import browser
from tests.e2e.npm import NEEDS_NODE, node
from tests.gateways import Gateway, serving
from tests.infra.assembly import synthesized
from tests.processes import running

pytestmark = [pytest.mark.e2e, NEEDS_NODE]
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@dataclass
class Guarded(Gateway):
    """Takes the keys that Cognito has given, each with its session token, until they end."""

    cognito: Cognito = field(default_factory=Cognito)
    refused: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    one: Lock = field(default_factory=Lock)

    def __call__(self, request: Request) -> Reply:
        # Nobody signs preflights.
        return self.behind(request) if request.method == "OPTIONS" else super().__call__(request)

    def fault(self, request: Request) -> tuple[str, str] | None:
        with self.one:
            session = request.headers.get("x-amz-security-token", "")
            self.token = session if self.cognito.lives(session) else "another"
            found = super().fault(request)
            self.sessions.append(session)
            self.refused += [found[1]] if found else []
            return found


@dataclass
class Stack:
    """What the template says of the page: the headers that it comes with, and its config.json."""

    resources: dict

    def headers(self, asks: str) -> list[tuple[str, str]]:
        [policy] = [one for one in self.resources.values() if one["Type"] == "AWS::CloudFront::ResponseHeadersPolicy"]
        told = policy["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        text = _text(told["ContentSecurityPolicy"]["ContentSecurityPolicy"])
        return [("Content-Security-Policy", re.sub(r"connect-src [^;]*", f"connect-src 'self' {asks}", text))]

    def config(self, url: str, sign_in: dict[str, str]) -> bytes:
        [copied] = [one for one in self.resources.values() if one["Type"] == "Custom::ConsoleFiles"]
        config = json.loads(_text(copied["Properties"]["Config"]))
        assert config["signIn"].keys() == sign_in.keys()
        own = {"url": url, "region": "us-east-1", "account": "123456789012", "signIn": sign_in}
        return json.dumps(config | own).encode()


def _text(value: dict) -> str:
    return "".join(part if isinstance(part, str) else "filled-in" for part in value["Fn::Join"][1])


@pytest.fixture(scope="module")
def seen(packages, tmp_path_factory):
    """Let somebody sign in, stay and sign out; return what was seen, and what the API and Cognito were asked."""
    if browser.CHROMIUM is None:
        pytest.skip("needs Chromium on the PATH")
    stack = Stack(
        synthesized(tmp_path_factory.mktemp("stack") / "out", {"tastemaker:console": "1"}).template(
            "TastemakerService"
        )["Resources"]
    )
    cognito, files = Cognito(), {}
    with running() as service, serving(cognito) as there, serving(lambda request: _file(files, request)) as page:
        gateway = Guarded(behind=lambda request: _forwarded(service.url, request), cognito=cognito)
        with gateways.running(gateway):
            cognito.page = f"{page}/"
            headers = stack.headers(f"{gateway.url.removesuffix('/prod')} {there}")
            files |= {path.name: (path.read_bytes(), headers) for path in ASSETS.iterdir()}
            files["config.json"] = (stack.config(gateway.url, cognito.told(there)), headers)
            walk = node("signin.mjs", cognito.page, there, browser.CHROMIUM, folder=packages)
            assert walk.returncode == 0, walk.stdout + walk.stderr
    return json.loads(walk.stdout) | {"page": cognito.page, "gateway": gateway, "cognito": cognito}


def _file(files: dict, request: Request) -> Reply:
    name = request.path.removeprefix("/") or "index.html"
    if name not in files:
        return Reply(403, [], b"")
    body, headers = files[name]
    return Reply(200, [("Content-Type", TYPES.get(name.rpartition(".")[2], "application/json")), *headers], body)


def _forwarded(url: str, request: Request) -> Reply:
    """Return what local mode answers, which takes what is not signed."""
    left = {"host", "authorization", "x-amz-security-token", "content-length", "connection"}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {name: value for name, value in request.headers.items() if name not in left}
    connection.request(request.method, request.target.removeprefix("/prod"), request.body, headers)
    answer = connection.getresponse()
    dropped = {"content-length", "connection", "transfer-encoding", "date", "server"}
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in dropped]
    reply = Reply(answer.status, kept, answer.read())
    connection.close()
    return reply


def test_the_code_is_asked_for_with_a_challenge_and_a_state(seen):
    asked = parse_qs(urlsplit(seen["authorize"]).query)
    pending = json.loads(seen["pending"]["tastemaker.signin"])

    assert asked["redirect_uri"] == [seen["page"]]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert (asked["state"], asked["nonce"]) == ([pending["state"]], [pending["nonce"]])
    assert pending["verifier"] not in seen["authorize"]
    assert len({pending["state"], pending["nonce"], pending["verifier"]}) == 3


def test_a_state_of_another_is_refused_before_its_code_is_used(seen):
    assert seen["wrongState"].startswith("This sign-in was not begun here: its state differs")
    assert "token" not in seen["afterWrongState"]


def test_a_token_of_another_sign_in_gets_no_keys(seen):
    assert "The token is for another sign-in" in seen["wrongNonce"]
    assert "GetId" not in seen["afterWrongNonce"]


def test_who_signs_in_comes_back_to_the_place_and_is_let_in(seen):
    assert seen["place"] == f"{seen['page']}#/settings"
    assert seen["gateway"].refused == []
    assert len(seen["gateway"].requests) >= 10
    assert all(request.headers["x-amz-security-token"] for request in seen["gateway"].requests)


def test_a_refusal_says_what_to_do(seen):
    denied, expired = seen["denied"]
    assert "an administrator can add you to the group of editors" in denied
    assert "Reload the page, and sign in again" in expired


def test_results_of_jobs_are_left_to_the_aws_cli(seen):
    assert seen["results"] == "aws --region us-east-1 s3 cp --recursive s3://results/export/ ."


def test_keys_are_renewed_before_they_end_and_tokens_when_they_have(seen):
    assert list(dict.fromkeys(seen["gateway"].sessions)) == ["session 1", "session 2", "session 3", "session 4"]
    assert seen["withoutCognito"] == ["session 1"]
    assert seen["afterAnHour"].count("token") == 3  # of the wrong nonce, of the sign-in, of its renewal
    assert seen["asked"].count("GetCredentialsForIdentity") == 4


def test_an_end_says_so_and_keeps_the_place(seen):
    assert "Cognito refused: invalid_grant. Sign in again" in seen["ended"]
    assert seen["placeOfEnd"] == f"{seen['page']}#/"


def test_who_signs_out_leaves_no_token_that_is_good(seen):
    assert seen["asked"][-2:] == ["revoke", "logout"]
    assert len(seen["cognito"].refreshing) == 2  # of the wrong nonce, and of who was disabled meanwhile


def test_nothing_is_stored_but_the_theme(seen):
    assert list(seen["pending"]) == ["tastemaker.signin"]
    assert json.loads(seen["pending"]["tastemaker.signin"]).keys() == {"state", "nonce", "verifier", "place"}
    assert [each["session"] for each in seen["stored"]] == [{}] * len(seen["stored"])
    assert {name for each in seen["stored"] for name in each["local"]} <= {"tastemaker.theme"}


def test_the_policy_of_the_distribution_lets_the_page_work(seen):
    assert (seen["violations"], seen["errors"]) == ([], [])


def test_everybody_can_read_the_page_for_signing_in(seen):
    assert seen["axe"] == []
