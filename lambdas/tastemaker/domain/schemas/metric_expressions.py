"""Expressions of metric attributions: SAMPLECOUNT(), or SUM(DATASET.COLUMN) of a numeric column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tastemaker.domain.schemas.schema import Schema

_FORM = re.compile(
    r"\s*(?:(?P<count>SAMPLECOUNT)\s*\(\s*\)"
    r"|SUM\s*\(\s*(?P<dataset>Items|Interactions)\s*\.\s*(?P<column>[A-Z_][A-Z\d_]*)\s*\))\s*",
    re.IGNORECASE,
)
_NUMBERS = frozenset({"int", "long", "float", "double"})


class InvalidExpression(ValueError):
    """The expression says nothing that can be computed from a dataset group's data."""


@dataclass(frozen=True, slots=True)
class Expression:
    """How events of a type are counted: each as one, or by the value of a column; both names are upper case."""

    dataset: str | None = None
    column: str | None = None

    @property
    def function(self) -> str:
        """The function's name, as reports write it."""
        return "sum" if self.dataset else "samplecount"


def parse_expression(text: str) -> Expression:
    """Read an expression; functions, datasets and columns are written in any case."""
    match = _FORM.fullmatch(text)
    if not match:
        raise InvalidExpression(
            f"{text!r} must be SAMPLECOUNT(), SUM(Items.COLUMN) or SUM(Interactions.COLUMN), with a numeric column."
        )
    if match["count"]:
        return Expression()
    return Expression(match["dataset"].upper(), match["column"].upper())


def check_expression(expression: Expression, schemas: Mapping[str, Schema]) -> None:
    """Check an expression against the schemas by dataset type."""
    if expression.dataset is None:
        return
    title = expression.dataset.capitalize()
    if expression.dataset not in schemas:
        raise InvalidExpression(f"The dataset group has no {title} dataset.")
    field = next((f for f in schemas[expression.dataset].fields if f.name.upper() == expression.column), None)
    if field is None:
        raise InvalidExpression(f"The column {expression.column} is not in the schema of the {title} dataset.")
    if field.type not in _NUMBERS:
        raise InvalidExpression(f"{title}.{field.name} cannot be summed: it is of type {field.type}.")
