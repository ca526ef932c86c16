"""Teaches moto's CloudFormation the resource types of our templates that it lacks.

Every class lives in a package of its own: moto's metaclass takes the second part of a module's name for a service.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from tastemaker_local.emulation.cloudformation import (
    applications,
    background,
    global_tables,
    personalize,
    placeholders,
    stacks,
    stages,
)
from tastemaker_local.emulation.cloudformation.kept import recall
from tastemaker_local.emulation.cloudformation.personalize import remembered
from tastemaker_local.emulation.partitions import pseudo_parameters
from tastemaker_local.emulation.randomness import seeded

__all__ = ["installed", "known_types", "recall", "remembered"]

_MODELS = (
    *placeholders.MODELS,
    *personalize.MODELS,
    global_tables.GlobalTable,
    stages.Stage,
    applications.SparkApplication,
)
_original = parsing.parse_and_create_resource
_new_map = parsing.ResourceMap.__init__


@contextmanager
def installed() -> Iterator[None]:
    """Let stacks use the added types and know their partition; each resource is named alike at every start."""
    _look_again()
    with (
        patch.object(parsing, "parse_and_create_resource", _create),
        patch.object(parsing.ResourceMap, "__init__", _in_its_partition),
        stacks.installed(),
        background.installed(),
    ):
        yield


def known_types() -> frozenset[str]:
    """Return every resource type that a template may use."""
    return frozenset(parsing.get_model_map()) | frozenset(parsing.NULL_MODELS)


def _create(
    logical_id: str,
    resource_json: dict[str, Any],
    resources_map: parsing.ResourceMap,
    account_id: str,
    region_name: str,
) -> CloudFormationModel | None:
    with seeded(f"{region_name}/{resources_map['AWS::StackName']}/{logical_id}"):
        return _original(logical_id, resource_json, resources_map, account_id, region_name)


def _in_its_partition(resources: parsing.ResourceMap, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
    _new_map(resources, *args, **kwargs)
    resources._parsed_resources |= pseudo_parameters(resources._region_name)  # noqa: SLF001


def _look_again() -> None:
    # moto remembers its list of types from the first time it was asked, perhaps before ours were defined.
    for function in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        function.cache_clear()
