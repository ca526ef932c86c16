"""Each region has its own deployment, made when it is first asked for, in the region's own partition."""

import json

import pytest
from botocore.exceptions import ClientError
from moto.s3.exceptions import InvalidBucketName

from tastemaker_local.emulation.deployment import deploy
from tastemaker_local.emulation.partitions import PARTITIONS
from tests.processes import until

CHINA = "arn:aws-cn:personalize:cn-north-1:123456789012"


def test_two_regions_share_nothing(tastemaker):
    here, there = (tastemaker.client("personalize", region_name=name) for name in ("us-east-1", "eu-west-1"))

    arn = here.create_dataset_group(name="shop")["datasetGroupArn"]

    assert arn.split(":")[3] == "us-east-1"
    assert [group["name"] for group in here.list_dataset_groups()["datasetGroups"]] == ["shop"]
    assert there.list_dataset_groups()["datasetGroups"] == []


def test_a_region_has_tables_and_buckets_of_its_own(tastemaker):
    there = tastemaker.client("dynamodb", region_name="eu-west-1")

    assert "tastemaker-resources" in there.list_tables()["TableNames"]
    names = [bucket["Name"] for bucket in tastemaker.client("s3").list_buckets()["Buckets"]]
    assert "tastemaker-data-123456789012-eu-west-1" in names


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    ],
)
def test_a_region_of_another_partition_has_the_arns_and_addresses_of_it(tastemaker, region, partition, suffix):
    personalize = tastemaker.client("personalize", region_name=region)

    group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]

    assert group == f"arn:{partition}:personalize:{region}:123456789012:dataset-group/shop"
    arns = {recipe["recipeArn"].partition(":personalize:")[0] for recipe in personalize.list_recipes()["recipes"]}
    assert arns == {f"arn:{partition}"}
    described = personalize.describe_recipe(recipeArn=f"arn:{partition}:personalize:::recipe/aws-sims")["recipe"]
    assert described["algorithmArn"].startswith(f"arn:{partition}:")
    [stack] = tastemaker.client("cloudformation", region_name=region).describe_stacks(StackName="TastemakerService")[
        "Stacks"
    ]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["ApiUrl"].endswith(f".execute-api.{region}.{suffix}/prod/")
    assert outputs["TaskRoleArn"].startswith(f"arn:{partition}:iam::123456789012:role/")


@pytest.mark.parametrize(
    ("service", "call", "members"),
    [
        ("personalize-runtime", "get_recommendations", {"campaignArn": f"{CHINA}:campaign/none", "userId": "u"}),
        ("personalize-events", "put_items", {"datasetArn": f"{CHINA}:dataset/none/ITEMS", "items": [{"itemId": "i"}]}),
    ],
)
def test_the_first_call_in_another_partition_may_be_any(tastemaker, service, call, members):
    client = tastemaker.client(service, region_name="cn-north-1")

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        getattr(client, call)(**members)


def test_a_workflow_of_another_partition_runs_to_its_end(tastemaker):
    personalize = tastemaker.client("personalize", region_name="us-gov-west-1")

    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]

    until(lambda: personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE")


def test_the_policies_that_aws_manages_are_there_under_the_partitions_arn(tastemaker):
    iam = tastemaker.client("iam", region_name="cn-north-1")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]

    iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess")

    assert role == "arn:aws-cn:iam::123456789012:role/reader"


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1"])
@pytest.mark.parametrize("call", ["list_recipes", "list_schemas"])
def test_a_closed_partition_is_refused_with_those_that_work(tastemaker, region, call):
    personalize = tastemaker.client("personalize", region_name=region)

    with pytest.raises(ClientError) as refused:
        getattr(personalize, call)()

    reply = refused.value.response
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 400
    message = reply["Error"]["Message"]
    assert all(name in message for name in (region, "aws-iso", *PARTITIONS))


def test_a_deployment_that_fails_leaves_nothing_that_stops_the_next(tastemaker, toy, tmp_path):
    template = json.loads((toy / "Toy.template.json").read_text())
    template["Resources"]["Bucket"]["DeletionPolicy"] = "Retain"
    template["Resources"]["Twin"] = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "x"},
        "DependsOn": "Bucket",
    }
    (tmp_path / "Toy.template.json").write_text(json.dumps(template))
    (tmp_path / "manifest.json").write_text((toy / "manifest.json").read_text())

    for _ in range(2):
        with pytest.raises(InvalidBucketName):
            deploy(tmp_path, "eu-west-2")
    deploy(toy, "eu-west-2")

    assert "toy-bucket" in {bucket["Name"] for bucket in tastemaker.client("s3").list_buckets()["Buckets"]}
