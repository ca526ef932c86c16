"""Filters against the schemas of a dataset group: the fields must be there and fit what is asked of them."""

from collections.abc import Mapping

from tastemaker.domain.filters.expressions import Condition, Filter
from tastemaker.domain.filters.language import NUMBER, InvalidFilter
from tastemaker.domain.filters.texts import TITLES
from tastemaker.domain.resources.quotas import QUOTAS
from tastemaker.domain.schemas.schema import Field, Schema

_NUMBERS = frozenset({"int", "long", "float", "double"})
# What happens at these times is the service's own business ("Filter expressions").
_UNFILTERED = {"ACTIONS": {"EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"}}
_ORDERS = frozenset({"<", "<=", ">", ">="})


def check_filter(
    filter_: Filter, schemas: Mapping[str, Schema], *, most_fields: int = QUOTAS["fields-per-filter"].default
) -> None:
    """Check a filter against the schemas by dataset type, as CreateFilter does."""
    if len(filter_.fields) > most_fields:
        raise InvalidFilter(
            f"The filter uses {len(filter_.fields)} distinct fields; at most {most_fields} are allowed."
        )
    for condition in filter_.conditions:
        field = _field(schemas, condition.dataset, condition.field)
        _check_condition(condition, field)
        if condition.item_field:
            _check_item_field(condition, field, _field(schemas, "ITEMS", condition.item_field))


def _field(schemas: Mapping[str, Schema], dataset: str, name: str) -> Field:
    title = TITLES[dataset]
    if dataset not in schemas:
        raise InvalidFilter(f"The dataset group has no {title} dataset.")
    if dataset in {"INTERACTIONS", "ACTION_INTERACTIONS"} and name != "EVENT_TYPE":
        raise InvalidFilter(f"{title}.{name} cannot be used in a filter: only EVENT_TYPE of {title} can.")
    if name in _UNFILTERED.get(dataset, ()):
        raise InvalidFilter(f"{title}.{name} cannot be used in a filter: expiration and repetition are kept up anyway.")
    field = next((field for field in schemas[dataset].fields if field.name.upper() == name), None)
    if field is None:
        raise InvalidFilter(f"The field {name} is not in the schema of the {title} dataset.")
    if field.type == "boolean" or field.textual:
        kind = "textual" if field.textual else "boolean"
        raise InvalidFilter(f"{title}.{field.name} cannot be used in a filter: it is {kind}.")
    return field


def _check_condition(condition: Condition, field: Field) -> None:
    numeric = field.type in _NUMBERS
    if condition.operator in _ORDERS and not numeric:
        raise InvalidFilter(
            f"The operator {condition.operator} needs a numeric field; {field.name} is of type {field.type}."
        )
    for term in condition.terms:
        if numeric and isinstance(term, str) and not NUMBER.fullmatch(term):
            raise InvalidFilter(f"The field {field.name} is of type {field.type}; {term!r} is not a number.")


def _check_item_field(condition: Condition, field: Field, other: Field) -> None:
    if (field.type in _NUMBERS) != (other.type in _NUMBERS):
        raise InvalidFilter(
            f"{field.name} {condition.operator} CurrentItem.{other.name}: a number cannot be compared with a text."
        )
