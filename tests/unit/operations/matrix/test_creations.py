"""What all Create operations share: tags with their limits, and names that are taken once."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.matrix.furniture import BUILT
from tests.unit.operations.matrix.job_rows import ROWS
from tests.unit.operations.matrix.rows import TAGS

CREATIONS = sorted(name for name in BUILT if name.startswith("create_"))
TAGGED = [name for name in CREATIONS if "tags" in BUILT[name][1].input_shape.members]
NAMED = [name for name in CREATIONS if name != "create_solution_version"]  # each call makes a new one


def made(furnished, operation, **changes):
    reply = furnished.call(operation, {**ROWS[operation].request, **changes})
    return next(value for member, value in reply.items() if member.endswith("Arn"))


def refusal(furnished, operation, **changes):
    with pytest.raises(ClientError) as error:
        made(furnished, operation, **changes)
    return error.value.response["Error"]["Code"]


def tags(count):
    return [{"tagKey": f"key-{n}", "tagValue": ""} for n in range(count)]


WRONG = {
    "51 tags": (tags(51), "TooManyTagsException"),
    "a reserved key": ([{"tagKey": "aws:team", "tagValue": "a"}], "InvalidInputException"),
    "a key twice": ([*TAGS, *TAGS], "InvalidInputException"),
}


@pytest.mark.parametrize("operation", TAGGED)
def test_its_row_has_tags(operation):
    assert ROWS[operation].request["tags"] == TAGS


@pytest.mark.parametrize("operation", TAGGED)
@pytest.mark.parametrize("given", [[], TAGS, tags(50)], ids=["none", "one", "fifty"])
def test_tags_are_kept_beside_what_is_created(furnished, operation, given):
    arn = made(furnished, operation, tags=given)

    kept = furnished.call("list_tags_for_resource", {"resourceArn": arn})["tags"]
    assert sorted(kept, key=str) == sorted(given, key=str)


@pytest.mark.parametrize("operation", TAGGED)
@pytest.mark.parametrize(("given", "code"), WRONG.values(), ids=WRONG)
def test_wrong_tags_are_refused_and_nothing_is_created(furnished, operation, given, code):
    started = len(furnished.world.workflows.started)

    assert refusal(furnished, operation, tags=given) == code
    assert len(furnished.world.workflows.started) == started
    assert made(furnished, operation)


@pytest.mark.parametrize("operation", NAMED)
def test_a_name_is_taken_once(furnished, operation):
    made(furnished, operation)

    assert refusal(furnished, operation) == "ResourceAlreadyExistsException"
