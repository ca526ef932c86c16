"""With `--data` everything is there again, also after a kill at any moment."""

import io
from itertools import count
from threading import Thread

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.processes import BUCKET, SCHEMA, Process, running, until


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    large = bytes(range(256)) * 40_000
    with running("--data", tmp_path) as service:
        left = _leave_traces(service, large)
        service.kill()

    with running("--data", tmp_path) as service:
        found = _find_traces(service, large)

    assert found == left


def test_a_quota_holds_and_a_name_that_is_claimed_stays_so_after_a_kill(tmp_path):
    options = ("--data", tmp_path, "--quota", "schemas=1", "--quota", "dataset-groups=2")
    with running(*options) as service:
        group = _a_group_with_interactions(service.client("personalize"))
        tracker = _refused_tracker(service.client("personalize"), group, made=True)
        service.kill()

    with running(*options) as service:
        personalize = service.client("personalize")
        with pytest.raises(personalize.exceptions.LimitExceededException):
            personalize.create_schema(name="another", schema=SCHEMA)
        assert _refused_tracker(personalize, group) == tracker
        until(lambda: personalize.describe_event_tracker(eventTrackerArn=tracker)["eventTracker"]["status"] == "ACTIVE")
        personalize.delete_event_tracker(eventTrackerArn=tracker)
        until(lambda: not personalize.list_event_trackers()["eventTrackers"])
        assert personalize.create_event_tracker(name="t", datasetGroupArn=group)["eventTrackerArn"] != tracker


def _a_group_with_interactions(personalize):
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]
    schema = personalize.create_schema(name="s", schema=SCHEMA)["schemaArn"]
    until(lambda: personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE")
    personalize.create_dataset(name="d", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions")
    return group


def _refused_tracker(personalize, group, *, made=False):
    """Try to make a second tracker, after a first one if asked; return the ARN that it collides with."""
    if made:
        personalize.create_event_tracker(name="t", datasetGroupArn=group)
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException) as refused:
        personalize.create_event_tracker(name="another", datasetGroupArn=group)
    (listed,) = personalize.list_event_trackers()["eventTrackers"]
    assert listed["eventTrackerArn"] in str(refused.value)
    return listed["eventTrackerArn"]


def _leave_traces(service, large):
    service.client("personalize").create_schema(name="s", schema=SCHEMA)
    service.client("personalize", "eu-west-1").create_schema(name="elsewhere", schema=SCHEMA)
    s3 = service.client("s3")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"new", Metadata={"made_by": "test"}, Tagging="a=b", ContentType="x/y")
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    s3.upload_fileobj(io.BytesIO(large), BUCKET, "large")
    _leave_a_versioned_bucket(s3)
    _leave_a_table(service.client("dynamodb"))
    topic = service.client("sns").create_topic(Name="news")["TopicArn"]
    service.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    unwanted = service.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="b@example.com")
    service.client("sns").unsubscribe(SubscriptionArn=unwanted["SubscriptionArn"])
    service.client("ssm").put_parameter(Name="/p", Value="1", Type="String")
    service.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    return _find_traces(service, large)


def _leave_a_versioned_bucket(s3):
    s3.create_bucket(Bucket="mine")
    s3.put_bucket_versioning(Bucket="mine", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="mine", Key="v", Body=body)
    s3.delete_object(Bucket="mine", Key="v")
    s3.copy_object(Bucket="mine", Key="copy", CopySource=f"{BUCKET}/k", MetadataDirective="COPY")


def _leave_a_table(dynamodb):
    key = {"AttributeName": "id", "KeyType": "HASH"}
    kind = {"AttributeName": "id", "AttributeType": "S"}
    table = {"TableName": "t", "KeySchema": [key], "AttributeDefinitions": [kind], "BillingMode": "PAY_PER_REQUEST"}
    dynamodb.create_table(**table)
    dynamodb.put_item(TableName="t", Item={"id": {"S": "left over"}})
    dynamodb.delete_table(TableName="t")
    dynamodb.create_table(**table)
    nested = {"M": {"list": {"L": [{"N": "1.50"}, {"B": b"\x00\xff"}, {"NULL": True}]}, "set": {"SS": ["a", "b"]}}}
    dynamodb.put_item(TableName="t", Item={"id": {"S": "x"}, "nested": nested})
    for number in ("1", "2"):
        dynamodb.update_item(
            TableName="t",
            Key={"id": {"S": "x"}},
            UpdateExpression="SET amount = :n",
            ExpressionAttributeValues={":n": {"N": number}},
        )
    dynamodb.put_item(TableName="t", Item={"id": {"S": "gone"}})
    dynamodb.delete_item(TableName="t", Key={"id": {"S": "gone"}})


