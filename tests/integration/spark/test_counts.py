"""What Spark counts of a snapshot is what the engines count: ids, histories, popularity, pairs by lag."""

import json

import duckdb
import numpy as np
import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install '.[spark]'")

from spark import job
from tastemaker.pipelines.datasets.snapshots import ColumnInfo, Manifest, Part
from tastemaker.pipelines.training.spark_tables import counted_problem
from tastemaker.pipelines.training.spark_work import reduce_work
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.histories.baskets import first_times, last_events, number_baskets
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.matrix.grams import Counter, Histories
from tastemaker.recipes.matrix.kernels import Kernel, alike
from tastemaker.recipes.matrix.learner import learn_counted
from tastemaker.recipes.related import tables

# Small enough that limits are met: newest events of a user, items of the head, events looked at on either side.
MOST, WHOLE, HEAD, REACH, WINDOW, LATELY = 25, 10, 15, 6, 4, 12
KERNEL = Kernel(window=WINDOW)


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
    return drawn()


@pytest.fixture(scope="module")
def data(events):
    return TrainingData.from_ids(*events)


@pytest.fixture(scope="module")
def paired(data):
    return last_events(first_times(data.interactions), MOST)


@pytest.fixture(scope="module")
def made(session, events, tmp_path_factory):
    """Returns what reads a table that the job has written, each row as a tuple."""
    folder = tmp_path_factory.mktemp("reduce")
    users, items, times = (values.tolist() for values in events)
    with duckdb.connect() as duck:
        columns = "unnest(?::VARCHAR[]) AS USER_ID, unnest(?::VARCHAR[]) AS ITEM_ID, unnest(?::BIGINT[]) AS TIMESTAMP"
        duck.execute(f"CREATE TABLE events AS SELECT {columns}", [users, items, times])
        duck.execute(f"COPY events TO '{folder / 'events.parquet'}'")
    info = ColumnInfo("USER_ID", "string", nullable=False, categorical=False, textual=False)
    part = Part("events.parquet", len(users), 0, "")
    manifest = Manifest("d", "INTERACTIONS", "s", "j", "FULL", (part,), len(users), (info,))
    work = reduce_work({"INTERACTIONS": manifest}, "", "made", lambda _, key: str(folder / key), [*job.COUNTED])
    limits = {
        "head": {"window": WINDOW, "exponent": KERNEL.exponent, "reach": REACH},
        "tail": {"window": WINDOW, "exponent": KERNEL.exponent, "reach": REACH, "kept": 1_000},
        "together": {"most": LATELY, "least": 2, "kept": 1_000, "discount": 0.5},
    }
    work |= {"parts": 2, "most": MOST, "whole": WHOLE, "heads": [[0, 50], [20, HEAD]], "pairs": limits}
    (folder / "work.json").write_text(json.dumps(work))
    result = job.run(session, str(folder / "work.json"))
    assert result["counts"]["head"] == HEAD

    def read(name, order):
        with duckdb.connect() as duck:
            return duck.execute(f"SELECT * FROM '{folder}/made/{name}/*.parquet' ORDER BY {order}").fetchall()  # noqa: S608

    read.tables = lambda name: f"'{folder}/made/{name}/*.parquet'"
    return read


def test_ids_are_numbered_in_the_order_of_the_engines(made, data):
    assert made("users", "code") == [(str(id_), code) for code, id_ in enumerate(data.user_ids)]
    assert made("items", "code") == [(str(id_), code) for code, id_ in enumerate(data.item_ids)]


def test_histories_are_those_of_the_engines(made, data):
    whole = data.interactions
    columns = (whole.users, whole.items, whole.timestamps, whole.weights, number_baskets(whole))

    assert made("histories", "1, 3, 2, 4") == list(zip(*(column.tolist() for column in columns), strict=True))


def test_popularity_is_counted_by_events_and_by_users(made, data):
    events = np.bincount(data.interactions.items, minlength=len(data.item_ids))
    users = distinct_users(data.interactions)

    rows = made("popularity", "item")

    assert rows == list(zip(range(len(users)), events.tolist(), users.tolist(), strict=True))


def test_what_is_paired_is_what_the_engines_pair(made, paired):
    columns = (paired.users, paired.items, paired.timestamps, paired.weights, number_baskets(paired))

    rows = made("paired", "user, place")

    assert [(*row[:4], row[6]) for row in rows] == list(zip(*(column.tolist() for column in columns), strict=True))
    assert max(row[4] for row in rows) == MOST


