"""S3 objects, each under the KMS key of the dataset group that it is of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Self

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tastemaker.errors import KeyUnusable
from tastemaker.store.clients import client, client_as

# Of what is stored nobody has said yet whose it is.
UNSAID = "unsaid"
# What was asked for by its tag and is another one by now is gone as well.
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NoSuchUpload", "PreconditionFailed", "412"})
# There is one of that name, or somebody is just storing one.
_TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})
_REFUSED = frozenset({"AccessDenied", "403"})
# A stream does not tell how long it is: parts of this size reach 312 GB before S3's 10,000 are used up.
_STREAMED = TransferConfig(multipart_threshold=1 << 25, multipart_chunksize=1 << 25, max_concurrency=2)
_AT_ONCE = 1_000  # DeleteObjects' limit


class S3Objects:
    """The objects port on S3; errors are those of a file system."""

    def __init__(self, region: str, s3: Any = None, *, kms_key: str | None = None) -> None:  # noqa: ANN401 - a boto3 client
        self._region = region
        self._given = s3
        self._kms_key = kms_key

    @cached_property
    def _s3(self) -> Any:  # noqa: ANN401 - a boto3 client
        # When it is needed: functions that touch no object need not make one.
        return self._given or client("s3", self._region)

    def under(self, kms_key: str | None) -> Self:
        """Return the same port storing everything under a KMS key; None: under the bucket's own."""
        return type(self)(self._region, self._given, kms_key=kms_key)

    def for_role(self, role_arn: str | None) -> Self:
        """Return the same port acting under another role."""
        if role_arn is None:
            return self
        try:
            return type(self)(self._region, client_as("s3", self._region, role_arn), kms_key=self._kms_key)
        except ClientError as error:
            raise _as_file_error(error, role_arn) from error

    def list(self, bucket: str, prefix: str) -> list[tuple[str, int, str]]:
        """Return (key, bytes, etag) of every object below a prefix, ordered by key."""
        objects = []
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                objects += [(o["Key"], o["Size"], o["ETag"].strip('"')) for o in page.get("Contents", [])]
        except ClientError as error:
            raise _as_file_error(error, f"s3://{bucket}/{prefix}") from error
        return sorted(objects)

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        try:
            return bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            raise _as_file_error(error, f"s3://{bucket}/{key}") from error

    def read_range(self, bucket: str, key: str, begin: int, size: int, *, etag: str = "") -> bytes:
        """Return up to `size` bytes from one on; of an object that is not that of an `etag` FileNotFoundError."""
        asked = {"Range": f"bytes={begin}-{begin + size - 1}"} | ({"IfMatch": f'"{etag}"'} if etag else {})
        with _file_errors(f"s3://{bucket}/{key}"):
            return bytes(self._s3.get_object(Bucket=bucket, Key=key, **asked)["Body"].read())

    def write(self, bucket: str, key: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Store an object whole."""
        with _file_errors(f"s3://{bucket}/{key}"):
            self._s3.put_object(Bucket=bucket, Key=key, Body=body, **self._encryption(kms_key))

    def create(self, bucket: str, key: str, body: bytes) -> bool:
        """Store an object whole, unless there is one of its name; of several at once one is the first."""
        try:
            self._s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*", **self._encryption())
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise _as_file_error(error, f"s3://{bucket}/{key}") from error
        return True

    def begin_upload(self, bucket: str, key: str, *, kms_key: str | None = None) -> str:
        """Begin an object that comes in parts; return the upload's id."""
        with _file_errors(f"s3://{bucket}/{key}"):
            reply = self._s3.create_multipart_upload(Bucket=bucket, Key=key, **self._encryption(kms_key))
        return str(reply["UploadId"])

    def upload_part(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> str:
        """Store a part and return its tag."""
        with _file_errors(f"s3://{bucket}/{key}"):
            reply = self._s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)
        return str(reply["ETag"])

    def finish_upload(self, bucket: str, key: str, upload: str, tags: Sequence[str]) -> None:
        """Make an object of parts."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        with _file_errors(f"s3://{bucket}/{key}"):
            self._s3.complete_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
            )

    def abandon_upload(self, bucket: str, key: str, upload: str) -> None:
        """Forget an upload with its parts."""
        with suppress(FileNotFoundError, PermissionError), _file_errors(f"s3://{bucket}/{key}"):
            self._s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Copy an object to a file."""
        try:
            self._s3.download_file(bucket, key, str(path))
        except ClientError as error:
            raise _as_file_error(error, f"s3://{bucket}/{key}") from error

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Copy a file to an object."""
        try:
            with path.open("rb") as file:  # upload_file would hide what S3 said
                self._s3.upload_fileobj(file, bucket, key, ExtraArgs=self._encryption())
        except ClientError as error:
            raise _as_file_error(error, f"s3://{bucket}/{key}") from error

    def upload_stream(self, stream: BinaryIO, bucket: str, key: str, *, kms_key: str | None = None) -> None:
        """Store what a stream gives, however long, as one object; if the stream fails, nothing is stored."""
        try:
            self._s3.upload_fileobj(stream, bucket, key, ExtraArgs=self._encryption(kms_key), Config=_STREAMED)
        except ClientError as error:
            raise _as_file_error(error, f"s3://{bucket}/{key}") from error

    def delete(self, bucket: str, prefix: str) -> None:
        """Remove every object below a prefix, in all its versions."""
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            for start in range(0, len(keys), _AT_ONCE):
                self._delete(bucket, keys[start : start + _AT_ONCE])

    def _encryption(self, kms_key: str | None = None) -> dict[str, Any]:
        """Return what every write says of its key."""
        if self._kms_key == UNSAID:
            raise RuntimeError("nothing is stored before the dataset group is known that it is of: see Deps.of")
        key = kms_key or self._kms_key
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}

    def _delete(self, bucket: str, versions: Sequence[dict[str, str]]) -> None:
        reply = self._s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})
        if errors := reply.get("Errors"):
            raise PermissionError(f"s3://{bucket}/{errors[0]['Key']}: {errors[0].get('Message', 'not removed')}")


@contextmanager
def _file_errors(where: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _as_file_error(error, where) from error


def _as_file_error(error: ClientError, where: str) -> Exception:
    code, message = (str(error.response["Error"].get(name, "")) for name in ("Code", "Message"))
    if code in _MISSING:
        return FileNotFoundError(where)
    # Of a key that is gone or disabled S3 says so by a code of its own, of a missing grant only in the message.
    if code.startswith("KMS.") or "kms:" in message:
        return KeyUnusable(f"The KMS key of {where} cannot be used by S3: {code}: {message}")
    return PermissionError(where) if code in _REFUSED else error
