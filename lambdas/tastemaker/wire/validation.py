"""A decoded body becomes an operation's keyword arguments, or one error that lists everything wrong with it."""

from functools import cache

from tastemaker.errors import InvalidInput
from tastemaker.wire.models import Operation
from tastemaker.wire.rules import StructureRule, structure_rule

_LISTED = 20


@cache
def _rule(operation: Operation) -> StructureRule:
    """Build an operation's rule at its first call: a cold start pays for the operations it serves."""
    return structure_rule(operation.input_shape)


def keyword_arguments(operation: Operation, body: dict[str, object]) -> dict[str, object]:
    """Check the body against the model and name its members as boto3's users write them in Python."""
    problems: list[str] = []
    members = _rule(operation).members_of(body, "", problems)
    if problems:
        raise InvalidInput(_message(problems))
    return {operation.arguments[name]: value for name, value in members.items()}


def _message(problems: list[str]) -> str:
    count = len(problems)
    text = "; ".join(problems[:_LISTED]) + ("; ..." if count > _LISTED else "")
    return f"{count} validation error{'s' if count > 1 else ''} detected: {text}"
