"""What Spark counts of events is what the engines count: ids, histories, popularity, pairs by a kernel."""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install '.[spark]'")

from spark import job
from tastemaker.pipelines.training.spread import pairs
from tastemaker.pipelines.training.spread.pairs import counted_problem, transitions_of
from tastemaker.pipelines.training.spread.spark_work import reduce_work
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.histories.baskets import first_times, last_events
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.matrix import transitions
from tastemaker.recipes.matrix.grams import Counter, Histories
from tastemaker.recipes.matrix.kernels import Kernel, alike
from tastemaker.recipes.matrix.learner import learn_counted

# Small enough that limits are met: newest events of a user, items of the head, events looked at on either side, ...
MOST, WHOLE, HEAD, REACH, WINDOW, BASKET = 25, 10, 15, 6, 4, 4
KERNEL = Kernel(window=WINDOW, past=2, future=5, far=20, mixture=0.2, exponent=0.5)
# Described besides what there are events of.
SILENT = "silent"


def drawn(seed=5, events=3_000, users=60, items=70):
    """Return events with a user who has a tenth of them, an item in half, and moments with several items."""
    draw = np.random.default_rng(seed)
    user = np.where(
        draw.random(events) < 0.1, "whale", np.char.add("user ", draw.integers(0, users, events).astype(str))
    )
    item = np.char.add("\u00e9-", (items * draw.random(events) ** 2).astype(int).astype(str))
    item = np.where(draw.random(events) < 0.5, "hot", item)
    return user, item, draw.integers(0, 400, events)


@pytest.fixture(scope="module")
def events():
    users, items, times = drawn()
    return users, items, times, np.random.default_rng(6).choice([0.5, 1.0, 2.0], len(users)).astype(np.float32)


@pytest.fixture(scope="module")
def data(events):
    """The same with one more user and item; of what is the same but for its weight the lightest comes first."""
    more = [
        np.append(column, column.dtype.type(extra))
        for column, extra in zip(events, (SILENT, SILENT, 0, 0), strict=True)
    ]
    light_first = np.argsort(more[3], kind="stable")
    whole = TrainingData.from_ids(*(column[light_first] for column in more))
    return whole.where(whole.user_ids[whole.interactions.users] != SILENT)


@pytest.fixture(scope="module")
def paired(data):
    return last_events(first_times(data.interactions), MOST)


@dataclass
class Made:
    """The tables that the job has written of some events below a folder."""

    folder: Path
    counts: dict

    @classmethod
    def by(cls, session, folder, events, whole, tail):
        types = {"user_id": "VARCHAR", "item_id": "VARCHAR", "timestamp": "BIGINT", "weight": "FLOAT"}
        with duckdb.connect() as duck:
            columns = ", ".join(f"unnest(?::{type_}[]) AS {name}" for name, type_ in types.items())
            duck.execute(f"CREATE TABLE events AS SELECT {columns}, 'x' AS more", [each.tolist() for each in events])
            duck.execute(f"COPY events TO '{folder}/events.parquet'")
            duck.execute(f"COPY (SELECT '{SILENT}' AS id) TO '{folder}/silent.parquet'")
        described = {kind: [str(folder / "silent.parquet")] for kind in ("user", "item")}
        tables = (str(folder / "made"), str(folder / "stage"))
        work = reduce_work([str(folder / "events.parquet")], described, *tables, KERNEL, len(events[0]))
        for name, limits in {"head": {"reach": REACH}, "tail": tail, "after": {"basket": BASKET}}.items():
            work["pairs"][name] |= limits
        work |= {"parts": 3, "most": MOST, "whole": whole, "heads": [[0, 50], [20, HEAD]]}
        (folder / "work.json").write_text(json.dumps(work))
        return cls(folder, job.run(session, str(folder / "work.json"))["counts"])

    def scan(self, name):
        return f"'{self.folder}/made/{name}/*.parquet'"

    def __call__(self, name, order=None):
        with duckdb.connect() as duck:
            return duck.execute(f"FROM {self.scan(name)} {f'ORDER BY {order}' if order else ''}").fetchall()

    def problem(self):
        with duckdb.connect() as duck:
            return counted_problem(duck, self.scan, self.counts["head"], KERNEL)


@pytest.fixture(scope="module")
def made(session, events, tmp_path_factory):
    made = Made.by(session, tmp_path_factory.mktemp("reduce"), events, WHOLE, {"reach": REACH})
    assert made.counts["head"] == HEAD
    assert not (made.folder / "stage").exists()
    return made


def rows_of(*columns):
    return list(zip(*(np.asarray(column).tolist() for column in columns), strict=True))


def test_ids_are_numbered_in_the_order_of_the_engines(made, data):
    assert made("users", "code") == [(str(id_), code) for code, id_ in enumerate(data.user_ids)]
    assert made("items", "code") == [(str(id_), code) for code, id_ in enumerate(data.item_ids)]
    assert SILENT in data.item_ids


def test_histories_are_those_of_the_engines_in_the_order_of_the_files(made, data):
    whole = data.interactions
    back = whole.starts()[whole.users + 1] - np.arange(len(whole))

    rows = made("histories")

    assert rows == rows_of(whole.users, whole.items, whole.timestamps, whole.weights, back)


