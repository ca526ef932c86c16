"""The console's files into their bucket, for CloudFormation.

The text of this module is in the template: it imports nothing but what Lambda has beside code that is inline.
"""

import io
import zipfile
from typing import Any

import boto3
import cfnresponse

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}


def handle(event: dict[str, Any], context: object) -> None:
    """Do what is asked, and say so whatever happens: the stack would wait for an hour."""
    try:
        answer(event, boto3.client("s3"))
    except Exception as error:  # noqa: BLE001 - the stack is told
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, "console", reason=repr(error))
    else:
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, "console")


def answer(event: dict[str, Any], s3: Any) -> None:  # noqa: ANN401 - boto3 has no types
    """Leave in the bucket what the page is made of now, or nothing."""
    given = event["ResourceProperties"]
    files = {} if event["RequestType"] == "Delete" else wanted(given, s3)
    for name, body in files.items():
        kind = TYPES[name.rpartition(".")[2]]
        s3.put_object(Bucket=given["To"], Key=name, Body=body, ContentType=kind, CacheControl="no-cache")
    for one in s3.list_objects_v2(Bucket=given["To"]).get("Contents", ()):
        if one["Key"] not in files:
            s3.delete_object(Bucket=given["To"], Key=one["Key"])


def wanted(given: dict[str, Any], s3: Any) -> dict[str, bytes]:  # noqa: ANN401 - boto3 has no types
    """Return the files of the asset, and what the page is told of this deployment."""
    body = s3.get_object(**given["From"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    return files | {"config.json": given["Config"].encode()}
