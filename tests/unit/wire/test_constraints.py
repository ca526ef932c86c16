"""Every constraint of every operation's input, broken once in a raw request."""

import pytest
from botocore import xform_name

from tastemaker.bootstrap import operation_table
from tastemaker.errors import InvalidInput
from tastemaker.wire.service import Service
from tests.unit.wire.samples import APIS, operations, sample, violations

CASES = [
    pytest.param(api, model, violation, id=f"{model.name}-{violation.path}-{violation.what}")
    for api, model in operations()
    for violation in violations(model.input_shape)
]


def entrance(api, model):
    """Where a raw request for an operation goes."""
    if api == "personalize":
        return {"headers": {"X-Amz-Target": f"AmazonPersonalize.{model.name}"}}
    return {"path": model.http["requestUri"]}


class Reached(Exception):
    """A request has passed every check of the wire, and its operation is about to run."""


def reached(_request_id, _wishes):
    raise Reached


@pytest.fixture(scope="module")
def services():
    """The real operations of each API; none of them is run."""
    return {api: Service(api, operation_table(api), reached) for api in APIS}


@pytest.mark.parametrize("count", [pytest.param(len(CASES), id=f"{len(CASES)}-cases")])
def test_there_are_as_many_cases_as_the_models_have_constraints(count):
    assert count >= 790


@pytest.mark.parametrize(("api", "model", "violation"), CASES)
def test_a_broken_constraint_is_refused_and_named(services, send, api, model, violation):
    request = violation.applied_to(sample(model.input_shape))

    reply = send(services[api], body=request, **entrance(api, model))

    assert (reply.status, reply.body["__type"]) == (400, InvalidInput.code)
    assert reply.headers["x-amzn-ErrorType"] == InvalidInput.code
    assert reply.body["message"].startswith("1 validation error detected: Value")
    assert f" at '{violation.path}' failed to satisfy constraint: " in reply.body["message"]


@pytest.mark.parametrize(("api", "model"), [pytest.param(*case, id=case[1].name) for case in operations()])
def test_a_valid_request_reaches_its_operation_or_hears_that_it_is_not_built(services, send, caplog, api, model):
    reply = send(services[api], body=sample(model.input_shape), **entrance(api, model))

    if xform_name(model.name) in operation_table(api):
        assert (reply.status, [record.exc_info[0] for record in caplog.records]) == (500, [Reached])
    else:
        message = f"{model.name} is not built yet in Tastemaker; see docs/coverage.md"
        assert (reply.status, reply.body) == (400, {"__type": InvalidInput.code, "message": message})
