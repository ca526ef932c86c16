"""Lets the service act only as roles that there are: moto lends anybody any."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.exceptions import AccessDeniedError
from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, STSBackend
from moto.utilities.utils import get_partition

from tastemaker.store.clients import SESSION

_assume_role = STSBackend.assume_role


@contextmanager
def installed() -> Iterator[None]:
    """Refuse the service's own sessions under roles that IAM does not have; what others assume is theirs."""
    with patch.object(STSBackend, "assume_role", _assume_present_role):
        yield


def _assume_present_role(backend: STSBackend, **request: Any) -> AssumedRole:  # noqa: ANN401 - moto's own arguments
    role_arn, is_ours = request["role_arn"], request["role_session_name"] == SESSION
    if is_ours and not _is_there(backend.account_id, request["region_name"], role_arn):
        raise AccessDeniedError("the service", f"sts:AssumeRole on resource: {role_arn}")
    return _assume_role(backend, **request)


def _is_there(account: str, region: str, arn: str) -> bool:
    return any(role.arn == arn for role in iam_backends[account][get_partition(region)].get_roles())
