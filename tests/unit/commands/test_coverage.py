"""docs/coverage.md is what the generator writes today."""

from inspect import Parameter, signature
from pathlib import Path

import pytest

from tastemaker.bootstrap import operation_table
from tastemaker.wire.models import APIS, api_model
from tastemaker_local.commands import coverage

PAGE = Path(__file__).parents[3] / "docs" / "coverage.md"


def built():
    return {api: coverage.answering(operation_table(api)) for api in APIS}


def test_the_coverage_page_is_what_the_generator_writes():
    assert PAGE.read_text(encoding="utf-8") == coverage.page(built()), "run `tastemaker coverage`"


def test_every_operation_is_built_or_has_a_reason():
    assert coverage.unexplained(built()) == []


@pytest.mark.parametrize("api", APIS)
def test_every_built_operation_takes_exactly_the_members_of_its_model(api):
    table = operation_table(api)
    operations = [operation for operation in api_model(api).operations.values() if operation.function in table]

    for operation in operations:
        _context, *members = signature(table[operation.function]).parameters.values()
        required = {operation.arguments[member] for member in operation.input_shape.required_members}
        assert {member.name for member in members} == set(operation.arguments.values()), operation.name
        assert {member.name for member in members if member.default is Parameter.empty} <= required, operation.name
