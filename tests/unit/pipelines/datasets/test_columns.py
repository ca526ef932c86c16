"""DuckDB reads each text as the rules for JSON do: the same value, or none for both."""

import math
from functools import reduce

import duckdb
import pytest
from hypothesis import example, given, settings

from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.datasets.columns import Column
from tests.unit.pipelines.datasets.cells import CONTACTS, EXAMPLES, SPELLINGS, STRINGS, TEXTS, by_call, by_file


@pytest.fixture(scope="module")
def session():
    with duckdb.connect() as made:
        yield made


def with_examples(test):
    return reduce(lambda decorated, text: example(text=text)(decorated), EXAMPLES, test)


@pytest.mark.parametrize("within", [None, (1, 10)])
@pytest.mark.parametrize("type_", ["int", "long", "float", "double", "boolean"])
@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
@with_examples
def test_a_text_is_the_same_value_to_both(session, type_, within, text):
    column = Column(Field("X", type_), required=False, is_id=False, within=None if type_ == "boolean" else within)

    file, call = by_file(session, column, text), by_call(session, column, text)

    assert (file, type(file)) == (call, type(call))
    assert file is None or math.isfinite(file)


@given(text=STRINGS)
@settings(max_examples=60, deadline=None)
def test_a_string_is_the_same_to_both(session, text):
    for field in (Field("X", "string"), Field("X", "string", textual=True)):
        column = Column(field, required=False, is_id=False)

        assert (by_file(session, column, text or None)) == by_call(session, column, text)


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_word_of_a_list_is_the_same_to_both(session, text):
    column = Column(Field("X", "string"), required=True, is_id=False, words=CONTACTS)

    assert by_file(session, column, text) == by_call(session, column, text)
