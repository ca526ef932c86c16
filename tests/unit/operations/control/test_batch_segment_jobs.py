"""Batch segment jobs through a real boto3 client: what is refused, and how jobs are described and listed."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.control.records import put
from tests.unit.operations.errors import code, message

VERSION = NOWHERE + "solution/fans/0a1b2c3d"
JOB = {
    "jobName": "fans",
    "solutionVersionArn": VERSION,
    "jobInput": {"s3DataSource": {"path": "s3://bucket/in/"}},
    "jobOutput": {"s3DataDestination": {"path": "s3://bucket/out/"}},
    "roleArn": "arn:aws:iam::123456789012:role/personalize",
}


@pytest.fixture
def refusal(personalize):
    def refuse(**members):
        with pytest.raises(ClientError) as error:
            personalize.create_batch_segment_job(**{**JOB, **members})
        return code(error), message(error)

    return refuse


@pytest.fixture
def group(build):
    return build.group()


@pytest.fixture
def version(world, group):
    """A version that only a record can be: no training makes one."""
    put(world, VERSION, "solution-version", datasetGroupArn=group, recipeArn=recipe("aws-item-affinity"))


def recipe(name):
    return f"arn:aws:personalize:::recipe/{name}"


def put_job(world, name, version=VERSION):
    arn = f"{NOWHERE}batch-segment-job/{name}"
    members = {**JOB, "jobName": name, "solutionVersionArn": version, "batchSegmentJobArn": arn, "numResults": 25}
    put(world, arn, "batch-segment-job", parent=version, **members)
    return arn


def test_a_version_of_a_recipe_that_finds_no_users_is_refused(world, group, refusal):
    put(world, VERSION, "solution-version", datasetGroupArn=group, recipeArn=recipe("aws-sims"))

    given = refusal()

    assert given[0] == "InvalidInputException"
    assert given[1].startswith("A batch segment job needs a version of a USER_SEGMENTATION recipe, which aws-sims is")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("aws-item-affinity", None),
        ("aws-item-attribute-affinity", "looks at Interactions, which recipe aws-item-attribute-affinity does not"),
    ],
)
def test_a_filter_on_interactions_is_not_for_attributes(world, build, group, name, problem):
    personalize = build.client
    put(world, VERSION, "solution-version", datasetGroupArn=group, recipeArn=recipe(name))
    build.dataset(group, "Interactions", {"name": "EVENT_TYPE", "type": "string"})
    expression = 'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")'
    rule = personalize.create_filter(name="f", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    world.run()

    if problem is None:
        assert personalize.create_batch_segment_job(**JOB, filterArn=rule)["batchSegmentJobArn"]
        return
    with pytest.raises(ClientError, match=problem):
        personalize.create_batch_segment_job(**JOB, filterArn=rule)


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"numResults": 5_000_001}, "numResults must be from 1 to 5000000, not 5000001."),
        ({"jobOutput": {"s3DataDestination": {"path": "s3://bucket/o"}}}, "must be a folder"),
        ({"tags": [{"tagKey": "aws:x", "tagValue": ""}]}, "must not begin with aws:"),
    ],
)
def test_what_no_job_can_be_is_refused(refusal, members, problem):
    given = refusal(**members)

    assert given[0] == "InvalidInputException"
    assert problem in given[1]


@pytest.mark.usefixtures("version")
def test_a_filter_must_choose_users(world, build, group, refusal):
    build.dataset(group, "Items")
    made = build.client.create_filter(
        name="f", datasetGroupArn=group, filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("x")'
    )
    world.run()

    assert refusal(filterArn=made["filterArn"])[1].endswith("filters by ItemID; a filter by UserID is needed.")


def test_references_must_exist_and_be_active(world, group, refusal):
    assert refusal()[0] == "ResourceNotFoundException"
    put(world, VERSION, "solution-version", "CREATE IN_PROGRESS", datasetGroupArn=group, recipeArn=recipe("aws-sims"))
    assert refusal()[0] == "ResourceInUseException"


def test_a_job_is_described_and_listed_in_pages_by_version(world, personalize):
    arns = [put_job(world, f"job-{number}") for number in range(3)]
    put_job(world, "other", VERSION[:-1] + "e")

    described = personalize.describe_batch_segment_job(batchSegmentJobArn=arns[0])["batchSegmentJob"]
    pages = personalize.get_paginator("list_batch_segment_jobs").paginate(
        solutionVersionArn=VERSION, PaginationConfig={"PageSize": 2}
    )

    assert {**JOB, "jobName": "job-0", "numResults": 25}.items() <= described.items()
    assert [job["batchSegmentJobArn"] for page in pages for job in page["batchSegmentJobs"]] == arns
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_batch_segment_job(batchSegmentJobArn=NOWHERE + "batch-segment-job/none")
