"""Every ARN in every request: pointed at nothing, at another kind of resource, and at resources in the wrong state."""

import copy
import re

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.matrix.furniture import BUILT
from tests.unit.operations.matrix.job_rows import ROWS
from tests.unit.operations.matrix.rows import FAILED, GOING, II, PENDING, RNF

ARN = re.compile(r"arn:.*:personalize:.*")


def places(shape, request, path=()):
    """Walk through the members of a request that are ARNs of the service's own resources."""
    if shape.type_name == "structure":
        for name in request:
            yield from places(shape.members[name], request[name], (*path, name))
    elif shape.type_name == "list":
        for index, inner in enumerate(request):
            yield from places(shape.member, inner, (*path, index))
    elif "personalize" in shape.metadata.get("pattern", ""):
        yield path


def replaced(request, path, value):
    request = copy.deepcopy(request)
    inner = request
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return request


def nothing_like(arn):
    """Return a well-formed ARN of the same kind that names nothing."""
    head, _, tail = arn.partition("/")
    name, *others = tail.split("/")
    return "/".join([head, f"{name}-that-never-was", *others])


REFERENCES = [
    pytest.param(operation, path, id=f"{operation}-{path[-1]}")
    for operation in sorted(BUILT.keys() & ROWS.keys())
    for path in places(BUILT[operation][1].input_shape, ROWS[operation].request)
]
STATES = [
    pytest.param(operation, path, status, id=f"{operation}-{path[-1]}-{status}")
    for operation, path in (case.values for case in REFERENCES)
    for status in (PENDING, FAILED, GOING, "ACTIVE")
]


def outcome(furnished, operation, request):
    """Call an operation; return the error's code, or nothing."""
    try:
        furnished.call(operation, request)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def at(request, path):
    for key in path:
        request = request[key]
    return request


def test_every_arn_of_every_input_is_in_its_row():
    """A row that left a member out would leave it untested."""
    left_out = [
        f"{operation}.{name}"
        for operation in sorted(BUILT.keys() & ROWS.keys())
        for name, shape in BUILT[operation][1].input_shape.members.items()
        if "personalize" in shape.metadata.get("pattern", "") and name not in ROWS[operation].request
    ]

    # It excludes campaignArn, and has tests of its own.
    assert left_out == ["explain_filter.recommenderArn", "get_recommendations.recommenderArn"]


@pytest.mark.parametrize(("operation", "path"), REFERENCES)
def test_an_arn_of_nothing_is_not_found(furnished, operation, path):
    row, model = ROWS[operation], BUILT[operation][1]
    arn = furnished.names.get(at(row.request, path)[1:], at(row.request, path))

    met = outcome(furnished, operation, replaced(row.request, path, nothing_like(arn)))

    assert met == (RNF if RNF in model.errors else row.missing[path[0]])


ELSEWHERE = {"partition": (1, "aws-cn"), "region": (3, "eu-west-1"), "account": (4, "999999999999")}


@pytest.mark.parametrize("part", ELSEWHERE)
@pytest.mark.parametrize(("operation", "path"), REFERENCES)
def test_an_arn_of_elsewhere_is_refused_with_what_differs(furnished, operation, path, part):
    row, (place, value) = ROWS[operation], ELSEWHERE[part]
    parts = furnished.names.get(at(row.request, path)[1:], at(row.request, path)).split(":", 5)
    amazons = not parts[3]
    parts[place] = value
    arn = ":".join(parts)

    with pytest.raises(ClientError) as error:
        furnished.call(operation, replaced(row.request, path, arn))

    told = error.value.response["Error"]
    unmodelled = operation.startswith("list_") and operation != "list_tags_for_resource"
    assert told["Code"] == (RNF if RNF in BUILT[operation][1].errors or not unmodelled else II)
    assert arn in told["Message"]
    rule = "neither region nor account" if amazons and part != "partition" else f"Its {part} is {value}; that of this"
    assert rule in told["Message"]


@pytest.mark.parametrize(("operation", "path"), REFERENCES)
def test_an_arn_of_another_kind_is_invalid(furnished, operation, path):
    other = "@lone-schema" if at(ROWS[operation].request, path) != "@lone-schema" else "@bare"
    if path == ("schemaArn",):
        other = "@bare"

    assert outcome(furnished, operation, replaced(ROWS[operation].request, path, other)) == II


@pytest.mark.parametrize(("operation", "path", "status"), STATES)
def test_a_status_forbids_what_the_reference_says(furnished, operation, path, status):
    row = ROWS[operation]
    name = at(row.request, path)
    if not name.startswith("@") or "schema" in name:
        pytest.skip("what Amazon owns is always ACTIVE, and schemas have no status")
    furnished.set_status(furnished.names[name[1:]], status)

    assert outcome(furnished, operation, row.request) == row.refused(operation, path[0], status)
