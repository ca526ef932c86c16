"""Our own API as a client: what it refuses, and what may be asked again."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError

from tastemaker.errors import Refused
from tastemaker.store import clients
from tastemaker.store.own_api import OwnApi


def api(problem):
    def describe_schema(**_members):
        raise problem

    return OwnApi(lambda: SimpleNamespace(describe_schema=describe_schema))


def error(code, status):
    reply = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(reply, "DescribeSchema")


@pytest.mark.parametrize(
    ("problem", "code", "passing"),
    [
        (error("ResourceNotFoundException", 400), "ResourceNotFoundException", False),
        (error("InvalidInputException", 400), "InvalidInputException", False),
        (error("ResourceInUseException", 400), "ResourceInUseException", True),
        (error("ThrottlingException", 429), "ThrottlingException", True),
        (error("InternalServerException", 502), "InternalServerException", True),
        (ParamValidationError(report="no name"), "InvalidInputException", False),
        (ConnectTimeoutError(endpoint_url="https://api"), "ServiceUnavailable", True),
    ],
)
def test_a_refusal_says_whether_it_passes(problem, code, passing):
    with pytest.raises(Refused) as refused:
        api(problem).call("DescribeSchema", schemaArn="a")

    assert (refused.value.code, refused.value.passing) == (code, passing)


def test_the_client_signs_for_the_gateway_and_tries_once(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    sent = []

    def answer(request, **_details):
        sent.append((request.url, request.headers["Host"], request.headers["Authorization"]))
        raise ConnectTimeoutError(endpoint_url=request.url)

    url = "https://a1.execute-api.eu-west-1.amazonaws.com/prod/"
    client = clients.client_at("personalize", "eu-west-1", url, "execute-api")
    client.meta.events.register_first("before-send.personalize", answer)

    with pytest.raises(Refused):
        OwnApi(lambda: client).call("ListSchemas")

    [(where, host, signature)] = sent
    assert (where, host) == (url, b"a1.execute-api.eu-west-1.amazonaws.com")
    assert b"/eu-west-1/execute-api/aws4_request" in signature
