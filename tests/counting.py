"""Counts by DuckDB what `spark/job.py` counts in its step `reduce`: for small data, where there is no Spark.

Run: python tests/counting.py WORK-DOCUMENT, whose URIs are paths. Of a user it looks at all pairs of events.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

Work = Mapping[str, Any]
# Tables in the order in which they are made; those with a name of Spark's are written.
EVENTS = "FROM read_parquet({events})"
IDS = """
    SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS code
    FROM (SELECT {kind}_id AS id FROM events UNION {described})
"""
DESCRIBED, NOBODY = "SELECT id FROM read_parquet({paths})", "SELECT NULL WHERE false"
HISTORIES = """
    SELECT users.code AS "user", items.code AS item, "timestamp", weight,
    CAST(row_number() OVER newest AS INTEGER) AS back
    FROM events JOIN users ON users.id = user_id JOIN items ON items.id = item_id
    WINDOW newest AS (PARTITION BY user_id ORDER BY "timestamp" DESC, item_id DESC, weight DESC)
    ORDER BY "user", "timestamp", item, weight
"""
POPULARITY = """
    SELECT code AS item, count("user") AS events, count(DISTINCT "user") AS users, min("timestamp") AS "first"
    FROM items LEFT JOIN histories ON item = code GROUP BY code
"""
FIRSTS = """
    SELECT *, row_number() OVER (PARTITION BY "user" ORDER BY "timestamp", item) AS place,
    dense_rank() OVER (PARTITION BY "user" ORDER BY "timestamp") AS basket,
    count(*) OVER (PARTITION BY "user", "timestamp") AS beside,
    weight * (count(*) OVER (PARTITION BY "user")) ** -{exponent} AS share
    FROM (FROM histories QUALIFY row_number() OVER (PARTITION BY "user", item ORDER BY back DESC) = 1)
"""
STRENGTHS = """
    SELECT row_number() OVER (ORDER BY count(*) DESC, item) - 1 AS strength, item, count(*) AS events,
    CAST(sum(weight * share) AS FLOAT) AS alone FROM firsts GROUP BY item
"""
PAIRS = """
    SELECT one.strength AS "row", other.strength AS "column", {sums}
    FROM paired AS one JOIN paired AS other ON one."user" = other."user" AND one.place <> other.place
    WHERE abs(one.basket - other.basket) <= {window} AND {which} GROUP BY ALL
"""
AFTER = """
    SELECT *, CAST(sum(weight) OVER (PARTITION BY item) AS FLOAT) AS total FROM (
        SELECT one.item, other.item AS other, CAST(sum(other.weight) AS FLOAT) AS weight
        FROM paired AS one JOIN paired AS other ON one."user" = other."user" AND other.basket = one.basket + 1
        WHERE greatest(one.beside, other.beside) <= {basket} GROUP BY ALL
    )
"""
WEIGHT = "one.share * other.weight"
HEAD = "one.place > other.place AND greatest(one.strength, other.strength) < {head}"
BOTH = f'CAST(sum({WEIGHT}) AS FLOAT) AS "both"'
WRITTEN = ("users", "items", "histories", "popularity", "strengths", "head", "tail", "after")


def count(work: Work) -> dict[str, Any]:
    """Write the tables below the work's target, and return the result."""
    limits = work["pairs"]
    with duckdb.connect() as session:

        def made(name: str, query: str) -> None:
            session.execute(f"CREATE TABLE {name} AS {query}")

        made("events", EVENTS.format(events=work["events"]))
        for name, kind in (("users", "user"), ("items", "item")):
            described = DESCRIBED.format(paths=paths) if (paths := work["described"][kind]) else NOBODY
            made(name, IDS.format(kind=kind, described=described))
        made("histories", HISTORIES)
        made("popularity", POPULARITY)
        made("firsts", FIRSTS.format(exponent=limits["head"]["exponent"]))
        made("strengths", STRENGTHS)
        made("paired", "SELECT * FROM firsts JOIN (SELECT item, strength FROM strengths) USING (item)")
        head = _head(work, len(session.execute("FROM strengths").fetchall()))
        made("head", _pairs(limits["head"], "one.basket - other.basket", HEAD.format(head=head), BOTH))
        made("tail", _pairs(limits["tail"], "other.basket - one.basket + {window}", f"one.strength >= {head}"))
        made("after", AFTER.format(**limits["after"]))
        for name in WRITTEN:
            (folder := Path(work["target"]) / name).mkdir(parents=True)
            session.execute(f"COPY {name} TO '{folder}/part-0.parquet'")
    return {"status": "DONE", "counts": {"head": head}, "seconds": {}}


def _head(work: Work, items: int) -> int:
    return items if items <= work["whole"] else next(size for least, size in reversed(work["heads"]) if items >= least)


def _pairs(limits: Work, lag: str, which: str, *more: str) -> str:
    """Return the query of pairs, added up by tables whose place a lag gives."""
    place = lag.format(**limits)
    sums = [f"CAST(sum({WEIGHT} * {table}[1 + {place}]) AS FLOAT) AS {name}" for name, table in limits["sums"].items()]
    return PAIRS.format(sums=", ".join([*sums, *more]), window=limits["window"], which=which)


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.with_suffix(".result.json").write_text(json.dumps(count(json.loads(document.read_text()))))
