"""Makes KMS keys matter: moto's S3 never asks for one, and its KMS lets anybody use one that is disabled or forbidden.

Whoever reads or writes what is under a key needs one that is there and enabled. Whether policies allow it is asked of
this service alone, as itself and as a caller's role: others sign here with whatever credentials they have.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest
from moto.awslambda.models import lambda_backends
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, FakeMultipart, S3Backend
from moto.s3.responses import S3Response
from moto.sts.models import sts_backends

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.grants import allows

_OURS = "app/tastemaker"  # of store/clients.py
_KMS = {"TrentService.GenerateDataKey": "kms:GenerateDataKey", "TrentService.Decrypt": "kms:Decrypt"}
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/")
_WRITE = "kms:GenerateDataKey"
_encrypt, _decrypt, _new_key = KmsBackend.encrypt, KmsBackend.decrypt, Key.__init__
# What moto does to a key that is named by its id alone.
_BY_ID = ("enable_key", "disable_key", "schedule_key_deletion", "cancel_key_deletion")
_STATES = {"Disabled": "DisabledException"}


@contextmanager
def installed() -> Iterator[None]:
    """Ask for keys wherever they are used; leaving asks nobody any more."""
    process, put, begin = BotocoreStubber.process_request, S3Backend.put_object, S3Backend.create_multipart_upload
    get = S3Response.get_object

    def checked(stubber: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
        return _refusal(request) or process(stubber, request)

    def put_object(backend: S3Backend, bucket_name: str, key_name: str, value: bytes, **others: Any) -> FakeKey:  # noqa: ANN401
        _require(others.get("encryption"), others.get("kms_key_id"))
        return put(backend, bucket_name, key_name, value, **others)

    def begin_upload(backend: S3Backend, *args: Any, **others: Any) -> FakeMultipart:  # noqa: ANN401
        _require(others.get("sse_encryption"), others.get("kms_key_id"))
        return begin(backend, *args, **others)

    def get_object(response: S3Response) -> TYPE_RESPONSE:
        key = response.backend.get_object(response.bucket_name, response.parse_key_name())
        if isinstance(key, FakeKey):
            _require(key.encryption, key.kms_key_id)
        return get(response)

    with (
        patch.object(BotocoreStubber, "process_request", checked),
        patch.multiple(S3Backend, put_object=put_object, create_multipart_upload=begin_upload),
        patch.object(S3Response, "get_object", get_object),
        patch.multiple(KmsBackend, encrypt=_encrypt_if_enabled, decrypt=_decrypt_if_enabled),
        patch.multiple(KmsBackend, **{name: _by_any_id(getattr(KmsBackend, name)) for name in _BY_ID}),
        patch.object(Key, "__init__", _new_repeatable_key),
    ):
        yield


def _require(encryption: str | None, key_arn: str | None) -> None:
    """Refuse as S3 does a key that is not there or that nobody may use now; one that S3 makes itself is there."""
    if encryption != "aws:kms" or not key_arn or key_arn.startswith("alias/"):
        return
    key = _find(key_arn)
    if key is None:
        raise S3ClientError("KMS.NotFoundException", f"Key '{key_arn}' does not exist")
    if not key.enabled:
        code = _STATES.get(key.key_state, "KMSInvalidStateException")
        raise S3ClientError(f"KMS.{code}", f"{key_arn} is {_state(key)}.")


def _find(key_arn: str, region: str = "") -> Key | None:
    parts = key_arn.split(":")
    region, id_ = (parts[3], parts[5].removeprefix("key/")) if len(parts) > 5 else (region, key_arn)  # noqa: PLR2004
    return kms_backends[ACCOUNT][region].keys.get(id_) if region else None


def _by_any_id(change: Callable[..., Any]) -> Callable[..., Any]:
    def changed(backend: KmsBackend, key_id: str, *others: Any, **more: Any) -> Any:  # noqa: ANN401
        return change(backend, backend.any_id_to_key_id(key_id), *others, **more)

    return changed


def _encrypt_if_enabled(backend: KmsBackend, key_id: str, *args: Any, **others: Any) -> tuple[bytes, str]:  # noqa: ANN401
    _require_enabled(backend.keys.get(backend.any_id_to_key_id(key_id)))
    return _encrypt(backend, key_id, *args, **others)


def _decrypt_if_enabled(backend: KmsBackend, *args: Any, **others: Any) -> tuple[bytes, str]:  # noqa: ANN401
    plaintext, arn = _decrypt(backend, *args, **others)
    _require_enabled(_find(arn))
    return plaintext, arn


def _require_enabled(key: Key | None) -> None:
    if key and not key.enabled:
        code = _STATES.get(key.key_state, "KMSInvalidStateException")
        raise JsonRESTError(code, f"{key.arn} is {_state(key)}.")


def _state(key: Key) -> str:
    return "pending deletion" if key.key_state == "PendingDeletion" else key.key_state.lower()


def _new_repeatable_key(key: Key, *args: Any, **others: Any) -> None:  # noqa: ANN401
    # After a restart the same key must open what it closed: its id is remembered, so its material comes of that.
    _new_key(key, *args, **others)
    key.key_material = hashlib.sha256(f"key material of {key.arn}".encode()).digest()


def _refusal(request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
    """Return what AWS would answer to this service where a policy does not allow it to use a key, or None."""
    headers = {str(name).lower(): _text(value) for name, value in request.headers.items()}
    if _OURS not in headers.get("user-agent", ""):
        return None
    action, key_arn = _KMS.get(headers.get("x-amz-target", ""), ""), ""
    if action:
        key_arn = str(json.loads(request.body or b"{}").get("KeyId", ""))
    elif headers.get("x-amz-server-side-encryption") == "aws:kms":
        action, key_arn = _WRITE, headers.get("x-amz-server-side-encryption-aws-kms-key-id", "")
    key, role = (_find(key_arn), _role(headers)) if key_arn else (None, None)
    if key is None or any(
        allows(one, action, key.arn, str(key.policy)) for one in ([role] if role else _functions(key))
    ):
        return None
    who = role or "the functions of Tastemaker"
    message = f"User: {who} is not authorized to perform: {action} on resource: {key.arn}: no policy allows it"
    return _denied_by_s3(message) if ".s3" in f".{urlsplit(request.url).hostname}" else _denied_by_kms(message)


def _role(headers: Mapping[str, str]) -> str | None:
    """Return the role under which a request was signed."""
    credential = _CREDENTIAL.search(headers.get("authorization", ""))
    backends = sts_backends[ACCOUNT].values() if credential else ()
    roles = (backend.get_assumed_role_from_access_key(credential[1]) for backend in backends if credential)
    return next((str(role.role_arn) for role in roles if role), None)


def _functions(key: Key) -> list[str]:
    """Return the roles of the functions beside a key."""
    functions = lambda_backends[ACCOUNT][key.region].list_functions(None)
    return [function.role for function in functions if function.handler.startswith("tastemaker.")]


def _denied_by_kms(message: str) -> TYPE_RESPONSE:
    body = json.dumps({"__type": "AccessDeniedException", "message": message})
    return HTTPStatus.BAD_REQUEST, {"Content-Type": "application/x-amz-json-1.1"}, body


def _denied_by_s3(message: str) -> TYPE_RESPONSE:
    body = f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
    return HTTPStatus.FORBIDDEN, {"Content-Type": "text/xml"}, body


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
