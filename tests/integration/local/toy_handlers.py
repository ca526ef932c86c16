"""Lambda functions of the toy assembly."""

from pathlib import Path
from threading import Event

import boto3

from tastemaker.config import environment


def echo(event, context):
    """Return the body it was sent, and who it is."""
    if event["body"] == "fail":
        raise RuntimeError("as asked")
    return {
        "statusCode": 200,
        "headers": {"x-function": context.function_name, "x-greeting": environment.get()["GREETING"]},
        "body": event["body"],
    }


def work(event, context):
    """Say that it has started, wait until the gate is open, then leave an item."""
    folder = Path(event["folder"])
    (folder / "started").touch()
    while not (folder / "gate").exists():
        Event().wait(0.02)
    client = boto3.client("dynamodb", region_name=environment.get()["AWS_REGION"])
    client.put_item(TableName="toy", Item={"id": {"S": "result"}, "by": {"S": context.function_name}})
    return event
