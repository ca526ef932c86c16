"""The last step of a restore, examples/copy_table.py: a table holds what another holds, and nothing else."""

import runpy
import sys
from pathlib import Path

import boto3
import pytest

PROGRAM = Path(__file__).parents[2] / "examples" / "copy_table.py"


@pytest.fixture
def tables(tastemaker):
    """A restored table and the one in use, which differ in each way."""
    client, dynamodb = tastemaker.client("dynamodb"), boto3.resource("dynamodb")
    for name in ("restored", "in-use"):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
    restored, in_use = dynamodb.Table("restored"), dynamodb.Table("in-use")
    for id_, value in (("lost", 1), ("changed", 2)):
        restored.put_item(Item={"id": id_, "value": value})
    for id_, value in (("changed", 3), ("new", 4)):
        in_use.put_item(Item={"id": id_, "value": value})
    yield in_use
    for name in ("restored", "in-use"):
        client.delete_table(TableName=name)


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", [str(PROGRAM), "restored", "in-use", *words])
    runpy.run_path(str(PROGRAM), run_name="__main__")


def test_without_write_it_only_counts(tables, monkeypatch, capsys):
    run(monkeypatch)

    assert capsys.readouterr().out == "in-use: 2 items to write, 1 to delete\n"
    assert {item["id"]: item["value"] for item in tables.scan()["Items"]} == {"changed": 3, "new": 4}


def test_afterwards_the_table_is_the_restored_one(tables, monkeypatch):
    run(monkeypatch, "--write")

    assert {item["id"]: item["value"] for item in tables.scan()["Items"]} == {"lost": 1, "changed": 2}
