"""A snapshot that Spark writes is the one that one machine writes: rows, types, counts, and what is refused."""

import gzip
import random

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install '.[spark]'")

from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.csv_problems import Refusal
from tastemaker.pipelines.imports.spark_work import verdict
from tastemaker.pipelines.imports.tolerance import Losses
from tests.integration.spark.twins import Twins
from tests.unit.pipelines.fakes import INTERACTIONS, ITEMS, a_field, a_schema

EVENTS = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
FILMS = "ITEM_ID,GENRES,YEAR,DESCRIPTION\n"
EXTRA = [*INTERACTIONS, a_field("DEVICE", ["null", "string"], categorical=True), a_field("PAID", ["null", "boolean"])]


def events(seed, count, users=40):
    """Return lines of events, some of them twice, with quotes, commas and empty cells."""
    draw = random.Random(seed)  # noqa: S311
    kinds = ["View", "Buy", "", '"a ""big"" one, really"', "caf\u00e9", '""', 'in"side']
    values = ["", "1.5", " 2", "1e3", "-0.0", "0.1", "+3", "7."]
    lines = [
        f"user {draw.randrange(users)},i{draw.randrange(90)},{draw.choice(['', '+', ' '])}{draw.randrange(500)}"
        f"{draw.choice(['', '.0', ' '])},{draw.choice(kinds)},{draw.choice(values)}"
        for _ in range(count)
    ]
    return [*lines, *draw.choices(lines, k=count // 10)]


def films(seed, count, ids=200):
    """Return lines of films, some ids several times, some years that are none."""
    draw = random.Random(seed)  # noqa: S311
    texts = ["", "plain", '"a, ""b"""', "x" * 20_005, "\u00e9" * 20_000]
    years = ["1999"] * 80 + ["", "2006-2007", "2001.0"]
    return [
        f"film-{draw.randrange(ids)},{draw.choice(['Drama', 'Crime|Noir', ''])},"
        f"{draw.choice(years)},{draw.choice(texts if draw.random() < 0.2 else ['short'])}"
        for _ in range(count)
    ]


def text_of(lines, end="\n"):
    return end.join([*lines, ""])


@pytest.fixture
def twins(session, tmp_path):
    return Twins(session, tmp_path)


def equal_rows(asked, *, in_order=False):
    """Check rows, types and counts, and return Spark's rows in their order over the parts."""
    manifest = asked.small()
    (types, rows), (spark_types, spark_rows) = asked.rows(manifest)
    stats = {name: count for name, count in manifest.stats.items() if name != "read bytes"}
    assert spark_types == types
    assert (spark_rows if in_order else sorted(spark_rows, key=repr)) == (rows if in_order else sorted(rows, key=repr))
    assert asked.counts == stats
    assert asked.result["status"] == "DONE"
    return spark_rows


def put_events(twins, name):
    lines = events(1, 2_000)
    twins.put(f"{name}/a.csv", EVENTS + text_of(lines[:600]))
    twins.put(
        f"{name}/b {{1}}.csv",
        "\ufeff\r\n" + text_of([EVENTS.strip(), *lines[600:1_000], "", *lines[900:1_300]], "\r\n"),
    )
    twins.put(f"{name}/c.csv.gz", gzip.compress((EVENTS + text_of(lines[1_300:1_600])).encode()))
    swapped = [",".join([line.split(",")[2], "unused", *line.split(",")[:2], "Buy,1,"]) for line in lines[1_600:2_000]]
    twins.put(f"{name}/d.csv", "timestamp, Foreign ,user_id,ITEM_ID,EVENT_TYPE,EVENT_VALUE\n" + text_of(swapped))
    several = f'u,i,7,"two\nlines, and a ""quote""",\n{lines[1_999]}\nu,i,8,"\r\n",1'
    twins.put(f"{name}/e.csv", EVENTS + text_of(lines[2_000:]) + several)


def test_events_are_the_same(twins):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    put_events(twins, "first")

    rows = equal_rows(twins.ask(dataset, "first"))

    users = [row[0] for row in rows]
    assert len(set(users)) == sum(user != before for user, before in zip(users, [None, *users], strict=False))
    assert [row[:3] for row in rows] == sorted((row[:3] for row in rows), key=lambda row: (users.index(row[0]), row[2]))


def test_parts_are_several_and_bounded(twins):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", EVENTS + text_of(events(2, 9_000, users=1)))

    result = twins.ask(dataset, "first").result

    assert len(result["parts"]) > 3
    assert max(part["bytes"] for part in result["parts"]) < 20_000
    assert sum(part["rows"] for part in result["parts"]) == result["stats"]["rows"]


def test_events_grow_on_top_of_one_machines(twins):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", EVENTS + text_of(events(1, 500)))
    twins.ask(dataset, "first").small()
    schema = {"_arn": "wider", "_kind": "schema", "schema": a_schema("Interactions", EXTRA), "domain": None}
    twins.world.deps.resources.create(schema)
    twins.world.deps.resources.update(dataset, {"schemaArn": "wider"})
    head = EVENTS.strip() + ",DEVICE,PAID\n"
    twins.put("more/b.csv", head + text_of([*(f"{line},," for line in events(1, 300)), "u,i,9,,,tv,yes"]))

    rows = equal_rows(twins.ask(dataset, "more", "INCREMENTAL"))

    assert ("u", "i", 9, None, None, "tv", True) in rows


def test_records_are_the_same_and_the_last_of_an_id_wins(twins):
    dataset = twins.world.dataset("ITEMS", ITEMS)
    lines = films(1, 600)
    twins.put("first/a.csv", FILMS + text_of(lines[:300]))
    twins.put("first/b.csv", FILMS + text_of(lines[300:]))
    asked = twins.ask(dataset, "first")

    equal_rows(asked, in_order=True)
    one, spark = asked.verdicts()

    assert isinstance(one, Losses)
    assert spark == Losses(
        one.counts, tuple(problem.shortened if n >= 10 else problem for n, problem in enumerate(one.problems))
    )


def test_records_grow_and_keep_which_import_brought_them(twins):
    dataset = twins.world.dataset("ITEMS", ITEMS)
    for number, name in enumerate(("first", "second", "third")):
        twins.put(f"{name}/a.csv", FILMS + text_of(films(number, 60)))
    twins.ask(dataset, "first").small()

    equal_rows(twins.ask(dataset, "second", "INCREMENTAL"), in_order=True)
    twins.folder.joinpath("work.json").unlink()
    equal_rows(twins.ask(dataset, "third", "INCREMENTAL"), in_order=True)


GOOD = events(3, 3_000)
REFUSED = {
    "cells of every kind": [*GOOD, "u,i,5.5,,", ",i,5,,", "u,,5,,", "u" * 257 + ",i,5,,", "u,i,5,,x" + "y" * 80],
    "a record with too few cells": [*GOOD[:50], "u,i,x,,", *GOOD[50:], "u,i", *GOOD, "a,b,5,,,more"],
    "most values": [*(line.rpartition(",")[0] + ",cheap" for line in GOOD[:300]), *GOOD[300:]],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_alike(twins, name):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", EVENTS + "u,i,1,,\n")
    twins.put("first/b.csv", EVENTS + "\r\n".join(REFUSED[name]))

    asked = twins.ask(dataset, "first")
    one, spark = asked.verdicts()

    assert asked.result["status"] == "REFUSED"
    assert isinstance(one, Refusal)
    assert (str(spark), spark.count, spark.note) == (str(one), one.count, one.note)
    assert [problem.shortened for problem in spark.problems] == [problem.shortened for problem in one.problems]


def test_text_that_is_not_utf8_is_told_alike(twins):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", (EVENTS + text_of(GOOD[:7])).encode() + b"caf\xe9,i,5,,\n" + text_of(GOOD).encode())

    one, spark = twins.ask(dataset, "first").verdicts()

    # Each shows what cannot be shown in its own way.
    assert [problem.without_value for problem in spark.problems] == [problem.without_value for problem in one.problems]
    assert (spark.count, spark.problems[0].line) == (1, 9)


def test_lines_are_counted_in_a_file_with_cells_of_several(twins):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", EVENTS + 'u,i,1,"a\nb\nc",\nu,i,x,,\nu,i,2,"d\r\ne",\nu,i,y,,\n')

    one, spark = twins.ask(dataset, "first").verdicts()

    assert spark == one
    assert [problem.line for problem in spark.problems] == [5, 8]


@pytest.mark.parametrize("line", ['"u,i,5,,', '"u"x,i,5,,'])
def test_a_quote_that_is_not_closed_is_told_with_its_line(twins, line):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", EVENTS + "u,i,1,,\n")
    twins.put("first/b.csv", EVENTS + text_of([*GOOD[:6], line, *GOOD[6:9]]))

    one, spark = twins.ask(dataset, "first").verdicts()

    assert spark.problems[0].without_value == one.problems[0].without_value


@pytest.mark.parametrize(
    "body",
    [
        "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1\n",
        EVENTS.strip() + ",user_id\nu,i,1,,,v\n",
        EVENTS.replace(",", ";") + "u;i;1;;\n",
    ],
)
def test_a_header_is_refused_in_the_same_words(twins, body):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put("first/a.csv", EVENTS + "u,i,1,,\n")
    twins.put("first/b.csv", body)
    asked = twins.ask(dataset, "first")

    with pytest.raises(JobFailed) as one:
        asked.small()
    with pytest.raises(JobFailed) as spark:
        verdict(asked.plan, asked.result)

    assert str(spark.value) == str(one.value)


@pytest.mark.parametrize(
    ("key", "body", "why"),
    [
        ("a.csv", (EVENTS + 'u,i,1,"a \\" b",\n').encode(), "backslashes"),
        ("a.csv", gzip.compress((EVENTS + "u,i,1,,\n").encode()), "must be named .gz"),
        ("a.gz", (EVENTS + "u,i,1,,\n").encode(), "must be named .gz"),
        ("a.gz", gzip.compress((EVENTS + text_of(GOOD)).encode())[:-3_000], "not a whole gzip file"),
        ("a.gz", b"\x1f\x8b" + bytes(100), "not a whole gzip file"),
    ],
)
def test_what_only_one_machine_reads_is_told(twins, key, body, why):
    dataset = twins.world.dataset("INTERACTIONS", INTERACTIONS)
    twins.put(f"first/{key}", body)

    result = twins.ask(dataset, "first").result

    assert (result["status"], result["unfit"]) == ("REFUSED", f"s3://bucket/first/{key}")
    assert why in result["why"]
