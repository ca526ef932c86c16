"""The three service models as routes: which operation a request means, its members, shapes and errors.

Operations of our own are in `extras/`, in the form in which botocore merges additions into its models.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from botocore import xform_name
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

__all__ = ["APIS", "EXTRAS", "Api", "Operation", "Shape", "api_model", "without_extras"]

APIS = ("personalize", "personalize-events", "personalize-runtime")
EXTRAS = Path(__file__).parent / "extras"


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One API call: `function` is what boto3 calls it, `arguments` maps members to keyword arguments.

    `extra` says what an operation is for that is ours and not AWS's.
    """

    name: str
    function: str
    arguments: Mapping[str, str]
    input_shape: Shape
    output_shape: Shape | None
    errors: Mapping[str, int]
    extra: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Api:
    """One service: its operations by name, and by what a request says (a target header, or method and path)."""

    name: str
    by_target: bool
    content_type: str
    operations: Mapping[str, Operation]
    routes: Mapping[str, Operation]


@cache
def api_model(name: str) -> Api:
    """Read one service's model; only what botocore and we ship counts, whatever else AWS_DATA_PATH may hold."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH, str(EXTRAS)], include_default_search_paths=False)
    service = ServiceModel(loader.load_service_model(name, "service-2"), name)
    by_target = service.metadata["protocol"] == "json"
    models = [service.operation_model(operation) for operation in service.operation_names]
    own = _own_operations(loader, name)
    operations = {model.name: _operation(model, is_own=model.name in own) for model in models}
    return Api(
        name=name,
        by_target=by_target,
        content_type=f"application/x-amz-json-{service.metadata['jsonVersion']}" if by_target else "application/json",
        operations=operations,
        routes={_route(model, by_target=by_target): operations[model.name] for model in models},
    )


@cache
def without_extras(api: Api) -> Api:
    """Return an API with AWS's own operations alone."""
    return replace(
        api,
        operations={name: each for name, each in api.operations.items() if not each.extra},
        routes={route: each for route, each in api.routes.items() if not each.extra},
    )


def _route(model: OperationModel, *, by_target: bool) -> str:
    if by_target:
        return f"{model.service_model.metadata['targetPrefix']}.{model.name}"
    return f"{model.http['method']} {model.http['requestUri']}"


def _own_operations(loader: Loader, name: str) -> set[str]:
    place = f"{name}/{loader.determine_latest_version(name, 'service-2')}/service-2.sdk-extras"
    try:
        return set(loader.load_data(place)["merge"]["operations"])
    except DataNotFoundError:
        return set()


def _operation(model: OperationModel, *, is_own: bool) -> Operation:
    return Operation(
        name=model.name,
        function=xform_name(model.name),
        arguments={member: xform_name(member) for member in model.input_shape.members},
        input_shape=model.input_shape,
        output_shape=model.output_shape,
        errors={
            shape.error_code: shape.metadata.get("error", {}).get("httpStatusCode", 400) for shape in model.error_shapes
        },
        extra=model.documentation if is_own else "",
    )
