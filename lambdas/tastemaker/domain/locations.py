"""Places in S3 as callers write them: `s3://BUCKET/KEY`."""

from dataclasses import dataclass

_SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Location:
    """A bucket and a key, or the beginning of one; an empty key means the whole bucket."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.key}"


def parse_location(path: str) -> Location | None:
    """Return the place that a path names, or None if it is none in S3."""
    bucket, _, key = path.removeprefix(_SCHEME).partition("/")
    return Location(bucket, key) if path.startswith(_SCHEME) and bucket else None
