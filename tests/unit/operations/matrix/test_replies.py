"""Every built operation works once, and its whole reply is what the service model and the reference say."""

import json
from datetime import datetime

import pytest

from tests.unit.operations.matrix.furniture import BUILT
from tests.unit.operations.matrix.job_rows import ROWS

STATUSES = {
    *("ACTIVE", "INACTIVE", "PENDING", "IN_PROGRESS", "COMPLETED", "FAILED"),
    *(f"CREATE {word}" for word in ("PENDING", "IN_PROGRESS", "FAILED", "STOPPING", "STOPPED")),
    *(f"{verb} {word}" for verb in ("DELETE", "START", "STOP") for word in ("PENDING", "IN_PROGRESS")),
}
TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "timestamp": float,
}


def check(shape, value, place):
    """Compare a value as it was on the wire with its shape in the model, and go on inside it."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members), place
        assert set(shape.required_members) <= set(value), place
        for name, inner in value.items():
            check(shape.members[name], inner, f"{place}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            check(shape.member, inner, f"{place}[]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            check(shape.key, key, f"{place}.key")
            check(shape.value, inner, f"{place}.{key}")
    else:
        check_scalar(shape, value, place)


def check_scalar(shape, value, place):
    assert type(value) is TYPES[shape.type_name], place
    assert value in (getattr(shape, "enum", None) or [value]), place
    assert shape.name != "Status" or value in STATUSES, place


def shown(operation, reply):
    """Return the members that a row lists: those of the resource described or listed first, or of the reply itself."""
    inner = [value for name, value in reply.items() if name != "nextToken"]
    if operation.startswith("describe_"):
        return set(inner[0])
    if operation.startswith("list_") and operation != "list_tags_for_resource":
        return set(inner[0][0])
    return set(reply)


def test_every_built_operation_has_a_row():
    assert sorted(set(BUILT) - set(ROWS)) == []


@pytest.mark.parametrize("operation", sorted(BUILT))
def test_it_answers_with_the_members_of_the_reference(furnished, operation):
    _, model = BUILT[operation]

    reply = furnished.call(operation, ROWS[operation].request)

    [body] = furnished.bodies
    raw = json.loads(body) if body else {}
    del reply["ResponseMetadata"]
    assert shown(operation, raw) == set(ROWS[operation].shows.split()) if raw else ROWS[operation].shows == ""
    if model.output_shape:
        check(model.output_shape, raw, operation)
    assert set(reply) == set(raw)
    assert all(isinstance(moment, datetime) for moment in moments(reply))


def moments(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("DateTime"):
                yield inner
            else:
                yield from moments(inner)
