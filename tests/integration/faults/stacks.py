"""Requests of CloudFormation for custom resources: asked as it asks, answered to where it looks."""

import json
from contextlib import suppress

from tests.integration.faults.stage import CALLERS, HOME

NAME = "stacked"
_FURTHER, _GROUP = "further", f"{HOME}:dataset-group/{NAME}"


def create(stage, name):
    """Ask for a dataset group; the same request again is the same work."""
    _ask(stage, name, "Create")


def answered(stage, name):
    """Return the answer to a request as the status of a job."""
    with suppress(stage.s3.exceptions.NoSuchKey):
        answer = json.loads(stage.read(_key(name), CALLERS))
        status = "COMPLETED" if answer["Status"] == "SUCCESS" else "FAILED"
        return {"status": status, "failureReason": answer.get("Reason")}
    return {"status": "CREATE IN_PROGRESS"}


def groups(stage):
    listed = stage.personalize.list_dataset_groups()["datasetGroups"]
    return sorted((group["name"], group["status"]) for group in listed)


def delete(stage):
    """Take back what was asked for, as CloudFormation does with what has failed, too."""
    _ask(stage, _FURTHER, "Delete", PhysicalResourceId=_GROUP)
    return _FURTHER


def _ask(stage, name, kind, **more):
    place = {"Bucket": CALLERS, "Key": _key(name)}
    request = {
        "RequestType": kind,
        "ResponseURL": stage.s3.generate_presigned_url("put_object", Params=place),
        "StackId": f"{HOME.replace('personalize', 'cloudformation')}:stack/shop/1",
        "RequestId": name,
        "ResourceType": "Custom::TastemakerDatasetGroup",
        "LogicalResourceId": "Thing",
        "ResourceProperties": {"Name": NAME},
        **more,
    }
    stage.invoke("tastemaker-provider", request)


def _key(name):
    return f"answers/{name}.json"