def _find_traces(service, large):
    s3, iam, sns = (service.client(name) for name in ("s3", "iam", "sns"))
    one = s3.get_object(Bucket=BUCKET, Key="k")
    return {
        "schemas": [
            service.client("personalize", region).list_schemas()["schemas"] for region in ("us-east-1", "eu-west-1")
        ],
        "object": [one[name] for name in ("ContentType", "ETag", "LastModified", "Metadata")] + [one["Body"].read()],
        "tags": s3.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"],
        "large": s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == large,
        "keys": [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]],
        "versions": _without_metadata(s3.list_object_versions(Bucket="mine")),
        "items": service.client("dynamodb").scan(TableName="t")["Items"],
        "subscriptions": sns.list_subscriptions()["Subscriptions"],
        "parameter": service.client("ssm").get_parameter(Name="/p")["Parameter"],
        "roles": sorted((r["RoleName"], r["RoleId"]) for r in iam.list_roles(MaxItems=1000)["Roles"]),
        "role created": iam.get_role(RoleName="reader")["Role"]["CreateDate"],
    }


def _without_metadata(reply):
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_acknowledged(tmp_path):
    acknowledged = {"objects": [], "items": []}
    with running("--data", tmp_path) as service:
        writers = [
            Thread(target=_write_objects, args=(service.client("s3"), acknowledged["objects"])),
            Thread(target=_write_items, args=(service.client("dynamodb"), acknowledged["items"])),
        ]
        for writer in writers:
            writer.start()
        until(lambda: min(map(len, acknowledged.values())) >= 25)
        service.kill()
        for writer in writers:
            writer.join()

    with running("--data", tmp_path) as service:
        s3 = service.client("s3")
        listed = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        bodies = {s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == _body(key) for key in listed}
        items = service.client("dynamodb").scan(TableName="tastemaker-resources")["Items"]

    assert (set(acknowledged["objects"]) - set(listed), bodies) == (set(), {True})
    assert set(acknowledged["items"]) <= {item["arn"]["S"] for item in items}


def _body(key):
    return key.encode() * 5_000


def _write_objects(s3, done):
    for number in count():
        try:
            s3.put_object(Bucket=BUCKET, Key=f"k{number}", Body=_body(f"k{number}"))
        except (BotoCoreError, ClientError):
            return
        done.append(f"k{number}")


def _write_items(dynamodb, done):
    for number in count():
        try:
            dynamodb.put_item(TableName="tastemaker-resources", Item={"arn": {"S": f"arn{number}"}})
        except (BotoCoreError, ClientError):
            return
        done.append(f"arn{number}")


@pytest.fixture
def service(tmp_path):
    """Return a service that works on the test's folder."""
    with running("--data", tmp_path) as process:
        yield process


def test_two_services_cannot_share_a_folder(service, tmp_path):
    second = Process("--port", 0, "--data", tmp_path)

    assert second.end() == (2, f"tastemaker: another local service uses {tmp_path}\n")
    assert service.alive


def test_objects_of_another_partition_are_kept_like_all(tmp_path):
    place = {"Bucket": "tastemaker-data-123456789012-cn-north-1", "Key": "k"}
    with running("--data", tmp_path) as service:
        service.client("personalize", "cn-north-1").create_schema(name="s", schema=SCHEMA)
        service.client("s3", "cn-north-1").put_object(**place, Body=b"content", Tagging="kind=test")
        service.kill()

    with running("--data", tmp_path) as service:
        s3 = service.client("s3", "cn-north-1")
        assert s3.get_object(**place)["Body"].read() == b"content"
        assert s3.get_object_tagging(**place)["TagSet"] == [{"Key": "kind", "Value": "test"}]
        assert [one["name"] for one in service.client("personalize", "cn-north-1").list_schemas()["schemas"]] == ["s"]
