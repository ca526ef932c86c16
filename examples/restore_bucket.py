"""Brings the objects of a versioned bucket back as they were at a moment: a step of a restore (docs/runbooks.md).

What was deleted or written over since then is put back on top, under the key that it was encrypted with; newer versions
stay below, and objects that did not exist yet stay as they are. What was deleted in all its versions is gone.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

import boto3

s3 = boto3.client("s3")


class Entry(NamedTuple):
    """A version of an object, or the marker that stands for its deletion."""

    version: str
    moment: datetime
    is_marker: bool


def main() -> None:
    """Say what differs; with --write, bring it back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bucket")
    parser.add_argument("moment", help="such as 2026-11-29T10:00:00Z, before the accident", type=_moment)
    parser.add_argument("--prefix", default="", help="only keys that begin so")
    parser.add_argument("--write", action="store_true", help="do it; without, only counts are printed")
    options = parser.parse_args()
    lost = list(_lost(options.bucket, options.prefix, options.moment))
    print(f"{options.bucket}: {len(lost):,} objects to bring back")
    for key, markers, version in lost if options.write else ():
        _bring_back(options.bucket, key, markers, version)


def _lost(bucket: str, prefix: str, moment: datetime) -> Iterator[tuple[str, list[str], str]]:
    """Yield each key that is not as it was, the markers on top of it, and its version of then."""
    for key, entries in _entries(bucket, prefix):
        newer = [entry for entry in entries if entry.moment > moment]
        older = entries[len(newer) :]
        if newer and older and not older[0].is_marker:
            only_markers = all(entry.is_marker for entry in newer)
            yield key, [entry.version for entry in newer] if only_markers else [], older[0].version


def _entries(bucket: str, prefix: str) -> Iterator[tuple[str, list[Entry]]]:
    """Yield the keys of a bucket with all that there is of each, the newest first."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    found = [
        (one["Key"], Entry(one["VersionId"], one["LastModified"], kind == "DeleteMarkers"))
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for one in page.get(kind, ())
    ]
    for key, group in groupby(sorted(found, key=lambda one: one[0]), lambda one: one[0]):
        # S3 lists the newest of a key first; sorting is stable, and of one second a marker was last.
        yield key, sorted((one for _, one in group), key=lambda one: (one.moment, one.is_marker), reverse=True)


def _bring_back(bucket: str, key: str, markers: list[str], version: str) -> None:
    for marker in markers:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=marker)
    if not markers:
        source = {"Bucket": bucket, "Key": key, "VersionId": version}
        # In parts where it is large; otherwise the bucket's own key would take the place of a dataset group's.
        s3.copy(source, bucket, key, ExtraArgs=_encryption(s3.head_object(**source)))


def _encryption(head: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3 makes its answers' types at run time
    if head.get("ServerSideEncryption") != "aws:kms":
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": head["SSEKMSKeyId"]}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
