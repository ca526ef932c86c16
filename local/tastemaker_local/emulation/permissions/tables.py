"""What DynamoDB asks of KMS in the name of whoever asks it, for tables under a key of the deployment's own."""

from collections.abc import Iterator

from moto.dynamodb.models import dynamodb_backends

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.permissions.policies import Asked


def requests_by_dynamodb(asked: Asked) -> Iterator[Asked]:
    """Yield what must be allowed besides a request: a table's key is opened for each."""
    if asked.action.startswith("dynamodb:") and (key := _key_of(asked.resource)):
        yield Asked("kms:Decrypt", key, {"kms:ViaService": f"dynamodb.{key.split(':')[3]}.amazonaws.com"})


def _key_of(resource: str) -> str:
    _, _, _, region, _, name = resource.split(":", 5)
    table = dynamodb_backends[ACCOUNT][region].tables.get(name.split("/")[1])
    given = (table.sse_specification if table else None) or {}
    # moto names a key of AWS's where the template names none; the type is said with one that is named.
    return str(given["KMSMasterKeyId"]) if "SSEType" in given else ""
