"""Roles in local mode: the service assumes those that IAM has, and no others, as on AWS."""

from tests.integration.client import Client, readings

OWNED = "arn:aws:iam::123456789012:role/"


def test_an_import_needs_a_role_that_is_there(tastemaker):
    client, iam = Client(tastemaker), tastemaker.client("iam")
    dataset = client.dataset(client.group())
    client.s3.put_object(Bucket="readings", Key="readings.csv", Body=readings().encode())

    def imported(name: str) -> dict:
        arn = client.personalize.create_dataset_import_job(
            jobName=name,
            datasetArn=dataset,
            dataSource={"dataLocation": "s3://readings/readings.csv"},
            roleArn=f"{OWNED}reader",
        )["datasetImportJobArn"]
        return client.settled("datasetImportJob", arn)

    before = imported("before")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")  # a moment before, as notebooks do
    after = imported("after")
    iam.delete_role(RoleName="reader")
    gone = imported("gone")

    assert (before["status"], after["status"], gone["status"]) == ("CREATE FAILED", "ACTIVE", "CREATE FAILED")
    assert "Insufficient privileges for accessing data in Amazon S3" in before["failureReason"]


def test_what_a_client_assumes_itself_is_as_moto_has_it(tastemaker):
    reply = tastemaker.client("sts").assume_role(RoleArn=f"{OWNED}nobody", RoleSessionName="mine")

    assert reply["Credentials"]["AccessKeyId"]
