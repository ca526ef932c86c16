"""An unmodified SDK reaches a gateway that takes execute-api alone: by the proxy, by signing files, by a hook."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError

from tastemaker_local.commands import signing
from tastemaker_local.emulation.messages import Scope
from tastemaker_local.resigning import Resigner
from tests.gateways import KEY, SECRET, TOKEN, Gateway, running, serving
from tests.unit.operations.errors import code, message

CAMPAIGN = "arn:aws:personalize:eu-west-1:123456789012:campaign/shop"
OWN = ReadOnlyCredentials(KEY, SECRET, None)
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def gateway():
    with running(Gateway()) as gateway:
        yield gateway


@pytest.fixture
def reached(gateway):
    """What has come through since the test began."""
    gateway.requests.clear()
    return gateway.requests


@contextmanager
def proxy(gateway, own=OWN, **more):
    with serving(Resigner(gateway.url, lambda: own, **more).answer) as url:
        yield url


def client(service, url, key=KEY, keyed_with=SECRET, session=boto3, **more):
    own = {"aws_access_key_id": key, "aws_secret_access_key": keyed_with, "region_name": "eu-west-1", "config": ONCE}
    return session.client(service, endpoint_url=url, **own, **more)


def ask(url, **more):
    reply = client("personalize-runtime", url, **more).get_recommendations(campaignArn=CAMPAIGN, userId="u1")
    return [item["itemId"] for item in reply["itemList"]]


def refused(url, **more):
    with pytest.raises(ClientError) as error:
        ask(url, **more)
    assert code(error) == "InvalidSignatureException"
    return message(error)


def test_without_any_of_it_the_gateway_refuses(gateway, reached):
    assert "execute-api" in refused(gateway.url)
    assert reached == []


def test_through_the_proxy_all_three_services_come_with_what_they_said(gateway, reached):
    with proxy(gateway) as url:
        assert ask(url) == ["i1"]
        client("personalize", url).list_recipes()
        event = {"eventType": "View", "sentAt": 1}
        client("personalize-events", url).put_events(trackingId="t", sessionId="s", eventList=[event])

    assert [request.path for request in reached] == ["/prod/recommendations", "/prod/", "/prod/events"]
    assert reached[1].headers["x-amz-target"] == "AmazonPersonalize.ListRecipes"
    assert {request.scope.region for request in reached} == {"eu-west-1"}
    assert b'"userId"' in reached[0].body.replace(b" ", b"")


def test_by_the_signing_files(gateway, tmp_path, monkeypatch):
    signing.write(tmp_path)
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    assert ask(gateway.url, session=boto3.session.Session()) == ["i1"]


def test_by_a_hook_in_the_code(gateway):
    def sign_for_the_gateway(context, **_):
        context["signing"] = {"signing_name": "execute-api"}

    runtime = client("personalize-runtime", gateway.url)
    runtime.meta.events.register("choose-signer.*", sign_for_the_gateway)

    assert runtime.get_recommendations(campaignArn=CAMPAIGN, userId="u1")["itemList"]


def test_session_credentials_go_on_with_their_token():
    with running(Gateway(token=TOKEN)) as gateway, proxy(gateway, ReadOnlyCredentials(KEY, SECRET, TOKEN)) as url:
        assert ask(url, aws_session_token=TOKEN) == ["i1"]


def test_who_has_not_the_credentials_gets_nothing_by_them(gateway, reached):
    with proxy(gateway) as url:
        assert "its secret key is another one" in refused(url, keyed_with="guessed")
        assert "signed with AKIAOTHER, and the credentials here are AKIAEXAMPLE" in refused(url, key="AKIAOTHER")
        assert plain(url)[0] == 403

    assert reached == []


def test_a_request_that_was_changed_or_is_old_is_not_signed_again(gateway, reached):
    kept = []

    def keeping(request):
        kept.append(request)
        return Resigner(gateway.url, lambda: OWN).answer(request)

    with serving(keeping) as url:
        ask(url)
    later = Resigner(gateway.url, lambda: OWN, now=lambda: datetime.now(UTC) + timedelta(minutes=6))

    assert Resigner(gateway.url, lambda: OWN).answer(replace(kept[0], body=b"{}")).status == 403
    assert b"five minutes" in later.answer(kept[0]).body
    assert len(reached) == 1


def test_whatever_comes_may_be_signed_but_never_for_a_page(gateway):
    with proxy(gateway, any_signature=True) as url:
        assert ask(url, key="none", keyed_with="none") == ["i1"]
        assert plain(url)[0] == 200
        assert plain(url, Origin="https://evil.example")[0] == 403


def test_a_gateway_that_is_not_there_and_credentials_that_are_not_are_said(gateway):
    with proxy(replace(gateway, url="http://127.0.0.1:9/prod")) as url, pytest.raises(ClientError) as error:
        ask(url)
    with proxy(gateway, own=None) as url:
        told = refused(url)

    assert "http://127.0.0.1:9/prod cannot be reached" in message(error)
    assert "there are no AWS credentials here" in told


def test_the_host_of_an_api_says_its_region():
    urls = ["https://a1.execute-api.eu-central-1.amazonaws.com/prod/", "https://shop.example/"]

    regions = [Resigner(url, lambda: OWN)._region(Scope()) for url in urls]

    assert regions == ["eu-central-1", "us-east-1"]


def plain(url, **headers):
    """Post without a signature."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("POST", "/recommendations", b"{}", {"Content-Type": "application/json", **headers})
    reply = connection.getresponse()
    answer = reply.status, reply.read()
    connection.close()
    return answer
