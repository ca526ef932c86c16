"""Stand-ins for what moto checks templates and API documents with: 160 MB that nothing here needs.

Where the packages are installed, moto uses them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from unittest.mock import patch

import yaml
from yaml import YAMLError

_OPENAPI = "openapi_spec_validator"
_ERRORS = f"{_OPENAPI}.validation.exceptions"


class OpenAPIValidationError(Exception):
    """What moto reads of a document that does not pass."""

    message = "to check one takes the package openapi-spec-validator, which is not installed"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a template, as cfn-lint would say it."""

    message: str


@contextmanager
def openapi_importable() -> Iterator[None]:
    """Let moto import its validator of API documents, which it asks only where `failOnWarnings` is set."""
    if find_spec(_OPENAPI):
        yield
        return
    stand_ins = _stand_ins()
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:  # nobody else is to take them for the package
            del sys.modules[name]


@contextmanager
def templates_checked() -> Iterator[None]:
    """Let ValidateTemplate look at a template's format only, as AWS does, where there is no cfn-lint."""
    if find_spec("cfnlint"):
        yield
        return
    from moto.cloudformation import models  # noqa: PLC0415 - `openapi_importable` comes before moto

    with patch.object(models, "validate_template_cfn_lint", _format_problems):
        yield


def _stand_ins() -> dict[str, ModuleType]:
    modules = {name: ModuleType(name) for name in (_OPENAPI, f"{_OPENAPI}.validation", _ERRORS)}
    vars(modules[_OPENAPI])["validate"] = _refuse
    vars(modules[_ERRORS])["OpenAPIValidationError"] = OpenAPIValidationError
    return modules


def _refuse(_document: object) -> None:
    raise OpenAPIValidationError


def _format_problems(template: str) -> list[Problem]:
    try:
        content = yaml.load(template, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except YAMLError as problem:
        return [Problem(f"Template format error: {problem}")]
    if not isinstance(content, dict) or not content.get("Resources"):
        return [Problem("Template format error: At least one Resources member must be defined.")]
    return []


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms, such as !Ref, without asking what they mean."""


def _unread(_loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    return node.value


_Loader.add_multi_constructor("!", _unread)
