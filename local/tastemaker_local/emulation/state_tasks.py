"""Step Functions' AWS SDK tasks as AWS has them: names in PascalCase, errors by their service; Personalize is ours."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partialmethod
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.response import StreamingBody
from botocore.session import Session
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from tastemaker.domain.supersets import TASK_NAMES, refusal

# Step Functions calls some services otherwise than boto3 does; of all others the hyphens are left out.
_OTHERWISE = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
}
# Runs of capitals of a service's id, which the errors of Step Functions have in small letters: SNS is Sns.
_CAPITALS = re.compile(r"(?<=[A-Z0-9])[A-Z0-9]+(?![a-z])")
# An endpoint of a test's environment is for the clients of the test.
_INSIDE = Config(ignore_configured_endpoint_urls=True)


@contextmanager
def installed(*, strict: bool = False) -> Iterator[None]:
    """Put everything in place of moto's own; strictly, parameters are taken as AWS writes them alone."""
    to_boto = partialmethod(_to_boto, strict=strict)
    with (
        patch.multiple(
            StateTaskServiceAwsSdk,
            _get_boto_service_name=_boto_name_of,
            _normalise_service_error_name=staticmethod(error_prefix),
            _normalise_parameters=to_boto,
            _normalise_response=_from_boto,
        ),
        patch.object(boto_client, "boto3", SimpleNamespace(client=_client)),
    ):
        yield


def camel(values: Any, shape: Shape | None) -> Any:  # noqa: ANN401 - values of any depth
    """Return values with the members' names as the API has them, however their first letter is written."""
    if isinstance(shape, StructureShape) and isinstance(values, Mapping):
        members = {name.lower(): (name, member) for name, member in shape.members.items()}
        named = ((members.get(str(name).lower(), (name, None)), value) for name, value in values.items())
        return {name: camel(value, member) for (name, member), value in named}
    return _inside(values, shape, camel)


def pascal(values: Any, shape: Shape | None) -> Any:  # noqa: ANN401 - as above
    """Return values with the members' names as Step Functions has them."""
    if isinstance(shape, StructureShape) and isinstance(values, Mapping):
        members = shape.members
        return {name[:1].upper() + name[1:]: pascal(value, members.get(name)) for name, value in values.items()}
    return _inside(values, shape, pascal)


def _inside(values: Any, shape: Shape | None, convert: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(shape, ListShape) and isinstance(values, list):
        return [convert(value, shape.member) for value in values]
    if isinstance(shape, MapShape) and isinstance(values, Mapping):
        return {name: convert(value, shape.value) for name, value in values.items()}
    return values


@cache
def boto_name(service: str) -> str:
    """Return what boto3 calls a service of Step Functions: personalize-events of personalizeevents."""
    joined = {name.replace("-", ""): name for name in _known()}
    return _OTHERWISE.get(service) or joined.get(service, service)


def error_prefix(service: str) -> str:
    """Return how Step Functions begins the names of a service's errors: PersonalizeEvents, DynamoDb, Sns."""
    name = boto_name(service)
    if service == "sfn" or name not in _known():
        return service.capitalize()
    return _CAPITALS.sub(lambda run: run[0].lower(), str(_model(name).service_id)).replace(" ", "")


def _boto_name_of(task: StateTaskServiceAwsSdk, boto_service_name: str | None = None) -> str:
    return boto_name(boto_service_name or task.resource.api_name)


def _to_boto(
    task: StateTaskServiceAwsSdk, parameters: dict[str, Any], *_: object, strict: bool = False, **__: object
) -> None:
    operation = _operation(task)
    if operation is not None:
        if strict and _is_ours(task) and (small := next((name for name in parameters if name[:1].islower()), "")):
            raise ValueError(refusal(TASK_NAMES, name=small))
        converted = camel(parameters, operation.input_shape)
        parameters.clear()
        parameters.update(converted)


def _from_boto(task: StateTaskServiceAwsSdk, response: Any, *_: object, **__: object) -> None:  # noqa: ANN401
    operation = _operation(task)
    if isinstance(response, dict):
        converted = _plain(pascal(response, operation.output_shape) if operation else response)
        response.clear()
        response.update(converted)


def _plain(values: Any) -> Any:  # noqa: ANN401 - as above
    """Return values with moments and contents as text: an execution's output is JSON."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list):
        return [_plain(value) for value in values]
    if isinstance(values, StreamingBody | bytes):
        content = values if isinstance(values, bytes) else values.read()
        return content.decode(errors="replace")
    if isinstance(values, dt.datetime):
        return values.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return values


def _operation(task: StateTaskServiceAwsSdk) -> OperationModel | None:
    """Return the model of a task, if botocore knows the service and the action."""
    service = boto_name(task.resource.api_name)
    if service not in _known():
        return None
    name = task.resource.api_action[:1].upper() + task.resource.api_action[1:]
    model = _model(service)
    return model.operation_model(name) if name in model.operation_names else None


def _is_ours(task: StateTaskServiceAwsSdk) -> bool:
    return task.resource.api_name.startswith("personalize")


@cache
def _known() -> frozenset[str]:
    return frozenset(Session().get_available_services())


@cache
def _model(service: str) -> ServiceModel:
    loader = Session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def _client(*args: Any, config: Config | None = None, **options: Any) -> Any:  # noqa: ANN401 - as boto3's
    client = boto3.client(*args, config=config.merge(_INSIDE) if config else _INSIDE, **options)
    client.meta.events.register("after-call", _numbered)
    return client


def _numbered(parsed: dict[str, Any], **_: object) -> None:
    """Give a reply the id that moto's errors often lack and a failed task names."""
    parsed.setdefault("ResponseMetadata", {}).setdefault("RequestId", str(uuid4()))
