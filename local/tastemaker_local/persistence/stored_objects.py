"""Keeps S3 objects: their bytes in files, what else S3 knows of them as a row; and makes them S3 objects again."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend, s3_backends

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.s3 import digest
from tastemaker_local.persistence.data_folder import Change, DataFolder

# (bucket, key): something about the object has changed.
ObjectListener = Callable[[str, str], None]

# Attributes of moto's object that are kept as they are.
_PLAIN = (
    *("_etag", "_version_id", "_is_versioned", "_storage_class", "contentsize", "encryption", "kms_key_id"),
    *("bucket_key_enabled", "lock_mode", "lock_legal_status", "lock_until", "website_redirect_location"),
    *("checksum_algorithm", "checksum_value", "checksum_type", "checksum_parts"),
)
_put, _copy = S3Backend.put_object, S3Backend.copy_object
# Backend methods that change one object, and how to tell from their arguments which one.
_BY_NAME = ("delete_object", "put_object_legal_hold", "put_object_retention", "delete_object_tagging")
_BY_KEY = ("put_object_tagging",)


class StoredBytes:
    """Stands in for the temporary file in which moto holds an object's bytes; opens the real file only to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = 0

    def seek(self, position: int) -> None:
        """Move to a position from the start."""
        self._position = position

    def read(self, size: int = -1) -> bytes:
        """Return bytes from the position on."""
        with self.path.open("rb") as file:
            file.seek(self._position)
            content = file.read(size)
        self._position += len(content)
        return content

    def close(self) -> None:
        """Leave the file: whether it is still needed is decided when the change is written."""


@contextmanager
def kept(folder: DataFolder, tell: ObjectListener) -> Iterator[None]:
    """Store the bytes of every new object in the folder, and tell of every changed one."""

    def put_object(backend: S3Backend, bucket_name: str, key_name: str, value: bytes, **others: Any) -> FakeKey:  # noqa: ANN401
        others["etag"] = others.get("etag") or digest(value)
        key = _put(backend, bucket_name, key_name, value, **others)
        _hold(key, folder.path(folder.keep(value)))
        tell(bucket_name, key_name)
        return key

    def copy_object(backend: S3Backend, source: FakeKey, bucket_name: str, key_name: str, **others: Any) -> None:  # noqa: ANN401
        _copy(backend, source, bucket_name, key_name, **others)
        tell(bucket_name, key_name)

    by_name = {name: _telling_by_name(getattr(S3Backend, name), tell) for name in _BY_NAME}
    by_key = {name: _telling_by_key(getattr(S3Backend, name), tell) for name in _BY_KEY}
    methods: dict[str, Any] = {"put_object": put_object, "copy_object": copy_object, **by_name, **by_key}
    with patch.multiple(S3Backend, **methods):
        yield


def changes(folder: DataFolder, bucket_name: str, key_name: str) -> tuple[list[Change], set[str]]:
    """Return what makes the rows of an object true again, and the files that nobody needs afterwards."""
    before = folder.read("SELECT file FROM objects WHERE bucket = ? AND name = ?", bucket_name, key_name)
    versions = enumerate(_rows(folder, bucket_name, key_name))
    rows = [(bucket_name, key_name, position, *row) for position, row in versions]
    statements: list[Change] = [
        ("DELETE FROM objects WHERE bucket = ? AND name = ?", [(bucket_name, key_name)]),
        ("INSERT INTO objects VALUES (?, ?, ?, ?, ?)", rows),
    ]
    return statements, {file for (file,) in before if file} - {row[3] for row in rows}


def restore(folder: DataFolder) -> None:
    """Put every stored object back into its bucket."""
    rows = folder.read("SELECT bucket, name, file, body FROM objects ORDER BY bucket, name, position")
    for (bucket_name, key_name), group in groupby(rows, key=lambda row: row[:2]):
        bucket = _backend(bucket_name).buckets.get(bucket_name)
        if bucket is not None:
            bucket.keys.setlist(key_name, _versions(folder, bucket, key_name, [row[2:] for row in group]))


