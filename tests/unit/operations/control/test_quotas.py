"""Quotas, through real clients: how many there may be of what, where, and in which words they are refused."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

FULL = "Cannot create a {}. More than {} resources in ACTIVE state. Please delete some and try again."
AT_ONCE = "More than {} resources with PENDING or IN_PROGRESS status."
VOD = "arn:aws:personalize:::recipe/aws-vod-most-popular"


def refused(call) -> str:
    with pytest.raises(ClientError) as error:
        call()
    assert code(error) == "LimitExceededException"
    return message(error)


def test_there_are_five_dataset_groups_by_default_and_failed_ones_do_not_count(world, build):
    groups = [build.group() for _ in range(5)]

    assert refused(build.group) == FULL.format("dataset group", 5)

    world.resources.update(groups[0], {"status": "CREATE FAILED"})
    build.group()


def test_schemas_are_counted_in_the_region(world, build):
    world.allow(schemas=2)
    build.schema()
    build.schema()

    assert refused(build.schema) == FULL.format("schema", 2)


def test_import_jobs_are_counted_while_they_run(world, personalize, build):
    world.allow(import_jobs=1)
    dataset = build.dataset()

    def begin(name: str) -> None:
        source = {"dataLocation": "s3://bucket/nothing.csv"}
        personalize.create_dataset_import_job(jobName=name, datasetArn=dataset, dataSource=source)

    begin("a")
    assert refused(lambda: begin("b")) == AT_ONCE.format(1)
    world.run()
    begin("b")


def test_solution_versions_are_counted_while_they_train(world, personalize, build):
    world.allow(solution_versions=1)
    solution = build.solution(build.group())
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    assert refused(lambda: build.version(solution)) == AT_ONCE.format(1)

    personalize.stop_solution_version_creation(solutionVersionArn=version)
    build.version(solution)


def test_solutions_are_counted_in_their_dataset_group(world, build):
    world.allow(solutions=1)
    group = build.group()
    build.solution(group)

    assert refused(lambda: build.solution(group)) == FULL.format("solution", 1)
    build.solution(build.group())


def test_campaigns_are_counted_in_their_dataset_group_over_all_solutions(world, build):
    world.allow(campaigns=1)
    group = build.group()
    build.imported(build.dataset(group), shop())
    first, second = (build.version(build.solution(group)) for _ in range(2))
    build.campaign(first)

    assert refused(lambda: build.campaign(second)) == FULL.format("campaign", 1)


def test_a_stopped_recommender_counts(world, personalize, build):
    world.allow(recommenders=1)
    group = build.group(domain="VIDEO_ON_DEMAND")
    record = {"_arn": "arn:r", "_kind": "recommender", "_parent": group, "_created": "1", "datasetGroupArn": group}
    world.resources.create({**record, "status": "INACTIVE"})
    schema = build.schema("Interactions", {"name": "EVENT_TYPE", "type": "string"}, domain="VIDEO_ON_DEMAND")
    personalize.create_dataset(name="d", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema)
    build.data(group)

    create = {"name": "r", "datasetGroupArn": group, "recipeArn": VOD}
    assert refused(lambda: personalize.create_recommender(**create)) == FULL.format("recommender", 1)


def test_filters_and_their_fields_are_counted_in_the_dataset_group(world, personalize, build):
    group = build.group()
    build.dataset(group, "Items")

    def create(name: str, *fields: str) -> None:
        conditions = " OR ".join(f'{field} IN ("x")' for field in fields)
        personalize.create_filter(
            name=name, datasetGroupArn=group, filterExpression=f"INCLUDE ItemID WHERE {conditions}"
        )

    world.allow(filters=2, fields_of_filters=1)
    create("a", "Items.GENRE")
    assert "2 distinct fields; at most 1 are allowed" in refused(lambda: create("b", "Items.ITEM_ID"))
    create("b", "Items.GENRE")
    assert refused(lambda: create("c", "Items.GENRE")) == FULL.format("filter", 2)


def test_the_fields_of_one_filter_are_counted(world, personalize, build):
    world.allow(fields_per_filter=1)
    group = build.group()
    build.dataset(group, "Items")
    expression = 'INCLUDE ItemID WHERE Items.GENRE IN ("x") OR Items.ITEM_ID IN ("y")'

    with pytest.raises(personalize.exceptions.InvalidInputException, match="2 distinct fields; at most 1"):
        personalize.create_filter(name="f", datasetGroupArn=group, filterExpression=expression)


def test_tags_are_counted_with_those_that_are_there(world, personalize):
    world.allow(tags=1)
    arn = personalize.create_dataset_group(name="g", tags=[{"tagKey": "a", "tagValue": ""}])["datasetGroupArn"]

    personalize.tag_resource(resourceArn=arn, tags=[{"tagKey": "a", "tagValue": "again"}])
    with pytest.raises(personalize.exceptions.TooManyTagsException):
        personalize.tag_resource(resourceArn=arn, tags=[{"tagKey": "b", "tagValue": ""}])
    with pytest.raises(personalize.exceptions.TooManyTagKeysException):
        personalize.untag_resource(resourceArn=arn, tagKeys=["a", "b"])


def test_a_reference_that_is_missing_comes_before_the_quota_and_the_quota_before_the_name(world, personalize, build):
    world.allow(solutions=1)
    group = build.data(build.group())
    recipe = "arn:aws:personalize:::recipe/aws-popularity-count"
    personalize.create_solution(name="s", datasetGroupArn=group, recipeArn=recipe)

    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.create_solution(name="s", datasetGroupArn=f"{group}-none", recipeArn=recipe)
    refused(lambda: personalize.create_solution(name="s", datasetGroupArn=group, recipeArn=recipe))
