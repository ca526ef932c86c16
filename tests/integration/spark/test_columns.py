"""Spark reads each text as DuckDB does, and so as the rules for JSON do: the same value, or none for both."""

import math

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.spark_columns import spark_columns_of
from tests.unit.pipelines.datasets.cells import CELLS, CONTACTS, EXAMPLES, SPELLINGS, STRINGS, TEXTS

# Many texts at once: each look costs Spark as much as thousands of cells.
MANY = settings(max_examples=2, deadline=None, suppress_health_check=[*HealthCheck])
NUMERIC = [*(text for cells in CELLS.values() for text in cells), *EXAMPLES]


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as made:
        yield made


def by_spark(session, columns, texts):
    """Return the value of each text by each column, and the rule that it breaks."""
    session.createDataFrame(
        [(place, text) for place, text in enumerate(texts)], "place INT, cell STRING"
    ).createOrReplaceTempView("cells")
    cells = [
        expression
        for column in spark_columns_of(columns)
        for expression in (column.readable_value("cell"), f"CAST({column.problem('cell')} AS STRING)")
    ]
    rows = session.sql(f"SELECT {', '.join(cells)} FROM cells ORDER BY place").collect()  # noqa: S608
    return [tuple(row) for row in rows]


def by_duckdb(duck, columns, texts):
    cells = [text for c in columns for text in (c.readable_value("cell"), f"CAST({c.problem('cell')} AS VARCHAR)")]
    query = f"SELECT {', '.join(cells)} FROM (SELECT unnest(?::VARCHAR[]) AS cell)"  # noqa: S608
    return duck.execute(query, [texts]).fetchall()


def told(rows):
    """Return rows that compare with the types of their values, and with the sign of a zero."""
    return [[(type(v), math.copysign(1, v) if isinstance(v, float) else 0, v) for v in row] for row in rows]


def numbers():
    for type_ in ("int", "long", "float", "double", "boolean"):
        for within in (None, (1, 10)) if type_ != "boolean" else (None,):
            yield Column(Field("X", type_), required=False, is_id=False, within=within)


@given(texts=st.lists(TEXTS, min_size=300, max_size=300))
@MANY
def test_a_text_is_the_same_value_to_spark(session, duck, texts):
    columns, cells = [*numbers()], [*NUMERIC, *texts]

    assert told(by_spark(session, columns, cells)) == told(by_duckdb(duck, columns, cells))


@given(texts=st.lists(STRINGS, min_size=30, max_size=30))
@MANY
def test_a_string_is_the_same_to_spark(session, duck, texts):
    texts = [*(text or None for text in texts), "x" * 20_001, "\U0001f600" * 20_001, "\U0001f600" * 256, "\u00e9" * 257]
    columns = [
        Column(Field("X", "string", textual=textual), required=required, is_id=is_id)
        for textual, required, is_id in ((False, False, False), (True, False, False), (False, True, True))
    ]

    assert by_spark(session, columns, texts) == by_duckdb(duck, columns, texts)


def test_a_word_of_a_list_is_the_same_to_spark(session, duck):
    column = Column(Field("X", "string"), required=True, is_id=False, words=CONTACTS)

    assert by_spark(session, [column], [*SPELLINGS, None]) == by_duckdb(duck, [column], [*SPELLINGS, None])
