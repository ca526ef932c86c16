"""Our Query reads its page only; moto's reads the whole table. Both must find the same."""

import copy
from random import Random

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from tastemaker_local.emulation import dynamodb

CONDITIONS = {
    "all": lambda _: None,
    "equal": lambda name: Key(name).eq("05"),
    "below": lambda name: Key(name).lt("05"),
    "up to": lambda name: Key(name).lte("05"),
    "above": lambda name: Key(name).gt("05"),
    "from": lambda name: Key(name).gte("05"),
    "between": lambda name: Key(name).between("03", "12"),
    "beginning with": lambda name: Key(name).begins_with("1"),
}


@pytest.fixture(scope="module")
def dynamo():
    """Return a resource of a DynamoDB with our changes."""
    with mock_aws(), dynamodb.installed():
        yield boto3.session.Session().resource("dynamodb", region_name="us-east-1")


@pytest.fixture(scope="module")
def filled(dynamo):
    """Return a table that tests only read."""
    return _table(dynamo, "read")


@pytest.fixture
def table(dynamo):
    """Return a table of the test's own."""
    made = _table(dynamo, "written")
    yield made
    made.delete()


def _table(dynamo, name):
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("user", "moment", "group", "recorded")]
    schema = [{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "moment", "KeyType": "RANGE"}]
    of_index = [{"AttributeName": "group", "KeyType": "HASH"}, {"AttributeName": "recorded", "KeyType": "RANGE"}]
    index = {"IndexName": "by-group", "KeySchema": of_index, "Projection": {"ProjectionType": "ALL"}}
    of_local = [schema[0], {"AttributeName": "recorded", "KeyType": "RANGE"}]
    local = {"IndexName": "by-recorded", "KeySchema": of_local, "Projection": {"ProjectionType": "ALL"}}
    made = dynamo.create_table(
        TableName=name,
        KeySchema=schema,
        AttributeDefinitions=kinds,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index],
        LocalSecondaryIndexes=[local],
    )
    _fill(made, Random(7))  # noqa: S311 - a test's data
    return made


def _fill(table, random):
    for number in range(150):
        key = {"user": f"u{random.randrange(3)}", "moment": f"{random.randrange(20):02d}"}
        extra = {"group": "g", "recorded": f"{random.randrange(20):02d}"} if random.random() < 0.8 else {}
        if random.random() < 0.2:
            table.delete_item(Key=key)
        elif random.random() < 0.5:
            table.put_item(Item=key | extra | {"n": number})
        else:
            table.update_item(
                Key=key,
                UpdateExpression="SET n = :n, #g = :g, recorded = :r",
                ExpressionAttributeNames={"#g": "group"},
                ExpressionAttributeValues={":n": number, ":g": f"g{number % 2}"[:2], ":r": f"{number % 20:02d}"},
            )


def _pages(table, **request):
    """Return all pages that are not empty, as moto may promise one more page than there is."""
    pages, start = [], {}
    while True:
        reply = table.query(**request, **start)
        if reply["ScannedCount"]:
            pages.append((reply["Items"], reply["ScannedCount"]))
        if "LastEvaluatedKey" not in reply:
            return pages
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


def _slowly(table, **request):
    """Return what moto's own Query finds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moto.dynamodb.models.table.Table.query", dynamodb._query)
        return _pages(table, **request)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 4, 1000])
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize(
    ("index", "key", "value"), [(None, "user", "u1"), ("by-group", "group", "g1"), ("by-recorded", "user", "u1")]
)
def test_a_query_finds_what_moto_finds(filled, condition, limit, *, forward, index, key, value):
    narrowed = CONDITIONS[condition]("recorded" if index else "moment")
    request = {
        "KeyConditionExpression": Key(key).eq(value) & narrowed if narrowed else Key(key).eq(value),
        "FilterExpression": Attr("n").gt(20),
        "Limit": limit,
        "ScanIndexForward": forward,
        # Of indexes only a local one can be read consistently.
        "ConsistentRead": index != "by-group",
        **({"IndexName": index} if index else {}),
    }

    assert _pages(filled, **request) == _slowly(filled, **request)


@pytest.mark.parametrize("expression", ["n", "n, #g, nothing", "n, doc.inner", "doc.inner[0]"])
@pytest.mark.parametrize("index", [None, "by-group"])
def test_a_query_shows_the_attributes_that_moto_shows(table, index, expression):
    table.put_item(
        Item={"user": "u1", "moment": "50", "group": "g1", "recorded": "50", "doc": {"inner": [1, {"a": 2}]}}
    )
    request = {
        "KeyConditionExpression": Key("group").eq("g1") if index else Key("user").eq("u1"),
        "ProjectionExpression": expression,
        **({"ExpressionAttributeNames": {"#g": "group"}} if "#g" in expression else {}),
        **({"IndexName": index} if index else {}),
    }

    shown = _pages(table, **request)

    assert shown == _slowly(table, **request)
    assert any(item for items, _ in shown for item in items)


def test_a_refused_update_changes_nothing(table):
    before = copy.deepcopy(table.scan()["Items"])

    with pytest.raises(ClientError):
        table.update_item(
            Key={"user": "u1", "moment": "99"},
            UpdateExpression="SET a = :a, n = missing + :a",
            ExpressionAttributeValues={":a": 1},
        )

    assert table.scan()["Items"] == before


def test_a_cancelled_transaction_leaves_queries_as_they_were(table):
    before = _pages(table, KeyConditionExpression=Key("user").eq("new"))
    put = {"Put": {"TableName": table.name, "Item": {"user": "new", "moment": "1"}}}
    check = {"TableName": table.name, "Key": {"user": "x", "moment": "x"}, "ConditionExpression": "attribute_exists(n)"}

    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.meta.client.transact_write_items(TransactItems=[put, {"ConditionCheck": check}])

    assert _pages(table, KeyConditionExpression=Key("user").eq("new")) == before


def test_every_change_is_told(table):
    told = []

    with dynamodb.told(lambda _, hash_value, range_value: told.append((hash_value.value, range_value.value)), print):
        table.put_item(Item={"user": "a", "moment": "1"})
        table.update_item(
            Key={"user": "a", "moment": "2"}, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": 1}
        )
        table.delete_item(Key={"user": "a", "moment": "1"})
        table.delete_item(Key={"user": "a", "moment": "never there"})

    assert set(told) == {("a", "1"), ("a", "2")}
    assert dynamodb_backends["123456789012"]["us-east-1"].tables
