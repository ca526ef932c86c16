"""What a request to S3 has to be allowed beside itself.

The use of a key, which S3 asks of KMS in the name of whoever reads or writes under it ("Using server-side encryption
with KMS keys"); and to list a bucket, without which S3 does not tell that an object is not there ("GetObject").
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from moto.s3.models import FakeKey, s3_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import Request
from tastemaker_local.emulation.permissions.policies import Asked

_READ, _WRITE = "kms:Decrypt", "kms:GenerateDataKey"
_BY_KEY = "aws:kms"
_NAMED = "x-amz-server-side-encryption"


def requests_by_s3(message: Request) -> Iterator[Asked]:
    """Yield what else a request to S3 asks for."""
    if message.service != "s3":
        return
    if source := message.headers.get("x-amz-copy-source"):
        yield from _reading(message, unquote(source).partition("?")[0])
    if message.method in {"GET", "HEAD"}:
        yield from _reading(message, unquote(message.path))
    elif message.method != "DELETE":
        yield from _writing(message)


def _writing(message: Request) -> Iterator[Asked]:
    """Yield what storing an object takes: by the key that is named, by that of its upload, or by the bucket's own."""
    name, _, key = unquote(message.path).lstrip("/").partition("/")
    if message.headers.get(_NAMED) == _BY_KEY:
        yield _asked(message, _WRITE, message.headers[f"{_NAMED}-aws-kms-key-id"])
    elif "uploadId" in message.query and (of_upload := _upload(message)):  # parts are read again for the whole
        yield _asked(message, _READ, of_upload)
    elif key and (default := _default(_bucket(message, name))):
        yield _asked(message, _WRITE, default)


def _default(bucket: Any) -> str:  # noqa: ANN401 - a bucket of moto's
    """Return the key under which a bucket puts what names none."""
    rule = ((bucket.encryption if bucket else None) or {}).get("Rule", {})
    default = (rule[0] if isinstance(rule, list) else rule).get("ApplyServerSideEncryptionByDefault", {})
    return str(default.get("KMSMasterKeyID", ""))


def _reading(message: Request, path: str) -> Iterator[Asked]:
    """Yield what reading an object takes; of one that nobody may list, 403 in place of 404."""
    name, _, key = path.lstrip("/").partition("/")
    bucket = _bucket(message, name)
    if bucket is None or not key:
        return
    found = bucket.keys.get(key)
    if not isinstance(found, FakeKey):  # nothing, or the marker of what was deleted
        yield Asked("s3:ListBucket", f"arn:{get_partition(message.region)}:s3:::{name}", {})
    elif message.method != "HEAD" and found.encryption == _BY_KEY:
        yield from _under(message, found.kms_key_id)


def _under(message: Request, key_arn: str | None) -> Iterator[Asked]:
    if key_arn:
        yield _asked(message, _READ, str(key_arn))


def _asked(message: Request, action: str, key_arn: str) -> Asked:
    suffix = ".cn" if get_partition(message.region) == "aws-cn" else ""
    return Asked(action, key_arn, {"kms:ViaService": f"s3.{message.region}.amazonaws.com{suffix}"})


def _upload(message: Request) -> str | None:
    """Return the key under which an upload will lie."""
    bucket = _bucket(message, unquote(message.path).lstrip("/").partition("/")[0])
    found = bucket.multiparts.get(message.query["uploadId"]) if bucket else None
    return str(found.kms_key_id) if found is not None and found.sse_encryption == _BY_KEY else None


def _bucket(message: Request, name: str) -> Any:  # noqa: ANN401 - a bucket of moto's
    return s3_backends[ACCOUNT][get_partition(message.region)].buckets.get(name)
