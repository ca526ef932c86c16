"""What a role's policies allow, as IAM reads statements ("IAM JSON policy evaluation logic")."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: an action, the ARN that it is done to, and what conditions may look at."""

    action: str
    resource: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource that a function's role is allowed; taking it away is a mutation of the policy."""

    function: str
    action: str
    resource: str
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def allows(self, request: Asked) -> bool:
        """Tell whether a request is one of those."""
        return (
            fnmatchcase(request.action.lower(), self.action.lower())
            and (request.resource == "*" or fnmatchcase(request.resource, self.resource))
            and all(_holds(*condition, request.context) for condition in self.conditions)
        )


def grants_of(function: str, documents: Iterable[Mapping[str, Any]]) -> Iterator[Grant]:
    """Yield what policy documents allow, one action and resource at a time."""
    for document in documents:
        for statement in _listed(document["Statement"]):
            if statement["Effect"] != "Allow":
                raise ValueError(f"{function} has a statement that does not allow: {statement}")
            conditions = tuple(
                (operator, key, tuple(_listed(values)))
                for operator, keys in statement.get("Condition", {}).items()
                for key, values in keys.items()
            )
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield Grant(function, action, resource, conditions)


def _holds(operator: str, key: str, values: tuple[str, ...], context: Mapping[str, str]) -> bool:
    given = context.get(key)
    if operator == "StringEquals":
        return given in values
    if operator == "StringLike":
        return given is not None and any(fnmatchcase(given, value) for value in values)
    raise ValueError(f"no rule for the condition {operator}")


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - a statement's members are one of something or several
    return value if isinstance(value, list) else [value]
