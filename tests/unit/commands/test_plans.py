"""`tastemaker quote --rows`: a plan that no service is asked for."""

import json
import re
from pathlib import Path

import pytest

from tastemaker_local import cli

PAGE = Path(__file__).parents[3] / "docs" / "scale.md"
TITLE = "## A plan for any size"


@pytest.fixture
def quote(capsys):
    """Runs the command, and returns its exit status with what it said."""

    def run(*words):
        try:
            status = cli.main(["quote", *words])
        except SystemExit as ended:
            status = ended.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def in_one_line(text):
    return " ".join(text.split())


def test_the_page_has_the_plan_that_the_command_prints(quote):
    lines = PAGE.read_text().partition(TITLE)[2].splitlines()
    block = [line.removeprefix("    ") for line in lines if line.startswith("    ") or not line]
    begin = block.index("$ tastemaker quote --rows 3e9 --items 5e6")

    status, said, _ = quote("--rows", "3e9", "--items", "5e6")

    printed = [line.rstrip() for line in said.splitlines()]
    assert (status, block[begin + 1 : begin + 1 + len(printed)]) == (0, printed)


def test_a_plan_is_the_same_for_programs(quote):
    status, said, _ = quote("--rows", "1e6", "--items", "20000", "--users", "5e4", "--memory", "4096", "--json")

    plan = json.loads(said)
    assert status == 0
    assert (plan["rows"], plan["items"], plan["users"]) == (1_000_000, 20_000, 50_000)
    assert [(step["step"], step["rung"], step["memory"], step["fits"]) for step in plan["steps"]] == [
        ("import", "function", 4096, True),
        ("training", "function", 4096, True),
    ]
    assert plan["csvBytes"] == 43_000_000
    assert plan["serving"]["fits"] is True
    first = next(limit for limit in plan["limits"] if limit["stops"])
    assert re.match(
        rf"Nothing breaks at this size; larger, it would first in .*\b{first['step']}: beyond", plan["first"]
    )
    assert plan["first"].endswith(f" interactions with 20,000 items {first['why']}.")
    assert not any(limit["passed"] for limit in plan["limits"])
    assert "Spark" not in plan["assumed"]


def test_a_training_that_outgrows_containers_has_three_legs(quote):
    said = in_one_line(quote("--rows", "7e8", "--items", "1e6")[1])
    plan = json.loads(quote("--rows", "7e8", "--items", "1e6", "--json")[1])

    assert "a container gathers the events and learns from 20 M of them how pairs are weighed, Spark counts" in said
    assert "Imports and trainings by Spark are a setting of a deployment, tastemaker:spark." in said
    assert [(step["step"], step["rung"]) for step in plan["steps"]] == [
        ("import", "container"),
        ("gather", "container"),
        ("count", "spark"),
        ("assemble", "container"),
    ]
    assert set(plan["steps"][2]["spark"]) == {"partitions", "shuffledBytes", "executors", "executorMemory", "vcpus"}
    assert "count by Spark" in plan["assumed"]
    assert "import by Spark" not in plan["assumed"]


def test_what_spark_cannot_do_is_said_to_fail(quote):
    said = in_one_line(quote("--rows", "7e8", "--items", "1e6", "--recipe", "aws-sims")[1])
    plan = json.loads(quote("--rows", "7e8", "--items", "1e6", "--recipe", "aws-sims", "--json")[1])

    assert (
        "The training fits on no rung and fails: aws-sims learns from all events at once, which Spark does not" in said
    )
    assert [(step["rung"], step["fits"]) for step in plan["steps"]] == [("container", True), ("none", False)]
    assert "by Spark" not in plan["assumed"]
    assert "It breaks first in training: beyond about" in said


def test_where_it_breaks_first_is_a_sentence(quote):
    by_rows = in_one_line(quote("--rows", "7e8", "--items", "2e4", "--recipe", "aws-personalized-ranking")[1])
    by_items = in_one_line(quote("--rows", "1e6", "--items", "1e8")[1])
    by_legs = in_one_line(quote("--rows", "3e9", "--items", "2e7")[1])

    assert "It breaks first in training: beyond about 659,000,000 interactions with 20,000 items the largest" in by_rows
    assert "It breaks first in training by Spark, " in by_legs
    assert "It breaks first in serving: with any number of interactions, beyond about " in by_items


def test_users_are_one_for_sixty_interactions(quote):
    assert "6,000 interactions of 100 users, 50 items" in quote("--rows", "6000", "--items", "50")[1]
    assert "10 interactions of 1 users, 50 items" in quote("--rows", "10", "--items", "50")[1]


def test_lines_fit_into_eighty_columns(quote, monkeypatch):
    monkeypatch.setattr("tastemaker_local.commands.terminals._UNWATCHED", 80)

    said = quote("--rows", "3e9", "--items", "5e6")[1]

    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--rows", "1e6"], "--rows needs --items"),
        (["--items", "5", "--solution", "next"], "--items and --users belong to --rows"),
        (["--rows", "10", "--items", "5", "--users", "11"], "11 users cannot have 10 interactions"),
        (["--rows", "many", "--items", "5"], "many is no count such as 1000000 or 3e9"),
        (["--rows", "0", "--items", "5"], "0 is no count"),
        (["--rows", "2.5", "--items", "5"], "2.5 is no count"),
        (["--rows", "inf", "--items", "5"], "inf is no count"),
        (["--rows", "10", "--items", "5", "--memory", "64"], "64 is no memory of a function"),
        (["--rows", "10", "--items", "5", "--solution", "next"], "not allowed with argument"),
    ],
)
def test_options_that_do_not_fit_are_said(quote, words, why):
    status, said, fault = quote(*words)

    assert (status, said, why in in_one_line(fault)) == (2, "", True), fault


def test_an_unknown_recipe_is_said(quote):
    status, _, fault = quote("--rows", "10", "--items", "5", "--recipe", "aws-unheard-of")

    assert (status, "there is no recipe aws-unheard-of" in fault) == (1, True)
