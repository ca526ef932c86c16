"""Every constraint of every operation's input, broken once in a raw request."""

import pytest
from wire_samples import operations, sample, violations

from tastemaker.errors import InvalidInput
from tastemaker.wire.service import Service

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


def never(_request_id):
    raise AssertionError("a request that breaks a constraint reached its operation")


@pytest.fixture(scope="module")
def services():
    return {api: Service(api, {}, never) for api in ("personalize", "personalize-events", "personalize-runtime")}


def test_there_are_as_many_cases_as_the_models_have_constraints():
    assert len(CASES) >= 790


@pytest.mark.parametrize(("api", "model", "violation"), CASES)
def test_a_broken_constraint_is_refused_and_named(services, send, api, model, violation):
    request = violation.applied_to(sample(model.input_shape))

    reply = send(services[api], body=request, **entrance(api, model))

    assert (reply.status, reply.body["__type"]) == (400, InvalidInput.code)
    assert reply.headers["x-amzn-ErrorType"] == InvalidInput.code
    assert reply.body["message"].startswith("1 validation error detected: Value")
    assert f" at '{violation.path}' failed to satisfy constraint: " in reply.body["message"]


@pytest.mark.parametrize(("api", "model"), [pytest.param(*case, id=case[1].name) for case in operations()])
def test_a_valid_request_passes_whole(services, send, api, model):
    reply = send(services[api], body=sample(model.input_shape), **entrance(api, model))

    message = f"{model.name} is not built yet in Tastemaker; see docs/coverage.md"
    assert (reply.status, reply.body) == (400, {"__type": InvalidInput.code, "message": message})