def _rows(folder: DataFolder, bucket_name: str, key_name: str) -> Iterator[tuple[str | None, str]]:
    bucket = _backend(bucket_name).buckets.get(bucket_name)
    versions = bucket.keys.getlist(key_name, []) if bucket else []
    for version in list(versions):
        yield _file_of(folder, version), json.dumps(_description(bucket_name, version))


def _file_of(folder: DataFolder, version: FakeKey | FakeDeleteMarker) -> str | None:
    if isinstance(version, FakeDeleteMarker):
        return None
    if not isinstance(version._value_buffer, StoredBytes):  # noqa: SLF001
        _hold(version, folder.path(folder.keep(version.value)))
    content: Any = version._value_buffer  # noqa: SLF001
    name: str = content.path.name
    return name


def _description(bucket_name: str, version: FakeKey | FakeDeleteMarker) -> dict[str, Any]:
    time = version.last_modified.isoformat()
    if isinstance(version, FakeDeleteMarker):
        return {"modified": time, "version": version.version_id}
    tags = _backend(bucket_name).tagger.get_tag_dict_for_resource(version.arn)
    plain = {name: getattr(version, name, None) for name in _PLAIN}
    return {"modified": time, "plain": plain, "metadata": dict(version.metadata), "tags": tags}


def _versions(
    folder: DataFolder, bucket: FakeBucket, name: str, rows: Sequence[tuple[str | None, str]]
) -> list[FakeKey | FakeDeleteMarker]:
    versions: list[FakeKey | FakeDeleteMarker] = []
    for file, body in rows:
        text = json.loads(body)
        versions.append(_object(bucket, name, folder.path(file), text) if file else _marker(versions, name, text))
    return versions


def _marker(before: Sequence[FakeKey | FakeDeleteMarker], name: str, text: Mapping[str, Any]) -> FakeDeleteMarker:
    previous: Any = before[-1] if before else SimpleNamespace(name=name)
    marker = FakeDeleteMarker(previous)
    marker.last_modified = dt.datetime.fromisoformat(text["modified"])
    marker._version_id = text["version"]  # noqa: SLF001
    return marker


def _object(bucket: FakeBucket, name: str, path: Path, text: Mapping[str, Any]) -> FakeKey:
    key = FakeKey(name, b"", ACCOUNT, bucket.region_name, bucket_name=bucket.name)
    _hold(key, path)
    for attribute, value in text["plain"].items():
        setattr(key, attribute, value)
    key.set_metadata(dict(text["metadata"]), replace=False)
    key.last_modified = dt.datetime.fromisoformat(text["modified"])
    tags = [{"Key": name, "Value": value} for name, value in text["tags"].items()]
    _backend(bucket.name).tagger.tag_resource(key.arn, tags)
    return key


def _backend(bucket_name: str) -> S3Backend:
    # The names of buckets are one namespace in moto, whatever the partition.
    partition, account = s3_backends.bucket_accounts.get(bucket_name, ("aws", ACCOUNT))
    return s3_backends[account][partition]


def _hold(key: FakeKey, path: Path) -> None:
    content: Any = StoredBytes(path)
    with key.lock:
        key._value_buffer.close()  # noqa: SLF001
        key._value_buffer = content  # noqa: SLF001


def _telling_by_name(original: Callable[..., Any], tell: ObjectListener) -> Callable[..., Any]:
    def method(backend: S3Backend, bucket_name: str, key_name: str, *args: object, **kwargs: object) -> object:
        result = original(backend, bucket_name, key_name, *args, **kwargs)
        tell(bucket_name, key_name)
        return result

    return method


def _telling_by_key(original: Callable[..., Any], tell: ObjectListener) -> Callable[..., Any]:
    def method(backend: S3Backend, key: FakeKey, *args: object, **kwargs: object) -> object:
        result = original(backend, key, *args, **kwargs)
        if key is not None and key.bucket_name is not None:
            tell(key.bucket_name, key.name)
        return result

    return method
