"""Whoever gives a role that does not trust the service is told whom it must trust."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.errors import RoleNotTrusted
from tastemaker.pipelines.places import cannot_be, must_allow
from tastemaker.store import clients

ROLE = "arn:aws:iam::123456789012:role/imports"
# As STS words it.
REFUSAL = (
    "User: arn:aws:sts::123456789012:assumed-role/TastemakerService-TasksRole1A2B/tastemaker-tasks is not authorized "
    f"to perform: sts:AssumeRole on resource: {ROLE}"
)


class Sts:
    """Refuses, with a code and a message."""

    def __init__(self, code, message):
        self.error = ClientError({"Error": {"Code": code, "Message": message}}, "AssumeRole")

    def assume_role(self, **_):
        raise self.error


def refusal(message=REFUSAL):
    with pytest.raises(RoleNotTrusted) as refused:
        clients._credentials_of(ROLE, Sts("AccessDenied", message))
    return refused.value


def test_the_principal_that_the_trust_policy_must_name_is_named():
    assert "arn:aws:iam::123456789012:role/TastemakerService-TasksRole1A2B (the stack's output TaskRoleArn)" in str(
        refusal()
    )


def test_a_message_that_names_nobody_is_no_trouble():
    assert "that the stack's output TaskRoleArn names" in str(refusal("Access denied"))


def test_what_is_no_refusal_stays_what_it_is():
    with pytest.raises(ClientError):
        clients._credentials_of(ROLE, Sts("ExpiredToken", ""))


def test_a_job_says_whether_its_role_or_its_bucket_refused():
    refused = refusal()

    assert must_allow(ROLE, "s3:GetObject", "s3://b/", refused) == str(refused)
    assert "allows s3:GetObject for s3://b/" in must_allow(ROLE, "s3:GetObject", "s3://b/", PermissionError("s3://b/"))
    assert cannot_be(ROLE, refused) == f"The role {refused}."
