"""Lets moto's S3 take large bodies at the speed of memory."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import IO, Any
from unittest.mock import patch
from weakref import finalize

from botocore.awsrequest import AWSPreparedRequest
from botocore.httpchecksum import AwsChunkedWrapper
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import FakeKey, S3Backend
from moto.s3.responses import S3Response

from tastemaker_local.emulation.messages import Request

_key_response, _whole = S3Response.key_response, FakeKey.value
_process, _put, _delete = BotocoreStubber.process_request, S3Backend.put_object, S3Backend.delete_object
_upload_part, _complete = S3Backend.upload_part, S3Backend.complete_multipart_upload
# Headers that speak of the framing, or of a checksum that follows it.
_FRAMING = ("content-encoding", "transfer-encoding", "x-amz-decoded-content-length", "x-amz-trailer")
# One span of an object's bytes; other ranges moto answers from all of them.
_SPAN = re.compile(r"bytes=(\d+)-(\d*)")
_ranged: ContextVar[bool] = ContextVar("ranged", default=False)


class Span:
    """An object's bytes of which only those that are looked at are read."""

    def __init__(self, key: FakeKey) -> None:
        self._key = key

    def __len__(self) -> int:
        return int(self._key.size)

    def __getitem__(self, span: slice) -> bytes:
        buffer: Any = self._key._value_buffer  # noqa: SLF001
        with self._key.lock:
            buffer.seek(span.start)
            return bytes(buffer.read(span.stop - span.start))


class Unclosed:
    """A file that stays open while somebody holds it: moto closes an object's when the object is replaced."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.read = file.seek, file.read
        finalize(self, file.close)

    def close(self) -> None:
        """Leave the closing to the last reader."""


@contextmanager
def installed() -> Iterator[None]:
    """Take uploads of this process unframed, let readers finish, miss uploads as AWS does, copy no bytes to delete.

    Of a range no more is read than that.
    """
    with (
        patch.object(BotocoreStubber, "process_request", _unframed_in_process),
        patch.object(S3Backend, "put_object", _put_object),
        patch.object(S3Backend, "delete_object", _delete_object),
        patch.object(S3Backend, "upload_part", _of_an_upload(_upload_part)),
        patch.object(S3Backend, "complete_multipart_upload", _of_an_upload(_complete)),
        patch.object(FakeKey, "__deepcopy__", _without_content, create=True),
        patch.object(FakeKey, "value", property(_value, _whole.fset)),
        patch.object(S3Response, "key_response", _response),
    ):
        yield


def digest(content: bytes) -> str:
    """Return the ETag of content that was uploaded whole."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def unframed(request: Request) -> Request:
    """Return a request without aws-chunked framing; moto would copy the body once for every chunk."""
    if not request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return request
    body, trailers = _chunks(request.body)
    headers = {name: value for name, value in request.headers.items() if name not in _FRAMING}
    if encoding := _other_encodings(request.headers.get("content-encoding", "")):
        headers["content-encoding"] = encoding
    headers |= {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", **trailers}
    return Request(request.method, request.target, headers, body, request.peer, request.spelled)


def _chunks(body: bytes) -> tuple[bytes, dict[str, str]]:
    view, position = memoryview(body), 0
    parts: list[memoryview] = []
    while True:
        end = body.index(b"\r\n", position)
        size = int(body[position:end].partition(b";")[0], 16)
        position = end + 2
        if size == 0:
            return b"".join(parts), _trailers(body[position:])
        parts.append(view[position : position + size])
        position += size + 2


def _trailers(rest: bytes) -> dict[str, str]:
    lines = (line.partition(b":") for line in rest.split(b"\r\n") if b":" in line)
    headers = {name.decode().strip().lower(): value.decode().strip() for name, _, value in lines}
    return {name: value for name, value in headers.items() if name.startswith("x-amz-checksum-")}


def _other_encodings(encoding: str) -> str:
    return ",".join(part for part in encoding.split(",") if part.strip() != "aws-chunked")


def _response(response: S3Response, request: Any, full_url: str, headers: dict[str, Any]) -> TYPE_RESPONSE:  # noqa: ANN401
    span = _SPAN.fullmatch(request.headers.get("range") or "") if request.method == "GET" else None
    known = _ranged.set(span is not None and (not span[2] or int(span[1]) <= int(span[2])))
    try:
        return _key_response(response, request, full_url, headers)
    finally:
        _ranged.reset(known)


def _value(key: FakeKey) -> bytes | Span:
    # moto would read a whole object for each range of it, and a download is many ranges.
    return Span(key) if _ranged.get() else _whole.fget(key)


def _put_object(backend: S3Backend, bucket_name: str, key_name: str, value: bytes, **others: Any) -> FakeKey:  # noqa: ANN401
    # moto would read the file once more for the ETag, beside whoever reads it then.
    others["etag"] = others.get("etag") or digest(value)
    key = _put(backend, bucket_name, key_name, value, **others)
    file: Any = Unclosed(key._value_buffer)  # noqa: SLF001
    key._value_buffer = file  # noqa: SLF001
    return key


def _delete_object(backend: S3Backend, bucket_name: str, key_name: str, *others: Any, **more: Any) -> Any:  # noqa: ANN401
    # moto drops a deleted version without closing its file.
    bucket = backend.buckets.get(bucket_name)
    before = bucket.keys.getlist(key_name, []) if bucket else []
    result = _delete(backend, bucket_name, key_name, *others, **more)
    after = bucket.keys.getlist(key_name, []) if bucket else []
    for version in before:
        if isinstance(version, FakeKey) and not any(version is other for other in after):
            version.dispose()
    return result


def _of_an_upload(function: Callable[..., Any]) -> Callable[..., Any]:
    def checked(backend: S3Backend, bucket_name: str, multipart_id: str, *others: Any, **more: Any) -> Any:  # noqa: ANN401
        # moto would raise a KeyError of its own; no upload outlives a process.
        if multipart_id not in backend.get_bucket(bucket_name).multiparts:
            raise NoSuchUpload(multipart_id)
        return function(backend, bucket_name, multipart_id, *others, **more)

    return checked


def _without_content(key: FakeKey, _memo: object) -> FakeKey:
    # moto copies every object of a bucket, and its bytes with it, to list their versions.
    twin = object.__new__(FakeKey)
    vars(twin).update(vars(key))
    nothing: Any = BytesIO()
    twin._value_buffer, twin.multipart, twin.disposed = nothing, None, True
    return twin


def _unframed_in_process(stubber: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
    if isinstance(request.body, AwsChunkedWrapper):
        request.body = request.body._raw.read()  # noqa: SLF001 - there is no other way to the bytes
        for name in _FRAMING:
            del request.headers[name]
        request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    return _process(stubber, request)
