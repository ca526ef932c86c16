"""The judge of the random calls (tests/e2e/fuzz) sees what is wrong, and its calls can be made again."""

import pytest

from tests.e2e.fuzz.calls import call, operations
from tests.e2e.fuzz.known import Known
from tests.e2e.fuzz.verdicts import Answer, judge

OPERATIONS = operations()
DESCRIBE = next(model for model in OPERATIONS if model.name == "DescribeCampaign")
RUNTIME = next(model for model in OPERATIONS if model.name == "GetRecommendations")


def verdict(status, body, *, model=DESCRIBE, headers=None, addressed=True, encoded=True):
    answer = Answer(status, headers or {}, body)
    return judge(model, answer, well_addressed=addressed, well_encoded=encoded)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"campaign":{"name":"c"}}'),
        (200, b'{"campaign":{"creationDateTime":1700000000.123}}'),
        (400, b'{"__type":"ResourceNotFoundException","message":"none"}'),
    ],
)
def test_it_accepts_what_the_model_has(status, body):
    assert verdict(status, body).wrong == ""


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"__type":"InternalServerException","message":"m"}'),
        (502, b"<html>"),
        (400, b'{"__type":"LimitExceededException","message":"of other operations"}'),
        (400, b'{"__type":"SerializationException","message":"of bodies that are not JSON"}'),
        (400, b"InvalidInputException"),
        (400, b'{"__type":"InvalidInputException"}'),
        (200, b'{"campaign":{"creationDateTime":"yesterday"}}'),
        (200, b'{"campaign":{},"unheard":1}'),
        (200, b"[]"),
    ],
)
def test_it_refuses_what_the_model_does_not_have(status, body):
    assert verdict(status, body).wrong


def test_a_code_in_the_header_counts_where_clients_look_there():
    headers = {"x-amzn-errortype": "InvalidInputException"}

    assert verdict(400, b'{"message":"m"}', model=RUNTIME, headers=headers).wrong == ""
    assert verdict(400, b'{"message":"m"}', model=DESCRIBE, headers=headers).wrong


def test_a_broken_request_may_be_refused_before_any_operation_sees_it():
    body = b'{"__type":"UnknownOperationException","message":"m"}'

    assert verdict(400, body, addressed=False).wrong == ""
    assert verdict(400, body).wrong


def test_a_call_is_the_same_whenever_it_is_made():
    numbers = range(300)

    first = [call(number, 5, Known(), OPERATIONS).envelope.bytes() for number in numbers]
    again = [call(number, 5, Known(), OPERATIONS).envelope.bytes() for number in reversed(numbers)]

    assert first == again[::-1]


def test_the_first_calls_are_one_of_each_operation():
    calls = [call(number, 5, Known(), OPERATIONS) for number in range(79)]

    assert len({one.operation.name for one in calls}) == 79
