"""What services ask of KMS in the name of whoever asks them, for what is under a key of the deployment's own."""

from collections.abc import Callable, Iterator, Mapping

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.permissions.policies import Asked

_OF_OBJECTS = {"s3:GetObject": "Decrypt", "s3:PutObject": "GenerateDataKey"}


def implied(asked: Asked) -> Iterator[Asked]:
    """Yield what must be allowed besides: a table's key is opened for every request, a bucket's for objects."""
    service = asked.action.partition(":")[0]
    action, key = _KEYS.get(service, _no_key)(asked)
    if action and key:
        via = f"{service}.{key.split(':')[3]}.amazonaws.com"
        yield Asked(f"kms:{action}", key, {"kms:ViaService": via})


def _of_table(asked: Asked) -> tuple[str, str]:
    _, _, _, region, _, name = asked.resource.split(":", 5)
    table = dynamodb_backends[ACCOUNT][region].tables.get(name.split("/")[1])
    given = (table.sse_specification if table else None) or {}
    # moto names a key of AWS's where the template names none; the type is said with one that is named.
    return "Decrypt", str(given["KMSMasterKeyId"]) if "SSEType" in given else ""


def _of_bucket(asked: Asked) -> tuple[str, str]:
    _, partition, rest = asked.resource.split(":", 2)
    bucket = s3_backends[ACCOUNT][partition].buckets.get(rest.rpartition(":")[2].partition("/")[0])
    rule = ((bucket.encryption if bucket else None) or {}).get("Rule", {})
    default = (rule[0] if isinstance(rule, list) else rule).get("ApplyServerSideEncryptionByDefault", {})
    return _OF_OBJECTS.get(asked.action, ""), str(default.get("KMSMasterKeyID", ""))


def _no_key(_: Asked) -> tuple[str, str]:
    return "", ""


_KEYS: Mapping[str, Callable[[Asked], tuple[str, str]]] = {"dynamodb": _of_table, "s3": _of_bucket}
