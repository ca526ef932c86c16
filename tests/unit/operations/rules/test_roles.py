"""Roles of other accounts are refused at each call that takes one; whether a role is there shows when it is assumed."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.builder import Builder
from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

OTHER = "arn:aws:iam::999999999999:role/reader"
SOURCE = {"dataLocation": "s3://bucket/x.csv"}
OUTPUT = {"s3DataDestination": {"path": "s3://bucket/out/"}}


def calls(build: Builder):
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, shop())
    version = build.version(build.solution(group))
    batch = {"jobName": "b", "solutionVersionArn": version, "jobInput": {"s3DataSource": {"path": "s3://bucket/in/"}}}
    yield "create_dataset_group", {"name": "g", "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}
    yield "create_dataset_import_job", {"jobName": "i", "datasetArn": dataset, "dataSource": SOURCE}
    yield "create_dataset_export_job", {"jobName": "e", "datasetArn": dataset, "jobOutput": OUTPUT}
    yield "create_data_deletion_job", {"jobName": "d", "datasetGroupArn": group, "dataSource": SOURCE}
    yield "create_batch_inference_job", {**batch, "jobOutput": OUTPUT}


def test_another_accounts_role_is_refused_and_nothing_is_made(build, world):
    for operation, members in calls(build):
        with pytest.raises(ClientError) as error:
            getattr(build.client, operation)(**members, roleArn=OTHER)

        assert (code(error), message(error)) == (
            "InvalidInputException",
            f"Cross-account pass role is not allowed: {OTHER} is not a role of account 123456789012.",
        ), operation
        assert world.workflows.started == []


def test_a_role_of_this_account_is_taken_as_it_is(build):
    dataset = build.dataset()
    own = OTHER.replace("999999999999", "123456789012")

    build.client.create_dataset_import_job(jobName="i", datasetArn=dataset, dataSource=SOURCE, roleArn=own)


@pytest.mark.parametrize(
    ("member", "arn", "told"),
    [
        ("roleArn", "arn:aws-cn:iam::123456789012:role/r", "roleArn arn:aws-cn:iam::123456789012:role/r is no role of"),
        ("kmsKeyArn", "arn:aws-cn:kms:us-east-1:123456789012:key/k", "must be a key of account 123456789012"),
        ("kmsKeyArn", "arn:aws:kms:eu-west-1:123456789012:key/k", "must be a key of account 123456789012"),
        ("kmsKeyArn", "arn:aws:kms:us-east-1:999999999999:key/k", "must be a key of account 123456789012"),
    ],
)
def test_a_role_or_key_of_elsewhere_is_refused_with_what_differs(personalize, member, arn, told):
    own = {"roleArn": "arn:aws:iam::123456789012:role/r", "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}

    with pytest.raises(ClientError) as error:
        personalize.create_dataset_group(name="g", **{**own, member: arn})

    assert (code(error), told in message(error)) == ("InvalidInputException", True)
    assert "; that of this deployment is " in message(error)


def test_the_key_of_a_path_is_in_this_partition(build, world):
    key = "arn:aws-cn:kms:cn-north-1:123456789012:key/k"
    for operation, members in calls(build):
        if "jobOutput" in members:
            place = {"s3DataDestination": {"path": "s3://bucket/out/", "kmsKeyArn": key}}
            with pytest.raises(ClientError) as error:
                getattr(build.client, operation)(
                    **{**members, "jobOutput": place}, roleArn=OTHER.replace("999999999999", "123456789012")
                )

            assert message(error) == (
                f"jobOutput.s3DataDestination.kmsKeyArn {key} can be the key of no bucket here. "
                "Its partition is aws-cn; that of this deployment is aws."
            ), operation
            assert world.workflows.started == []


def test_an_attribution_takes_no_other_role_either(build, personalize):
    config = {"metricsOutputConfig": {"roleArn": OTHER}}
    group = build.group()
    typed = [{"name": "EVENT_TYPE", "type": "string"}]
    build.dataset(group, "Interactions", *typed)
    metrics = [{"eventType": "buy", "metricName": "m", "expression": "SAMPLECOUNT()"}]

    with pytest.raises(ClientError) as error:
        personalize.create_metric_attribution(name="a", datasetGroupArn=group, metrics=metrics, **config)

    assert message(error).startswith("Cross-account pass role is not allowed:")
