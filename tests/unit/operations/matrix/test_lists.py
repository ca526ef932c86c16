"""Every List operation: pages that add up, in one order, of one query."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import camel, kind_of
from tests.unit.operations.matrix.furniture import BUILT
from tests.unit.operations.matrix.job_rows import ROWS

# The log of answers is paged too, but is no list of resources: test_replays.py.
LISTS = sorted(
    name for name, (_, model) in BUILT.items() if "nextToken" in model.input_shape.members and name.startswith("list_")
)
BASES = {"list_metric_attribution_metrics": {"metricAttributionArn": "@attribution"}}  # the metrics of one attribution
FILTERED = [
    name
    for name in LISTS
    if name not in BASES and any(member.endswith("Arn") for member in BUILT[name][1].input_shape.members)
]
OWN = [name for name in LISTS if name not in {"list_recipes", "list_metric_attribution_metrics"}]  # have ARNs to delete
CHILDLESS = {
    "dataset-group": "@bare",
    "dataset": "@lone-dataset",
    "solution": "@lone-solution",
    "solution-version": "@new-version",
}


def rows_of(reply):
    return next(value for value in reply.values() if isinstance(value, list))


def arn_of(operation, row):
    """Return a listed resource's own ARN; some summaries name its parents too."""
    return row[f"{camel(singular(operation).replace('_', '-'))}Arn"]


def singular(operation):
    return operation.removeprefix("list_").removesuffix("s")


def listed(furnished, operation, **members):
    return furnished.call(operation, {**BASES.get(operation, {}), **members})


def pages(furnished, operation, size, request=None):
    found, token = [], {}
    while True:
        reply = listed(furnished, operation, **(request or {}), maxResults=size, **token)
        found.append(rows_of(reply))
        if "nextToken" not in reply:
            return found
        token = {"nextToken": reply["nextToken"]}


def test_the_furnished_world_has_enough_to_page_through(furnished):
    assert [name for name in LISTS if len(rows_of(listed(furnished, name))) < 2] == []


@pytest.mark.parametrize("operation", LISTS)
def test_pages_of_any_size_give_everything_once_and_in_one_order(furnished, operation):
    whole = rows_of(listed(furnished, operation, maxResults=100))

    for size in range(1, len(whole) + 1):
        found = pages(furnished, operation, size)
        assert [row for page in found for row in page] == whole
        assert {len(page) for page in found[:-1]} <= {size}
        assert 0 < len(found[-1]) <= size
    assert len({str(row) for row in whole}) == len(whole)


@pytest.mark.parametrize("operation", FILTERED)
def test_a_filter_gives_the_children_of_one_parent(furnished, operation):
    [(member, parent)] = ROWS[operation].request.items()
    describe = f"describe_{singular(operation)}"
    whole = [arn_of(operation, row) for row in rows_of(listed(furnished, operation))]

    found = [arn_of(operation, row) for page in pages(furnished, operation, 1, {member: parent}) for row in page]

    parent = furnished.names[parent[1:]]
    [own] = BUILT[describe][1].input_shape.members
    descriptions = {arn: furnished.call(describe, {own: arn}) for arn in whole}
    assert found == [arn for arn in whole if belongs(descriptions[arn], parent)]
    assert found


def belongs(description, parent):
    """Whether a resource names a parent, or a version of it."""
    del description["ResponseMetadata"]
    [resource] = description.values()
    return any(value == parent or str(value).startswith(f"{parent}/") for value in resource.values())


@pytest.mark.parametrize("operation", FILTERED)
def test_a_parent_without_children_has_an_empty_list(furnished, operation):
    [(member, parent)] = ROWS[operation].request.items()
    kind = kind_of(furnished.names[parent[1:]])
    childless = CHILDLESS[kind]

    reply = listed(furnished, operation, **{member: childless})

    assert (rows_of(reply), reply.get("nextToken")) == ([], None)


def refused(furnished, operation, **members):
    with pytest.raises(ClientError) as error:
        listed(furnished, operation, **members)
    return error.value.response["Error"]["Code"] == "InvalidNextTokenException"


@pytest.mark.parametrize("operation", LISTS)
def test_a_changed_token_is_refused(furnished, operation):
    token = listed(furnished, operation, maxResults=1)["nextToken"]
    flipped = [token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(0, len(token) - 4, 9)]

    for changed in (*flipped, token[:-5], token[4:], token * 2, "x", "bm90aGluZw=="):
        assert refused(furnished, operation, maxResults=1, nextToken=changed), changed


@pytest.mark.parametrize("operation", LISTS)
def test_a_token_belongs_to_its_operation(furnished, operation):
    token = listed(furnished, operation, maxResults=1)["nextToken"]

    assert all(refused(furnished, other, nextToken=token) for other in LISTS if other != operation)


@pytest.mark.parametrize("operation", FILTERED)
def test_a_token_belongs_to_its_parent(furnished, operation):
    token = listed(furnished, operation, maxResults=1)["nextToken"]

    assert refused(furnished, operation, **ROWS[operation].request, nextToken=token)


@pytest.mark.parametrize("operation", OWN)
def test_a_page_goes_on_behind_what_was_deleted_meanwhile(furnished, operation):
    whole = rows_of(listed(furnished, operation))
    token = listed(furnished, operation, maxResults=1)["nextToken"]

    for gone in whole[:2]:  # what the token points at, and what would have come next
        furnished.world.resources.delete(arn_of(operation, gone))

    left = rows_of(listed(furnished, operation, maxResults=100, nextToken=token))
    assert left == whole[2:]
