"""What a release cannot answer for the format of a model, another one answers; its reply is passed on as it is."""

import pytest

from tastemaker.errors import InvalidInput, OtherFormat
from tastemaker.wire.service import Service
from tests.unit.wire.fakes import Calls, new_context

ASKED = {"body": {"campaignArn": "arn:aws:personalize:us-east-1:123456789012:campaign/c"}, "path": "/recommendations"}
ELSEWHERE = {"statusCode": 200, "headers": {"x-amzn-RequestId": "r"}, "body": '{"itemList":[]}'}


@pytest.fixture
def service():
    """A runtime whose operation ends in a given way, and which hands on to a given function."""

    def service(problem, hand_on):
        headers = {"content-type": "application/json"}
        return Service("personalize-runtime", Calls(problem), new_context, hand_on=hand_on), {"headers": headers}

    return service


def test_the_other_releases_reply_is_ours(service, send):
    seen = []

    def hand_on(stored, event):
        seen.append((stored, event["path"]))
        return ELSEWHERE

    made, more = service(OtherFormat("train", 3), hand_on)
    reply = send(made, **ASKED, **more)

    assert seen == [(3, "/recommendations")]
    assert (reply.status, reply.body) == (200, {"itemList": []})


def test_where_there_is_no_other_release_the_caller_is_told(service, send):
    made, more = service(OtherFormat("train a new version", 3), lambda *_: None)

    reply = send(made, **ASKED, **more)

    assert (reply.status, reply.body["message"]) == (400, "train a new version")
    assert reply.headers["x-amzn-ErrorType"] == "InvalidInputException"


def test_another_release_that_fails_is_a_fault_of_ours(service, send):
    def hand_on(*_):
        raise RuntimeError("version 1 failed")

    made, more = service(OtherFormat("train", 3), hand_on)

    assert send(made, **ASKED, **more).status == 500


def test_nothing_else_is_handed_on(service, send):
    def hand_on(*_):
        raise AssertionError("handed on")

    made, more = service(InvalidInput("no"), hand_on)

    assert send(made, **ASKED, **more).status == 400
