"""Step Functions' AWS SDK tasks as AWS has them: names in PascalCase, errors by their service; Personalize is ours."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partialmethod
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.session import Session
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from tastemaker.domain.supersets import TASK_NAMES, refusal

# What Step Functions calls a service, what boto3 does, and how errors begin.
_SERVICES = {
    "personalize": ("personalize", "Personalize"),
    "personalizeevents": ("personalize-events", "PersonalizeEvents"),
    "personalizeruntime": ("personalize-runtime", "PersonalizeRuntime"),
}
# An endpoint of a test's environment is for the clients of the test.
_INSIDE = Config(ignore_configured_endpoint_urls=True)


@contextmanager
def installed(*, strict: bool = False) -> Iterator[None]:
    """Put everything in place of moto's own; strictly, parameters are taken as AWS writes them alone."""
    names = {name: boto for name, (boto, _) in _SERVICES.items()}
    prefixes = {name: prefix for name, (_, prefix) in _SERVICES.items()}
    to_boto = partialmethod(_to_boto, strict=strict)
    with (
        patch.dict(StateTaskServiceAwsSdk._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES, names),  # noqa: SLF001
        patch.dict(state_task_service_aws_sdk._SERVICE_ERROR_NAMES, prefixes),  # noqa: SLF001
        patch.multiple(
            StateTaskServiceAwsSdk,
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


def _to_boto(
    task: StateTaskServiceAwsSdk, parameters: dict[str, Any], *_: object, strict: bool = False, **__: object
) -> None:
    operation = _operation(task)
    if operation is not None:
        if strict and (small := next((name for name in parameters if name[:1].islower()), "")):
            raise ValueError(refusal(TASK_NAMES, name=small))
        converted = camel(parameters, operation.input_shape)
        parameters.clear()
        parameters.update(converted)


def _from_boto(task: StateTaskServiceAwsSdk, response: Any, *_: object, **__: object) -> None:  # noqa: ANN401
    operation = _operation(task)
    if isinstance(response, dict):
        converted = _dated(pascal(response, operation.output_shape) if operation else response)
        response.clear()
        response.update(converted)


def _dated(values: Any) -> Any:  # noqa: ANN401 - as above
    """Return values with moments as text: an execution's output is JSON."""
    if isinstance(values, dict):
        return {name: _dated(value) for name, value in values.items()}
    if isinstance(values, list):
        return [_dated(value) for value in values]
    if isinstance(values, dt.datetime):
        return values.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return values


def _operation(task: StateTaskServiceAwsSdk) -> OperationModel | None:
    """Return the model of a task of ours; of other services moto's ways are kept."""
    boto, _ = _SERVICES.get(task.resource.api_name, ("", ""))
    if not boto:
        return None
    name = task.resource.api_action[:1].upper() + task.resource.api_action[1:]
    model = _model(boto)
    return model.operation_model(name) if name in model.operation_names else None


@cache
def _model(service: str) -> ServiceModel:
    loader = Session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def _client(*args: Any, config: Config | None = None, **options: Any) -> Any:  # noqa: ANN401 - as boto3's
    return boto3.client(*args, config=config.merge(_INSIDE) if config else _INSIDE, **options)
