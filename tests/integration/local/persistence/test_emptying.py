"""The fixture gives every test an empty service: whichever of these runs second would find what the first left."""

import pytest


@pytest.mark.parametrize("turn", ["one", "another"])
def test_nothing_of_another_test_is_there(tastemaker, turn):
    personalize, s3, iam = (tastemaker.client(name) for name in ("personalize", "s3", "iam"))
    bucket = "tastemaker-data-123456789012-us-east-1"

    assert personalize.list_dataset_groups()["datasetGroups"] == []
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert "mine" not in [found["Name"] for found in s3.list_buckets()["Buckets"]]
    assert "guest" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]

    personalize.create_dataset_group(name="shop")
    s3.put_object(Bucket=bucket, Key=turn, Body=b"")
    s3.create_bucket(Bucket="mine")
    iam.create_role(RoleName="guest", AssumeRolePolicyDocument="{}")


def test_templates_of_the_cdk_find_what_a_bootstrapped_account_has(tastemaker):
    parameter = tastemaker.client("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")

    assert parameter["Parameter"]["Value"] == "30"
