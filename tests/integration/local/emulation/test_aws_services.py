"""Anything but our own API reaches moto, in the same process, through any boto3 client."""

import hashlib
import io

import pytest
from botocore.exceptions import ClientError

BUCKET = "tastemaker-data-123456789012-us-east-1"


def test_s3_keeps_an_object_with_its_metadata(tastemaker):
    s3 = tastemaker.client("s3")

    s3.put_object(Bucket=BUCKET, Key="a folder/ü.csv", Body=b"id\n1\n", Metadata={"made_by": "test"})
    got = s3.get_object(Bucket=BUCKET, Key="a folder/ü.csv")

    assert (got["Body"].read(), got["Metadata"]) == (b"id\n1\n", {"made_by": "test"})
    assert got["ETag"].strip('"') == hashlib.md5(b"id\n1\n", usedforsecurity=False).hexdigest()


def test_s3_tells_of_an_object_without_sending_it(tastemaker):
    s3 = tastemaker.client("s3")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"12345")

    assert s3.head_object(Bucket=BUCKET, Key="k")["ContentLength"] == 5
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key="absent")


def test_s3_answers_ranges(tastemaker):
    s3 = tastemaker.client("s3")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")

    got = s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=2-4")

    assert (got["Body"].read(), got["ResponseMetadata"]["HTTPStatusCode"]) == (b"234", 206)


def test_s3_takes_an_upload_in_parts(tastemaker):
    s3 = tastemaker.client("s3")
    content = bytes(range(256)) * 50_000

    s3.upload_fileobj(io.BytesIO(content), BUCKET, "large")
    target = io.BytesIO()
    s3.download_fileobj(BUCKET, "large", target)

    assert target.getvalue() == content


def test_s3_takes_a_bucket_of_the_clients_own(tastemaker):
    s3 = tastemaker.client("s3")

    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="x/y", Body=b"")
    s3.delete_objects(Bucket="mine", Delete={"Objects": [{"Key": "x/y"}]})

    assert "Contents" not in s3.list_objects_v2(Bucket="mine")


def test_a_key_may_be_created_only_once_by_many_at_a_time(tastemaker):
    s3 = tastemaker.client("s3")
    s3.put_object(Bucket=BUCKET, Key="manifest.json", Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key="manifest.json", Body=b"second", IfNoneMatch="*")


def test_iam_knows_the_managed_policies(tastemaker):
    iam = tastemaker.client("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")["Role"]

    iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")

    attached = iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/reader"
    assert [policy["PolicyName"] for policy in attached] == ["AmazonS3ReadOnlyAccess"]


def test_sts_names_the_account(tastemaker):
    assert tastemaker.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_ssm_keeps_parameters(tastemaker):
    ssm = tastemaker.client("ssm")

    ssm.put_parameter(Name="/app/setting", Value="1", Type="String")

    assert ssm.get_parameter(Name="/app/setting")["Parameter"]["Value"] == "1"


def test_sns_publishes_to_a_queue(tastemaker):
    sns, sqs = tastemaker.client("sns"), tastemaker.client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="hello")

    assert [message["Body"] for message in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["hello"]


def test_eventbridge_keeps_rules(tastemaker):
    events = tastemaker.client("events")

    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")

    assert {rule["Name"] for rule in events.list_rules()["Rules"]} == {"nightly", "tastemaker-schedule"}


def test_cloudwatch_keeps_metrics(tastemaker):
    cloudwatch = tastemaker.client("cloudwatch")

    cloudwatch.put_metric_data(Namespace="App", MetricData=[{"MetricName": "calls", "Value": 1}])

    assert [metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="App")["Metrics"]] == ["calls"]
