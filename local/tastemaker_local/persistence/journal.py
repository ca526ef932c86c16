"""Tells which requests to moto must be replayed after a restart: those that change what is not stored otherwise."""

import re

from tastemaker_local.emulation.messages import Request, action_of

# Items, objects and executions are stored as they are; tokens expire; deliveries must not happen twice.
_NEVER = {
    "dynamodb": {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
    | {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"},
    "states": {"StartExecution", "StartSyncExecution", "StopExecution"}
    | {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"},
    "sns": {"Publish", "PublishBatch"},
    "sqs": {"ReceiveMessage"},
    "events": {"PutEvents"},
    "kms": {"Encrypt", "Decrypt", "ReEncrypt", "Sign", "GenerateRandom", "GenerateMac"}
    | {"GenerateDataKey", "GenerateDataKeyWithoutPlaintext"},
}
_EPHEMERAL = frozenset({"sts"})
_READING = re.compile(
    r"(Get|List|Describe|BatchGet|Head|Query|Scan|Select|Search|Lookup|Filter|Simulate|Test|Validate|Check)"
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def changes_something(request: Request) -> bool:
    """Say whether the request belongs in the journal if it succeeds."""
    if request.service in _EPHEMERAL:
        return False
    if request.service == "s3":
        return _changes_bucket(request)
    if action := action_of(request):
        return not _READING.match(action) and action not in _NEVER.get(request.service, ())
    return request.method not in _SAFE and not request.path.endswith(("/invocations", "/invoke-async"))


def _changes_bucket(request: Request) -> bool:
    path = request.path.strip("/")
    has_key = bool(path) if _names_bucket(request.headers.get("host", "")) else "/" in path
    # A POST to a bucket uploads a form or deletes several objects: those are stored as they are.
    return request.method in {"PUT", "DELETE"} and not has_key


def _names_bucket(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    return name.endswith(".localhost") or ".s3." in name
