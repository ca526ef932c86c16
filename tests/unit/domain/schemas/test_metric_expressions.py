"""Expressions of metric attributions: what is read and what is refused."""

import pytest

from tastemaker.domain.schemas.metric_expressions import Expression, InvalidExpression, parse_expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SAMPLECOUNT()", Expression()),
        (" samplecount ( ) ", Expression()),
        ("SUM(Items.PRICE)", Expression("ITEMS", "PRICE")),
        ("sum( interactions . event_value )", Expression("INTERACTIONS", "EVENT_VALUE")),
    ],
)
def test_an_expression_is_read_in_any_case(text, expected):
    assert parse_expression(text) == expected


@pytest.mark.parametrize(
    "text", ["", "SUM()", "SUM(PRICE)", "SUM(Items.PRICE) + 1", "SAMPLECOUNT(Items.PRICE)", "SUM(Items.PRICE"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidExpression, match="must be SAMPLECOUNT"):
        parse_expression(text)
