"""Requests that no SDK would send: each is refused with a 4xx that clients can read."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.wire.service import Service
from tests.unit.wire.fakes import Calls, new_context

TARGET = {"X-Amz-Target": "AmazonPersonalize.ListRecipes"}
ARN = "arn:aws:personalize:us-east-1:123456789012:campaign/c"


def control(result=None):
    return Service("personalize", Calls(result or {}), new_context)


def runtime():
    return Service("personalize-runtime", Calls({}), new_context)


UNREADABLE = {
    "cut off": '{"maxResults": 1',
    "text": "hello",
    "NaN": '{"maxResults": NaN}',
    "infinity": '{"maxResults": -Infinity}',
    "deep": "[" * 100_000,
    "deep unknown member": '{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "huge number": '{"maxResults": ' + "9" * 5000 + "}",
    "lone surrogate": '{"nextToken": "\\ud800"}',
    "raw lone surrogate": '{"nextToken": "\ud800"}',
    "byte order mark": "\ufeff{}",
    "list": "[]",
    "string": '"maxResults"',
    "null": "null",
    "number": "1",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_is_no_json_object_is_a_serialization_error(send, text):
    reply = send(control(), text=text, headers=TARGET)

    assert (reply.status, reply.body["__type"]) == (400, "SerializationException")
    assert reply.headers["x-amzn-ErrorType"] == "SerializationException"
    assert len(reply.body["message"]) < 300


@pytest.mark.parametrize("encoded", [base64.b64encode(b'{"nextToken": "\xff"}').decode(), "no base64!", "YQ", "\xe9"])
def test_bytes_that_are_no_text_are_a_serialization_error(send, encoded):
    reply = send(control(), text=encoded, isBase64Encoded=True, headers=TARGET)

    assert (reply.status, reply.body["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("body", [None, "", "  ", "{}"])
def test_an_empty_body_is_an_empty_request(body):
    event = {"httpMethod": "POST", "path": "/", "headers": TARGET, "body": body}

    assert control({"recipes": []}).handle(event)["statusCode"] == 200


def test_headers_are_found_in_any_case_and_in_multi_value_headers(send):
    service = control({"recipes": []})

    assert send(service, body={}, headers={"x-amz-TARGET": TARGET["X-Amz-Target"]}).status == 200
    assert send(service, body={}, headers=None, multiValueHeaders={"X-Amz-Target": list(TARGET.values())}).status == 200


@pytest.mark.parametrize("headers", [None, {}, {"X-Amz-Target": ""}, {"X-Amz-Target": "ListRecipes"}])
def test_a_target_that_is_missing_or_unknown_is_an_unknown_operation(send, headers):
    reply = send(control(), body={}, headers=headers)

    assert (reply.status, reply.body["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("event", [{"path": "/nowhere"}, {"path": "/"}, {"path": None}, {"httpMethod": "GET"}, {}])
def test_a_path_or_method_of_no_operation_is_an_unknown_operation(send, event):
    reply = send(runtime(), body={}, **{"httpMethod": "PUT", "path": "/recommendations", **event})

    assert (reply.status, reply.body["__type"]) == (404, "UnknownOperationException")


def test_the_base_path_of_a_custom_domain_is_no_part_of_the_operation(send):
    service = Service("personalize-runtime", Calls({"itemList": []}), new_context)
    event = {"path": "/shop/recommendations", "resource": "/recommendations"}

    assert send(service, body={"campaignArn": ARN}, **event).status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_content_type_other_than_json_is_unsupported(send, content_type):
    reply = send(control(), body={}, headers={**TARGET, "content-type": content_type})

    assert (reply.status, reply.body["__type"]) == (415, "UnsupportedMediaTypeException")


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "application/x-amz-json-1.1", ""])
def test_the_content_types_of_real_clients_are_read(send, content_type):
    assert send(control(), body={}, headers={**TARGET, "content-type": content_type}).status == 200


def test_a_request_without_an_id_gets_one():
    assert len(control().handle({})["headers"]["x-amzn-RequestId"]) == 36


def test_each_api_answers_in_its_own_content_type(send):
    assert send(control(), body={}, headers=TARGET).headers["Content-Type"] == "application/x-amz-json-1.1"
    assert send(runtime(), body={}, path="/recommendations").headers["Content-Type"] == "application/json"


def test_operations_without_output_answer_nothing_on_events_and_an_empty_object_on_control():
    events = Service("personalize-events", Calls(None), new_context)
    body = json.dumps({"datasetArn": ARN, "items": [{"itemId": "1"}]})
    put = events.handle({"httpMethod": "POST", "path": "/items", "body": body})
    target = {"X-Amz-Target": "AmazonPersonalize.DeleteCampaign"}
    delete = control(None).handle({"httpMethod": "POST", "headers": target, "body": json.dumps({"campaignArn": ARN})})

    assert (put["statusCode"], put["body"]) == (200, "")
    assert (delete["statusCode"], delete["body"]) == (200, "{}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
MEMBERS = ["campaignArn", "userId", "numResults", "context", "filterValues", "promotions", "metadataColumns"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), JSON) | JSON)
def test_no_json_makes_a_server_error(body):
    event = {"httpMethod": "POST", "path": "/recommendations", "body": json.dumps(body)}

    assert runtime().handle(event)["statusCode"] in (200, 400)


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_make_a_server_error(body):
    encoded = base64.b64encode(body).decode()
    event = {"httpMethod": "POST", "path": "/recommendations", "body": encoded, "isBase64Encoded": True}

    assert runtime().handle(event)["statusCode"] in (200, 400)