def strengths(paired):
    counts = np.bincount(paired.items, minlength=paired.n_items)
    return np.argsort(-counts, kind="stable")[: int((counts > 0).sum())].astype(np.int32)


def places(paired, begin, end):
    place = np.full(paired.n_items, -1, np.int32)
    place[strengths(paired)[begin:end]] = np.arange(end - begin)
    return place


def weighed(rows, table, shape):
    """Return the matrix of pairs by lag that a table weighs; `rows` are (row, column, lag, weight)."""
    matrix = np.zeros(shape, np.complex128)
    for row, column, lag, weight in rows:
        matrix[row, column] += weight * table[lag + WINDOW + 1]
    return matrix


def test_pairs_of_the_head_are_those_of_the_engines_by_any_kernel(made, paired):
    head = places(paired, 0, HEAD)
    tables_ = [KERNEL.order(), alike(WINDOW), Kernel(window=WINDOW, past=2, future=5, mixture=0.2).order()]
    counter = Counter(Histories.of(paired, KERNEL), head, head, tables_, before=True, reach=REACH)

    rows = [(row, column, -lag, weight) for row, column, lag, weight, _ in made("head", "1, 2, 3")]

    for table, counted in zip(tables_, counter.by_table((0, HEAD)), strict=True):
        np.testing.assert_allclose(weighed(rows, table, (HEAD, HEAD)), counted, rtol=1e-4, atol=1e-5)
    assert {row[2] for row in rows} == {*range(-WINDOW, 1)}


def test_pairs_of_the_tail_are_those_of_the_engines(made, paired):
    size = len(strengths(paired))
    table = KERNEL.weights(rows_follow=True)
    rows, columns = places(paired, HEAD, size), places(paired, 0, size)
    counter = Counter(Histories.of(paired, KERNEL), rows, columns, [table], reach=REACH)
    counted = counter.dense((0, size - HEAD))
    counted[np.arange(size - HEAD), np.arange(HEAD, size)] = 0  # an event beside itself

    found = [(row - HEAD, column, lag, weight) for row, column, lag, weight in made("tail", "1, 2, 3")]

    np.testing.assert_allclose(weighed(found, table, counted.shape), counted, rtol=1e-4, atol=1e-5)


def test_a_matrix_is_learned_from_what_was_counted(made, paired):
    with duckdb.connect() as duck:
        problem = counted_problem(duck, made.tables, HEAD, KERNEL)
    size = len(strengths(paired))
    histories, head = Histories.of(paired, KERNEL), places(paired, 0, HEAD)
    counter = Counter(histories, head, head, [KERNEL.weights(rows_follow=True)], reach=REACH)
    rows = Counter(histories, places(paired, HEAD, size), places(paired, 0, size), counter.tables, reach=REACH)

    covariance, targets = problem.among_head()

    assert problem.order.tolist() == strengths(paired).tolist()
    whole = counter.dense((0, HEAD))
    np.testing.assert_allclose(covariance, whole.real, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(targets, whole.imag, rtol=1e-4, atol=1e-5)
    told = problem.counter((0, size), rows_follow=True).dense((0, size - HEAD))
    np.testing.assert_allclose(told, rows.dense((0, size - HEAD)), rtol=1e-4, atol=1e-5)
    assert learn_counted(problem, 0.5, paired.n_items).n_items == paired.n_items


def test_users_who_have_both_are_those_of_the_engines(made, data):
    late = last_events(data.interactions, LATELY)
    member = tables.groups(late.users.astype(np.int64), late.items, late.n_items)
    both = (member.T @ member).tocoo()
    pairs = zip(both.row.tolist(), both.col.tolist(), both.data.tolist(), strict=True)

    rows = made("together", "item, other")

    assert [row[:3] for row in rows] == sorted((a, b, n) for a, b, n in pairs if a != b and n >= 2)
    sizes = member.getnnz(axis=0)
    for item in {row[0] for row in rows}:
        own = [row for row in rows if row[0] == item]
        assert sorted(own, key=lambda row: row[3]) == sorted(own, key=lambda r: (-r[2] / sizes[r[1]] ** 0.5, r[1]))
