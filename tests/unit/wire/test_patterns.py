"""Python's reading of the models' Java patterns."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.wire.patterns import compile_pattern
from tests.patterns import PATTERNS
from tests.unit.wire.samples import operations

TAG = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"
SOURCE = r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$"


def patterns_of(shape):
    members = getattr(shape, "members", {}).values()
    inner = [*members, *(getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part))]
    return {shape.metadata.get("pattern")}.union(*(patterns_of(part) for part in inner))


def test_every_pattern_of_the_models_is_enforced():
    written = set().union(*(patterns_of(model.input_shape) for _, model in operations())) - {None}

    assert written == set(PATTERNS)
    assert all(compile_pattern(pattern) for pattern in written)


@pytest.mark.parametrize(("pattern", "right", "wrong"), [(pattern, *pair) for pattern, pair in PATTERNS.items()])
def test_a_pattern_takes_the_right_and_refuses_the_wrong(pattern, right, wrong):
    assert compile_pattern(pattern).fullmatch(right)
    assert not compile_pattern(pattern).fullmatch(wrong)


def test_tags_take_exactly_the_unicode_letters_separators_and_numbers():
    pattern = compile_pattern(TAG)

    for code in range(0, sys.maxunicode + 1, 7):
        character = chr(code)
        allowed = unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@"
        assert bool(pattern.fullmatch(character)) == allowed, hex(code)


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u2029"])
def test_a_dot_stops_where_it_stops_in_java(end):
    assert not compile_pattern("(s3|http|https)://.+").fullmatch(f"s3://bucket{end}")


def test_digits_are_ascii_digits():
    assert not compile_pattern(r"rate\(\d+ days?\)").fullmatch("rate(\u0663 days)")


@settings(deadline=None)
@given(st.text(alphabet="a ~\n\x1f\x7f", max_size=12))
def test_the_quicker_pattern_takes_the_same_strings(text):
    assert bool(compile_pattern(SOURCE).fullmatch(text)) == bool(re.fullmatch(SOURCE, text))


def test_a_pattern_that_cannot_be_translated_is_not_enforced_but_logged(caplog):
    assert compile_pattern(r"\p{Lu}+") is None
    assert r"\p{Lu}+" in caplog.text
    compile_pattern.cache_clear()