def test_popularity_is_counted_by_events_and_by_users(made, data):
    whole = data.interactions
    events, users = np.bincount(whole.items, minlength=whole.n_items), distinct_users(whole)
    first = [whole.timestamps[whole.items == item].min() if n else None for item, n in enumerate(events)]

    assert made("popularity", "item") == rows_of(range(whole.n_items), events, users, first)
    assert first[data.item_ids.tolist().index(SILENT)] is None


def test_items_come_by_how_many_of_their_events_are_paired(made, paired):
    order = strengths(paired)
    histories = Histories.of(paired, KERNEL)
    alone = np.bincount(paired.items, histories.sources * histories.targets, paired.n_items)

    rows = made("strengths", "strength")

    assert [row[:3] for row in rows] == rows_of(range(len(order)), order, np.bincount(paired.items)[order])
    np.testing.assert_allclose([row[3] for row in rows], alone[order], rtol=1e-5)


def strengths(paired):
    counts = np.bincount(paired.items, minlength=paired.n_items)
    return np.argsort(-counts, kind="stable")[: int((counts > 0).sum())].astype(np.int32)


def places(paired, begin, end):
    place = np.full(paired.n_items, -1, np.int32)
    place[strengths(paired)[begin:end]] = np.arange(end - begin)
    return place


@pytest.fixture(scope="module")
def problem(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "SORTED", 40)
        return made.problem()


def test_pairs_of_the_head_are_those_of_the_engines(problem, made, paired):
    histories, head = Histories.of(paired, KERNEL), places(paired, 0, HEAD)
    counter = Counter(histories, head, head, [KERNEL.weights(rows_follow=True)], reach=REACH)

    covariance, targets = problem.among_head()

    whole = counter.dense((0, HEAD))
    np.testing.assert_allclose(covariance, whole.real, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(targets, whole.imag, rtol=1e-4, atol=1e-5)
    assert len(made("head")) <= HEAD**2


@pytest.mark.parametrize("rows_follow", [True, False])
def test_pairs_of_the_tail_are_those_of_the_engines(problem, paired, rows_follow):
    size = len(strengths(paired))
    rows, columns = places(paired, HEAD, size), places(paired, 0, size)
    table = KERNEL.weights(rows_follow=rows_follow)
    counter = Counter(Histories.of(paired, KERNEL), rows, columns, [table], reach=REACH)

    told = problem.counter((0, size), rows_follow=rows_follow).dense((0, size - HEAD))

    np.testing.assert_allclose(told, counter.dense((0, size - HEAD)), rtol=1e-4, atol=1e-5)


def test_the_strongest_cells_of_rows_of_the_tail_are_kept(session, events, paired, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "LEAST_BLOCK", 1)
    kept, size = 48, len(strengths(paired))
    limits = {"reach": REACH, "least": kept, "cells": 0}
    rows, columns = places(paired, HEAD, size), places(paired, 0, size)
    totals = Counter(Histories.of(paired, KERNEL), rows, columns, [alike(WINDOW)], reach=REACH).dense((0, size - HEAD))
    totals[np.arange(size - HEAD), np.arange(HEAD, size)] = 0  # an event beside itself
    worth = totals / np.bincount(paired.items)[strengths(paired)] ** 0.5

    cut = Made.by(session, tmp_path, events, WHOLE, limits)("tail", "1, 2")

    for row in range(HEAD, size):
        mine = [column for other, column, *_ in cut if other == row]
        best = -np.sort(-worth[row - HEAD])[: min(kept, np.count_nonzero(worth[row - HEAD]))]
        np.testing.assert_allclose(-np.sort(-worth[row - HEAD, mine]), best, rtol=1e-5)
    lengths = np.count_nonzero(worth, axis=1)
    assert lengths.min() < kept < lengths.max()


def test_where_all_items_are_of_the_head_there_is_no_tail(session, tmp_path):
    events = [column[:300] for column in (*drawn(), np.ones(300, np.float32))]

    made = Made.by(session, tmp_path, events, 1_000, {"reach": REACH})

    assert made.counts["head"] == made.counts["items"] == len(made("strengths"))
    assert made("tail") == []
    assert learn_counted(made.problem(), 0.5, made.counts["items"] + 1).n_items == made.counts["items"] + 1


def test_a_matrix_is_learned_from_what_was_counted(problem, paired):
    assert problem.order.tolist() == strengths(paired).tolist()
    assert learn_counted(problem, 0.5, paired.n_items).n_items == paired.n_items


def test_what_came_next_is_what_the_engines_count(made, paired, monkeypatch):
    monkeypatch.setattr(transitions, "LARGEST_BASKET", BASKET)
    with duckdb.connect() as duck:
        learned = transitions_of(duck, made.scan, paired.n_items)

    expected = transitions.learn(paired)

    assert len(expected.columns) > 100
    assert learned.starts.tolist() == expected.starts.tolist()
    assert learned.columns.tolist() == expected.columns.tolist()
    np.testing.assert_allclose(learned.values, expected.values, rtol=1e-5)
    np.testing.assert_allclose(learned.rest, expected.rest, rtol=1e-5)
