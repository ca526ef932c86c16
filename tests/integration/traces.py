"""Where a user can be found in what the service keeps."""

import io
import json
import zipfile
import zlib
from pathlib import Path

import duckdb

DATA = "tastemaker-data-123456789012-us-east-1"


def kept_of(user: str, tastemaker, s3, folder: Path, *buckets: str) -> list[str]:
    """Name every version of every object, and every item of every table, in which a user can be found."""
    traces = user.encode(), user.encode("utf-32-le")
    objects = [
        version["Key"]
        for bucket in buckets or (DATA,)
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", [])
        for body in [plain(s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"]), folder)]
        if any(trace in body for trace in traces)
    ]
    dynamodb = tastemaker.client("dynamodb")
    items = [
        table
        for table in dynamodb.list_tables()["TableNames"]
        for item in dynamodb.scan(TableName=table)["Items"]
        if user in json.dumps(item, default=lambda body: zlib.decompress(body).decode())  # a logged answer
    ]
    return objects + items


def plain(found: dict, folder: Path) -> bytes:
    """Return an object's bytes, and its rows where they are compressed."""
    body = found["Body"].read()
    if body.startswith(b"PAR1"):
        path = folder / "read.parquet"
        path.write_bytes(body)
        with duckdb.connect() as session:
            body += repr(session.execute(f"FROM read_parquet('{path}')").fetchall()).encode()
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body += b"".join(packed.read(name) for name in packed.namelist())
    return body
