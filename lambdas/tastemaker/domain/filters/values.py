"""The values of a filter's placeholders, which come as text with quotes of their own (guide: "Filter expressions")."""

import re
from collections.abc import Mapping
from dataclasses import replace

from tastemaker.domain.filters.expressions import Condition, Expression, Filter, Parameter
from tastemaker.domain.filters.language import NUMBER, unquote
from tastemaker.domain.supersets import UNQUOTED_VALUES, refusal

_ORDERS = frozenset({"<", "<=", ">", ">="})
_SETS = frozenset({"IN", "NOT IN"})
_LONGEST = 1000  # characters; the runtime's model says so too, a batch job's line has none
_VALUE = re.compile(
    r"""[ \t]*(?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^"',\s](?:[^"',]*[^"',\s])?)[ \t]*(?:,|\Z)"""
)


class InvalidValues(ValueError):
    """A request's filterValues do not fit its filter."""


def parse_values(text: str) -> tuple[str, ...]:
    """Return the values in one entry: separated by commas, each in quotes (double, single or, leniently, none)."""
    values, place = list[str](), 0
    while not values or place < len(text) or text[place - 1] == ",":
        match = _VALUE.match(text, place)
        if not match:
            raise InvalidValues(
                f"{text!r:.100} is not a list of quoted values separated by commas: see character {place + 1}."
            )
        value = match["value"]
        values.append(unquote(value) if value[0] in "\"'" else value)
        place = match.end()
    return tuple(values)


def bind(filter_: Filter, filter_values: Mapping[str, str], *, strict: bool = False) -> Filter:
    """Put values in the place of a filter's parameters; what an EXCLUDE cannot apply without its values is left out.

    Strictly, words without quotes of their own are refused.
    """
    unknown = sorted(set(filter_values) - filter_.parameters)
    if unknown:
        raise InvalidValues(f"filterValues names {unknown[0]}, which is no parameter of the filter.")
    values = {name: _values_of(name, text, strict=strict) for name, text in filter_values.items()}
    bound = (_bind_expression(expression, values) for expression in filter_.expressions)
    return Filter(tuple(expression for expression in bound if expression.alternatives))


Values = Mapping[str, tuple[str, ...]]


def _values_of(name: str, text: str, *, strict: bool) -> tuple[str, ...]:
    if len(text) > _LONGEST:
        raise InvalidValues(f"filterValues.{name} has {len(text)} characters; at most {_LONGEST} are allowed.")
    try:
        values = parse_values(text)
    except InvalidValues as problem:
        raise InvalidValues(f"filterValues.{name}: {problem}") from None
    if strict and (word := _unquoted(text)):
        raise InvalidValues(refusal(UNQUOTED_VALUES, name=name, value=word))
    return values


def _unquoted(text: str) -> str:
    """Return the first word of an entry that has no quotes; a number needs none."""
    words = (match["value"] for match in _VALUE.finditer(text))
    return next((word for word in words if word[0] not in "\"'" and not NUMBER.fullmatch(word)), "")


def _bind_expression(expression: Expression, values: Values) -> Expression:
    conditions = [*expression.choices, *expression.requirements]
    missing = {name for condition in conditions if (name := condition.parameter) and name not in values}
    if missing and expression.include:
        raise InvalidValues(f"filterValues must have a value for {min(missing)}: an INCLUDE expression uses it.")
    if any(condition.parameter in missing for condition in expression.requirements):
        return replace(expression, alternatives=())
    alternatives = (_bind_all(each, values) for each in expression.alternatives)
    return replace(
        expression,
        alternatives=tuple(each for each in alternatives if each),
        requirements=_bind_all(expression.requirements, values),
    )


def _bind_all(conditions: tuple[Condition, ...], values: Values) -> tuple[Condition, ...]:
    return tuple(_bind(each, values) for each in conditions if not each.parameter or each.parameter in values)


def _bind(condition: Condition, values: Values) -> Condition:
    name = condition.parameter
    if name is None:
        return condition
    entries = values[name]
    if condition.operator not in _SETS and len(entries) != 1:
        raise InvalidValues(f"filterValues.{name} must be one value for {condition.operator}, not {len(entries)}.")
    if condition.operator in _ORDERS and not NUMBER.fullmatch(entries[0]):
        raise InvalidValues(f"filterValues.{name} must be a number for {condition.operator}, not {entries[0]!r}.")
    terms = tuple(value for term in condition.terms for value in (entries if isinstance(term, Parameter) else (term,)))
    return replace(condition, terms=terms)
