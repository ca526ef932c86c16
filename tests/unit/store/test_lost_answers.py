"""A write that went through and whose answer was lost: botocore sends it again, and its condition no longer holds."""

from uuid import uuid4

import pytest
from botocore.exceptions import ConnectionClosedError
from moto import mock_aws
from moto.core.models import botocore_stubber

from tastemaker.errors import ResourceAlreadyExists
from tastemaker.store.dynamo_resources import DynamoResources

ARN = "arn:aws:personalize:us-east-1:123456789012:filter/f"
RECORD = {"_arn": ARN, "_kind": "filter", "_parent": None, "_created": f"1#{ARN}", "status": "ACTIVE"}


@pytest.fixture
def dynamodb(session):
    with mock_aws():
        yield session.client("dynamodb")


@pytest.fixture
def resources(dynamodb):
    name = f"resources-{uuid4()}"
    key = {"AttributeName": "arn", "KeyType": "HASH"}
    kind = {"AttributeName": "arn", "AttributeType": "S"}
    dynamodb.create_table(TableName=name, KeySchema=[key], AttributeDefinitions=[kind], BillingMode="PAY_PER_REQUEST")
    return DynamoResources(dynamodb, name)


@pytest.fixture
def lose(dynamodb):
    """Lose the answer to the next call of an operation, once it has taken effect."""

    def lose(operation, *, meanwhile=lambda: None):
        event = f"before-send.dynamodb.{operation}"

        def lost(request, **_details):
            dynamodb.meta.events.unregister(event, lost)
            botocore_stubber("before-send", request)
            meanwhile()
            raise ConnectionClosedError(endpoint_url=request.url)

        dynamodb.meta.events.register_first(event, lost)

    return lose


def test_a_record_that_is_there_because_it_was_just_made_is_no_other(resources, lose):
    lose("PutItem")

    resources.create(RECORD)

    assert resources.get(ARN) == RECORD


def test_what_somebody_else_made_is_another_still(resources, lose):
    resources.create({**RECORD, "status": "CREATE FAILED"})
    lose("PutItem")

    with pytest.raises(ResourceAlreadyExists):
        resources.create(RECORD)


def test_an_update_is_made_once(resources, lose):
    resources.create({**RECORD, "count": 0})
    lose("PutItem")

    updated = resources.update(ARN, lambda record: {"count": record["count"] + 1}, when=["ACTIVE"])

    assert updated["count"] == resources.get(ARN)["count"] == 1


def test_an_update_that_was_followed_by_another_is_made_on_top_of_that(resources, lose):
    resources.create({**RECORD, "mine": 0, "theirs": 0})
    lose("PutItem", meanwhile=lambda: resources.update(ARN, {"theirs": 1}))

    resources.update(ARN, {"mine": 1})

    assert {name: resources.get(ARN)[name] for name in ("mine", "theirs")} == {"mine": 1, "theirs": 1}


def test_a_removed_record_is_gone(resources, lose):
    resources.create(RECORD)
    lose("DeleteItem")

    resources.delete(ARN, when=["ACTIVE"])

    assert resources.find(ARN) is None
