"""Who may only look is refused whatever changes something, before it is known to be a call at all."""

import json

import pytest

from tastemaker.wire.models import api_model
from tastemaker.wire.readers import BadPrincipal, Readers
from tastemaker.wire.service import Service
from tests.unit.wire.fakes import Calls, new_context

ANALYST = "arn:aws:iam::123456789012:role/analyst"
SESSION = "arn:aws:sts::123456789012:assumed-role/analyst/jane@example.com"
LOOKING = ("Describe", "Get", "List")


def by(caller, operation):
    return {
        "httpMethod": "POST",
        "path": "/",
        "headers": {"X-Amz-Target": f"AmazonPersonalize.{operation}"},
        "body": "{}",
        "requestContext": {"identity": {"userArn": caller}},
    }


@pytest.mark.parametrize(
    "pattern", [ANALYST, SESSION, "arn:aws:sts::123456789012:assumed-role/ana*", "arn:aws:*/jane@example.com"]
)
def test_a_session_is_known_by_its_role_or_by_itself(pattern):
    assert Readers.of(f"arn:other, {pattern}").forbid(by(SESSION, "x"), "DeleteSolution")


@pytest.mark.parametrize(
    "caller", ["arn:aws:sts::123456789012:assumed-role/analyst-admin/x", "arn:aws:iam::123456789012:user/analyst", ""]
)
def test_nobody_else_is_taken_for_one_of_them(caller):
    assert not Readers.of([ANALYST]).forbid(by(caller, "x"), "DeleteSolution")


def test_every_operation_that_is_refused_changes_something_and_every_other_looks():
    readers, names = Readers.of([ANALYST]), api_model("personalize").operations

    allowed = {name for name in names if not readers.forbid(by(SESSION, name), name)}

    assert allowed == {name for name in names if name.startswith(LOOKING)}
    assert len(names) > 60


def test_the_refusal_comes_before_the_operation_and_says_whose_wish_it_is():
    calls = Calls()
    service = Service("personalize", calls, new_context, readers=Readers.of([ANALYST]))

    reply = service.handle(by(SESSION, "DeleteSolution"))

    said = json.loads(reply["body"])
    assert (reply["statusCode"], said["__type"]) == (403, "AccessDeniedException")
    assert calls.seen == []
    assert "tastemaker:read_only_principals" in said["message"]


def test_what_is_no_principal_is_refused_at_the_synth():
    with pytest.raises(BadPrincipal, match="analyst is no ARN"):
        Readers.of("analyst")
