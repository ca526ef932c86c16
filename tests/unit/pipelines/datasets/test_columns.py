"""DuckDB reads each text as the rules for JSON do: the same value, or none for both."""

import math

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tastemaker.domain.schemas.readings import Unreadable
from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.datasets.columns import Column

SCRAPS = st.lists(
    st.sampled_from([*"0123456789.+-eE_ \t\n\v\f\r\u00a0\u0665,x", "e1", "1e", ".0", "inf", "nan"]), max_size=12
)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.integers(-(2**70), 2**70).map(lambda number: f"{number}.0"),
    st.floats().map(str),
    st.decimals(places=3, allow_nan=False, allow_infinity=False).map(str),
)
WORDS = st.sampled_from(
    ["true", "T", "yes", " y", "on", "1", "1.0", "01", "False", "f ", "NO", "n\t", "0", "0.0", "-0", "2"]
)
SESSION = duckdb.connect()


def by_file(column, text):
    query = f"SELECT {column.readable_value('cell')} FROM (SELECT CAST(? AS VARCHAR) AS cell)"  # noqa: S608
    [(value,)] = SESSION.execute(query, [text]).fetchall()
    return value


def by_call(column, text):
    try:
        value = column.value_of(text)
    except Unreadable:
        return None
    # A file's value has been a float of 32 bits, a record's becomes one when it is read.
    if column.field.type == "float" and value is not None:
        [(value,)] = SESSION.execute("SELECT CAST(? AS FLOAT)", [str(value)]).fetchall()
    return value


@pytest.mark.parametrize("within", [None, (1, 10)])
@pytest.mark.parametrize("type_", ["int", "long", "float", "double", "boolean"])
@given(text=st.one_of(SCRAPS.map("".join), NUMBERS, WORDS).filter(bool))
@settings(max_examples=150, deadline=None)
@example("9007199254740993.4")
@example("9007199254740993.0")
@example("1.2345678901234568e+18")
@example("9223372036854775807")
@example("-9223372036854775808.0")
@example("9223372036854775807.5")
@example("2147483647.4")
@example("3.4028235e38")
@example("3.4028236e38")
@example("." + "3" * 100)
@example("1" * 400)
@example("0x1f")
@example("0b1")
@example(".5")
@example("5.")
@example("-0.0")
@example("10.5")
def test_a_text_is_the_same_value_to_both(type_, within, text):
    column = Column(Field("X", type_), required=False, is_id=False, within=None if type_ == "boolean" else within)

    file, call = by_file(column, text), by_call(column, text)

    assert (file, type(file)) == (call, type(call))
    assert file is None or math.isfinite(file)


@given(
    text=st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.text("\u00e9a", min_size=999)
    )
)
@settings(max_examples=60, deadline=None)
def test_a_string_is_the_same_to_both(text):
    for field in (Field("X", "string"), Field("X", "string", textual=True)):
        column = Column(field, required=False, is_id=False)

        assert (by_file(column, text or None)) == by_call(column, text)


@pytest.mark.parametrize("text", ["Taken", "not taken", " VIEWED ", "Not_Taken", "click", "not  taken", "takenn"])
def test_a_word_of_a_list_is_the_same_to_both(text):
    column = Column(Field("X", "string"), required=True, is_id=False, words=("TAKEN", "NOT_TAKEN", "VIEWED"))

    assert by_file(column, text) == by_call(column, text)
