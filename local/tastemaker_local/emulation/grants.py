"""Whether a role may use a KMS key: by the key's policy, or by the role's own where the key's leaves it to IAM.

Conditions are not looked at: an allowance with one counts, a denial with one does not.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import Role, iam_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.deployment import ACCOUNT

Statement = dict[str, Any]


def allows(role_arn: str, action: str, key_arn: str, key_policy: str) -> bool:
    """Tell whether a role may take an action of KMS with a key."""
    of_key = [one for one in _statements(key_policy) if _concerns(one, action, "*", key_arn)]
    root = f":iam::{ACCOUNT}:root"
    own = [one for one in _of_role(role_arn, key_arn) if _concerns(one, action, key_arn)]
    direct = [one for one in of_key if _names(one, role_arn)]
    by_account = [one for one in of_key if _names(one, ACCOUNT) or any(p.endswith(root) for p in _principals(one))]
    if any(one["Effect"] == "Deny" and "Condition" not in one for one in [*direct, *by_account, *own]):
        return False
    return _any_allows(direct) or (_any_allows(by_account) and _any_allows(own))


def _any_allows(statements: list[Statement]) -> bool:
    return any(one["Effect"] == "Allow" for one in statements)


def _of_role(role_arn: str, key_arn: str) -> Iterator[Statement]:
    partition = get_partition(key_arn.split(":")[3])
    for role in iam_backends[ACCOUNT][partition].get_roles():
        if role.arn == role_arn:
            for policy in _policies(role):
                yield from _statements(policy)


def _policies(role: Role) -> Iterator[str | dict[str, Any]]:
    yield from role.policies.values()
    for policy in role.managed_policies.values():
        yield from (version.document for version in policy.versions if version.is_default)


def _statements(policy: str | dict[str, Any]) -> list[Statement]:
    try:
        document = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:
        return []
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _concerns(statement: Statement, action: str, *resources: str) -> bool:
    return _matches(statement, "Action", action.lower(), lower=True) and any(
        _matches(statement, "Resource", resource) for resource in resources
    )


def _matches(statement: Statement, element: str, value: str, *, lower: bool = False) -> bool:
    """Tell whether an element of a statement, or its opposite, covers a value."""
    patterns = _listed(statement.get(element, statement.get(f"Not{element}", [])))
    is_named = any(fnmatchcase(value, pattern.lower() if lower else pattern) for pattern in patterns)
    return is_named if element in statement else f"Not{element}" in statement and not is_named


def _names(statement: Statement, principal: str) -> bool:
    return principal in _principals(statement) or (principal != ACCOUNT and "*" in _principals(statement))


def _principals(statement: Statement) -> list[str]:
    principal = statement.get("Principal", [])
    return _listed(principal.get("AWS", []) if isinstance(principal, dict) else principal)


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
