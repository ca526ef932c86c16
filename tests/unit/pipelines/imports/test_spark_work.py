"""What an import asks Spark to do, and what is made of its result; tests/integration/spark runs the job itself."""

import json

import pytest

from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.csv_problems import Problem, Refusal
from tastemaker.pipelines.imports.plans import plan_of
from tastemaker.pipelines.imports.spark_work import Unfit, counts_of, parts_of, snapshot_work, verdict
from tastemaker.pipelines.imports.tolerance import Losses
from tests.unit.pipelines.fakes import ITEMS, a_world

FILMS = "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,x,1,\n"
PROBLEM = {"file": "s3://bucket/data.csv", "line": 2, "column": "YEAR", "value": "soon", "rule": "must be an integer"}
COUNTS = {"read": 90, "strict": {"faults": 0, "wrong": 0}, "filled": {"YEAR": 80}, "unreadable": {"YEAR": 0}, "cut": {}}


@pytest.fixture
def world():
    made = a_world()
    made.put("data.csv", FILMS)
    return made


@pytest.fixture
def plan(world):
    dataset = world.dataset("ITEMS", ITEMS)
    return plan_of(world.deps, world.job(dataset)["arn"])


def test_the_work_says_what_is_read_and_what_is_right(plan):
    work = snapshot_work(plan, "data", None)

    assert work["files"] == [{"uri": "s3://bucket/data.csv", "name": "s3://bucket/data.csv"}]
    assert (work["key"], work["base"], work["events"]) == ("ITEM_ID", None, False)
    assert [(column["name"], column["type"], column["lenient"]) for column in work["columns"]] == [
        ("ITEM_ID", "STRING", False),
        ("GENRES", "STRING", False),
        ("YEAR", "INT", True),
        ("DESCRIPTION", "STRING", False),
    ]
    assert work["target"] == f"s3://data/{plan.folder}"
    assert json.loads(json.dumps(work))["step"] == "snapshot"


def test_an_import_that_grows_names_the_parts_that_it_grows_from(world):
    dataset = world.dataset("ITEMS", ITEMS)
    world.run(dataset, name="first")
    plan = plan_of(world.deps, world.job(dataset, mode="INCREMENTAL", name="second")["arn"])
    earlier = snapshots.read_manifest(world.deps.objects, "data", plan.base)

    work = snapshot_work(plan, "data", earlier)

    assert work["base"]["parts"] == [f"s3://data/{earlier.parts[0].key}"]
    assert (work["base"]["imports"], work["measures"]["#own rows"]) == (1, "count_if(`#import` = 1)")


def test_files_without_a_fault_are_fine(plan):
    assert verdict(plan, {"counts": COUNTS}) is None


def test_few_cells_that_cannot_be_read_are_lost(plan):
    counts = {**COUNTS, "unreadable": {"YEAR": 4}}

    assert verdict(plan, {"counts": counts, "problems": [PROBLEM]}) == Losses({"YEAR": 4}, (Problem(**PROBLEM),))


def test_many_cells_that_cannot_be_read_refuse_the_files(plan):
    counts = {**COUNTS, "unreadable": {"YEAR": 5}}

    refused = verdict(plan, {"counts": counts, "problems": [PROBLEM], "wrong records": 5})

    assert isinstance(refused, Refusal)
    assert (refused.count, "YEAR (5 of 80)" in refused.note) == (5, True)


def test_a_record_that_is_wrong_refuses_the_files(plan):
    counts = {**COUNTS, "strict": {"faults": 1, "wrong": 2}}

    assert verdict(plan, {"counts": counts, "problems": [PROBLEM]}) == Refusal((Problem(**PROBLEM),), 3)


@pytest.mark.parametrize(
    ("result", "kind", "told"),
    [
        ({"header": {"file": "f", "cells": []}}, JobFailed, "f is empty"),
        ({"header": {"file": "f", "cells": ["ITEM_ID"]}}, JobFailed, "missing the following columns:\\[GENRES"),
        ({"unfit": "f", "why": "backslashes"}, Unfit, "f cannot be read by many machines: backslashes."),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_told(plan, result, kind, told):
    with pytest.raises(kind, match=told):
        verdict(plan, result)


def test_a_manifest_gets_what_the_job_counted(plan):
    part = {"name": "part-0.parquet", "rows": 85, "bytes": 9, "sha256": "x"}
    stats = {"rows": 85, "empty YEAR": 3, "#longest DESCRIPTION": 20_000}
    counts = {**COUNTS, "unreadable": {"YEAR": 2}, "cut": {"DESCRIPTION": 7}}

    result = {"counts": counts, "parts": [part], "stats": stats}

    assert counts_of(plan, result, None) == {
        "rows": 85,
        "empty YEAR": 3,
        "repeated ITEM_ID": 5,
        "truncated DESCRIPTION": 7,
        "unreadable YEAR": 2,
    }
    assert parts_of(plan, result) == (snapshots.Part(f"{plan.folder}/part-0.parquet", 85, 9, "x"),)
