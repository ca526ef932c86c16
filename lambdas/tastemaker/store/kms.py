"""KMS: the keys that callers give their dataset groups, used as their roles and as this service itself."""

import base64
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.errors import KeyUnusable, RoleNotTrusted
from tastemaker.store.clients import client_as

# What goes with every data key, and what the functions' permissions ask for (infra/permissions.py).
CONTEXT = "tastemaker-dataset-group"
# boto3 has tried again by then.
_PASSING = frozenset({"ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "InternalFailure"})


class KmsKeys:
    """The keys port on KMS; `own` gives a client of this service, `as_role` one that acts under a role."""

    def __init__(
        self, region: str, own: Callable[[], Any], as_role: Callable[[str, str, str], Any] = client_as
    ) -> None:
        self._region = region
        self._own = own
        self._as_role = as_role

    def new_data_key(self, group_arn: str, kms_key: str, role_arn: str) -> str:
        """Return a fresh data key of a dataset group, enciphered under its KMS key, made as its role."""
        request = {"KeyId": kms_key, "KeySpec": "AES_256", "EncryptionContext": context(group_arn)}
        reply = self._call("kms:GenerateDataKey", kms_key, role_arn, "generate_data_key", request)
        return base64.b64encode(reply["CiphertextBlob"]).decode()

    def check(self, group_arn: str, kms_key: str, role_arn: str, data_key: str) -> None:
        """Make sure that the role may still encipher under the key, and both it and this service decipher."""
        request = {"KeyId": kms_key, "EncryptionContext": context(group_arn)}
        blob = base64.b64decode(data_key)
        self._call("kms:Decrypt", kms_key, role_arn, "decrypt", {**request, "CiphertextBlob": blob})
        self._call("kms:GenerateDataKey", kms_key, role_arn, "generate_data_key", {**request, "KeySpec": "AES_256"})
        opened(self._own(), group_arn, kms_key, data_key)

    def _call(self, grant: str, key: str, role: str, name: str, request: dict[str, Any]) -> Any:  # noqa: ANN401 - a reply
        try:
            client = self._as_role("kms", self._region, role)
        except (ClientError, RoleNotTrusted) as error:
            raise KeyUnusable(
                f"The KMS key {key} cannot be used: the role {role}, which is to have the grant {grant} on it, cannot "
                f"be assumed. Its trust policy must name Tastemaker's task role ({error})."
            ) from None
        try:
            return getattr(client, name)(**request)
        except ClientError as error:
            _raise_passing(error)
            raise KeyUnusable(
                f"The KMS key {key} cannot be used with the grant {grant} of the role {role}: {_said(error)} The key "
                f"must be enabled, and its policy and the role's must allow {grant}."
            ) from None


def opened(client: Any, group_arn: str, kms_key: str, data_key: str) -> bytes:  # noqa: ANN401 - a boto3 client
    """Return a data key's 32 bytes, deciphered as this service itself."""
    blob, grant = base64.b64decode(data_key), "kms:Decrypt"
    try:
        reply = client.decrypt(KeyId=kms_key, CiphertextBlob=blob, EncryptionContext=context(group_arn))
    except ClientError as error:
        _raise_passing(error)
        raise KeyUnusable(
            f"The data of dataset group {group_arn} is under the KMS key {kms_key}, which cannot be used with the "
            f"grant {grant} of this service: {_said(error)} The key must be enabled, and its policy must leave it to "
            "IAM or name the roles of Tastemaker's functions (KeyRoleArns)."
        ) from None
    return bytes(reply["Plaintext"])


def context(group_arn: str) -> dict[str, str]:
    """Return the encryption context of a dataset group's data key."""
    return {CONTEXT: group_arn}


def _raise_passing(error: ClientError) -> None:
    """Let go on what will pass by itself, and says nothing of the key."""
    if error.response["Error"]["Code"] in _PASSING:
        raise error


def _said(error: ClientError) -> str:
    problem = error.response["Error"]
    return f"{problem['Code']}: {str(problem.get('Message') or 'no more was said').rstrip('.')}."
