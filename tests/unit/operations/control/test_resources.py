"""What every kind of resource has in common, through a real boto3 client."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.errors import code, message

SCHEMA = {"type": "record", "name": "Items", "fields": [{"name": "ITEM_ID", "type": "string"}], "version": "1.0"}


def test_a_dataset_group_is_pending_then_active(world, personalize):
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    before = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]

    world.run()

    after = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert arn == NOWHERE + "dataset-group/shop"
    assert before["status"] == "CREATE PENDING"
    assert after["status"] == "ACTIVE"
    assert after.keys() == {"name", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"}
    assert after["lastUpdatedDateTime"] > after["creationDateTime"] == before["creationDateTime"]


def test_a_name_is_taken_once_per_kind(personalize):
    personalize.create_dataset_group(name="shop")

    with pytest.raises(ClientError) as error:
        personalize.create_dataset_group(name="shop")

    assert code(error) == "ResourceAlreadyExistsException"
    assert message(error) == f"Another resource with Arn {NOWHERE}dataset-group/shop already exists."


def test_an_arn_of_another_kind_is_refused(personalize, build):
    with pytest.raises(ClientError) as error:
        personalize.describe_campaign(campaignArn=build.group())

    assert code(error) == "InvalidInputException"
    assert message(error).startswith("campaignArn must be the ARN of a campaign")


def test_a_deleted_group_is_seen_going_and_then_gone(world, personalize, build):
    arn = build.group()

    personalize.delete_dataset_group(datasetGroupArn=arn)

    assert personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "DELETE PENDING"
    world.run()
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_dataset_group(datasetGroupArn=arn)


def test_a_group_that_changes_is_not_deleted(personalize):
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]

    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.delete_dataset_group(datasetGroupArn=arn)


def test_a_parent_outlives_its_children(world, personalize, build):
    group = build.group()
    dataset = build.dataset(group)
    schema = personalize.describe_dataset(datasetArn=dataset)["dataset"]["schemaArn"]

    for delete in (
        lambda: personalize.delete_dataset_group(datasetGroupArn=group),
        lambda: personalize.delete_schema(schemaArn=schema),
    ):
        with pytest.raises(ClientError) as error:
            delete()
        assert code(error) == "ResourceInUseException"
        assert dataset in message(error)

    personalize.delete_dataset(datasetArn=dataset)
    world.run()
    personalize.delete_schema(schemaArn=schema)
    personalize.delete_dataset_group(datasetGroupArn=group)


def test_lists_page_in_the_order_of_creation(world, personalize):
    world.allow(dataset_groups=7)
    names = [f"group-{n}" for n in range(7)]
    for name in names:
        personalize.create_dataset_group(name=name)

    pages = list(personalize.get_paginator("list_dataset_groups").paginate(PaginationConfig={"PageSize": 3}))

    assert [[group["name"] for group in page["datasetGroups"]] for page in pages] == [names[:3], names[3:6], names[6:]]
    assert pages[0]["datasetGroups"][0].keys() == {
        "name",
        "datasetGroupArn",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
    }


@pytest.mark.parametrize("change", [lambda t: t[:-6], lambda t: "x" + t, lambda _: "bm90aGluZw=="])
def test_a_changed_page_token_is_refused(personalize, change):
    for n in range(2):
        personalize.create_dataset_group(name=f"group-{n}")
    token = personalize.list_dataset_groups(maxResults=1)["nextToken"]

    with pytest.raises(personalize.exceptions.InvalidNextTokenException):
        personalize.list_dataset_groups(nextToken=change(token))


def test_a_page_token_belongs_to_its_query(personalize):
    for n in range(2):
        personalize.create_dataset_group(name=f"group-{n}")
    token = personalize.list_dataset_groups(maxResults=1)["nextToken"]

    with pytest.raises(personalize.exceptions.InvalidNextTokenException):
        personalize.list_schemas(nextToken=token)


def test_a_list_goes_on_where_its_last_record_was_deleted(personalize):
    arns = [personalize.create_schema(name=f"s{n}", schema=json.dumps(SCHEMA))["schemaArn"] for n in range(4)]
    first = personalize.list_schemas(maxResults=2)

    personalize.delete_schema(schemaArn=arns[1])

    rest = personalize.list_schemas(nextToken=first["nextToken"])
    assert [one["schemaArn"] for one in rest["schemas"]] == arns[2:]
    assert "nextToken" not in rest


def test_a_page_as_long_as_the_list_is_the_last(personalize):
    for n in range(2):
        personalize.create_schema(name=f"s{n}", schema=json.dumps(SCHEMA))

    assert "nextToken" not in personalize.list_schemas(maxResults=2)


def test_a_page_token_may_be_used_twice_and_with_another_page_size(personalize):
    names = [f"s{n}" for n in range(5)]
    for name in names:
        personalize.create_schema(name=name, schema=json.dumps(SCHEMA))
    token = personalize.list_schemas(maxResults=1)["nextToken"]

    pages = [personalize.list_schemas(maxResults=size, nextToken=token)["schemas"] for size in (2, 2, 100)]

    assert [[one["name"] for one in page] for page in pages] == [names[1:3], names[1:3], names[1:]]


def test_a_page_token_of_one_parent_is_no_token_of_another(personalize, build):
    group, other = build.group(), build.group()
    for _ in range(2):
        build.solution(group)
    token = personalize.list_solutions(datasetGroupArn=group, maxResults=1)["nextToken"]

    for members in ({"datasetGroupArn": other}, {}):
        with pytest.raises(personalize.exceptions.InvalidNextTokenException):
            personalize.list_solutions(**members, nextToken=token)


def test_a_list_is_not_filtered_by_the_arn_of_another_kind(personalize, build):
    with pytest.raises(ClientError) as error:
        personalize.list_campaigns(solutionArn=build.group())

    assert code(error) == "InvalidInputException"
    assert message(error).startswith("solutionArn must be the ARN of a solution")


def test_campaigns_are_listed_by_a_version_as_by_its_solution(personalize, build):
    group = build.stocked()
    solution = build.solution(group)
    version = build.version(solution)
    campaign = build.campaign(version)
    build.campaign(build.version(build.solution(group)))

    for arn in (solution, version):
        listed = personalize.list_campaigns(solutionArn=arn)["campaigns"]
        assert [one["campaignArn"] for one in listed] == [campaign]


def test_datasets_are_listed_by_group_under_their_upper_case_type(personalize, build):
    group = build.group()
    dataset = build.dataset(group, "Items")
    build.dataset()

    (listed,) = personalize.list_datasets(datasetGroupArn=group)["datasets"]

    assert listed["datasetArn"] == dataset == group.replace("dataset-group", "dataset") + "/ITEMS"
    assert listed["datasetType"] == "ITEMS"
    assert len(personalize.list_datasets()["datasets"]) == 2


def test_a_schema_is_returned_as_it_was_given(personalize, build):
    arn = build.schema("Interactions", {"name": "DEVICE", "type": ["null", "string"], "categorical": True})

    schema = personalize.describe_schema(schemaArn=arn)["schema"]

    assert [field["name"] for field in json.loads(schema["schema"])["fields"]][-1] == "DEVICE"
    assert "status" not in schema


def test_a_schema_must_fit_the_type_of_the_dataset(personalize, build):
    with pytest.raises(ClientError) as error:
        personalize.create_dataset(
            name="d", datasetGroupArn=build.group(), datasetType="Items", schemaArn=build.schema("Interactions")
        )

    assert code(error) == "InvalidInputException"


def test_an_invalid_schema_names_the_field_and_the_rule(personalize):
    bad = {"type": "record", "name": "Items", "fields": [{"name": "ITEM_ID", "type": "array"}]}

    with pytest.raises(ClientError) as error:
        personalize.create_schema(name="s", schema=json.dumps(bad))

    assert code(error) == "InvalidInputException"
    assert "ITEM_ID" in message(error)


def test_tags_are_kept_beside_the_resource(personalize):
    arn = personalize.create_dataset_group(name="shop", tags=[{"tagKey": "team", "tagValue": "a"}])["datasetGroupArn"]

    personalize.tag_resource(resourceArn=arn, tags=[{"tagKey": "stage", "tagValue": "test"}])
    personalize.untag_resource(resourceArn=arn, tagKeys=["team", "never-there"])

    assert personalize.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "stage", "tagValue": "test"}]
    assert "tags" not in personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]


def test_a_resource_has_at_most_fifty_tags(personalize, build):
    tags = [{"tagKey": f"key-{n}", "tagValue": ""} for n in range(51)]

    with pytest.raises(personalize.exceptions.TooManyTagsException):
        personalize.tag_resource(resourceArn=build.group(), tags=tags)


def test_schemas_cannot_be_tagged(personalize, build):
    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.tag_resource(resourceArn=build.schema(), tags=[])
