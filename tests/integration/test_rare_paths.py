"""What functions do seldom, through the deployed templates: ways that a grant is there for, and no other test goes."""

import io
import json
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

from tastemaker.config import environment, variable
from tastemaker.store.dynamo_resources import DynamoResources
from tastemaker.store.s3 import S3Objects
from tastemaker_local.commands import clients
from tests.integration.client import readings, restarted
from tests.integration.local.http_requests import ask
from tests.processes import until

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/of-the-caller"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:tastemaker-"
MODELS = f"tastemaker-models-{ACCOUNT}-us-east-1"
BUCKETS = (f"tastemaker-data-{ACCOUNT}-us-east-1", MODELS)
WORKFLOWS = ("lifecycle", "import", "training", "deployment", "batch", "segments", "export", "deletion")
# Looks at nothing that is due by itself, in a day of 24 minutes: 2 seconds until what was recorded is counted.
LOOK = {"day": 1_440, "training": False}
USERS = {
    "type": "record",
    "name": "Users",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [{"name": "USER_ID", "type": "string"}, {"name": "TIER", "type": "string", "categorical": True}],
    "version": "1.0",
}


@pytest.fixture
def look(tastemaker):
    """Let the schedule's machine look once, and return what it says."""
    states = tastemaker.client("stepfunctions")

    def looked():
        arn = states.start_execution(stateMachineArn=f"{MACHINE}schedule", input=json.dumps(LOOK))["executionArn"]
        until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        execution = states.describe_execution(executionArn=arn)
        assert execution["status"] == "SUCCEEDED", execution
        return json.loads(execution["output"])

    return looked


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_start_that_was_lost_is_made_good_by_the_look(tastemaker, look, workflow):
    arn = f"arn:aws:personalize:us-east-1:{ACCOUNT}:dataset-group/lost"
    change = {"change": "create", "workflow": workflow, "attempt": "a", "began": 1.0}
    record = {"_arn": arn, "_kind": "dataset-group", "_created": "1#a", "name": "lost", "status": "CREATE PENDING"}
    record |= {"dataSource": {"dataLocation": "s3://nowhere/nothing.csv"}, "roleArn": None}
    DynamoResources(tastemaker.client("dynamodb"), "tastemaker-resources").create(record | {"_change": change})

    found = look()

    assert found["started"] == [arn]
    executions = tastemaker.client("stepfunctions").list_executions(stateMachineArn=f"{MACHINE}{workflow}")
    assert len(executions["executions"]) == 1


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_an_execution_that_somebody_stopped_is_found_by_the_look(tastemaker, client, look, workflow):
    states, arn = tastemaker.client("stepfunctions"), f"arn:aws:personalize:us-east-1:{ACCOUNT}:dataset-group/stopped"
    resources = DynamoResources(tastemaker.client("dynamodb"), "tastemaker-resources")
    change = {"change": "create", "workflow": workflow, "attempt": "a", "began": 1.0}
    record = {"_arn": arn, "_kind": "dataset-group", "_created": "1#a", "name": "s", "status": "CREATE IN_PROGRESS"}
    resources.create(record | {"_change": change})

    found = look()

    assert found["failed"] == [arn]
    failed = client.personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert failed["status"] == "CREATE FAILED"
    assert states.list_executions(stateMachineArn=f"{MACHINE}{workflow}")["executions"] == []


@pytest.mark.parametrize("bucket", BUCKETS)
def test_an_upload_that_fails_leaves_no_parts_behind(tastemaker, bucket):
    s3 = boto3.client("s3", "us-east-1", config=Config(ignore_configured_endpoint_urls=True))

    def lose(**_):
        raise ConnectionError("the part is lost")

    s3.meta.events.register("before-parameter-build.s3.UploadPart", lose)
    with acting_as("tastemaker-tasks"), pytest.raises(ConnectionError):
        S3Objects("us-east-1", s3).upload_stream(io.BytesIO(bytes(40 << 20)), bucket, "large")

    assert "Uploads" not in tastemaker.client("s3").list_multipart_uploads(Bucket=bucket)


def test_a_process_that_cannot_fetch_a_model_answers_as_before_the_update(client, tastemaker):
    group = client.group()
    dataset = client.dataset(group)
    client.imported(dataset, readings())
    campaign = client.campaign(group)
    solution = client.personalize.list_solutions(datasetGroupArn=group)["solutions"][0]["solutionArn"]
    client.imported(dataset, readings().replace("book-0-", "novel-"), name="second")
    before = model_files(client)
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    client.settled("solutionVersion", version)
    client.personalize.update_campaign(campaignArn=campaign, solutionVersionArn=version)
    until(lambda: "novel-" in str(client.books(campaign, "reader-0")))

    gone = model_files(client) - before
    for each in client.s3.list_object_versions(Bucket=MODELS)["Versions"]:
        if each["Key"] in gone:
            client.s3.delete_object(Bucket=MODELS, Key=each["Key"], VersionId=each["VersionId"])
    restarted(tastemaker, "runtime")

    assert "book-0-" in str(client.books(campaign, "reader-0"))


@pytest.fixture
def who(client, tastemaker):
    """Return a function that begins a segment job over readings, by its name, and returns its ARN."""
    role(tastemaker)
    group = client.group()
    client.imported(client.dataset(group), readings())
    version = version_of(client, group, "aws-item-affinity")
    client.s3.put_object(Bucket="readings", Key="items.json", Body=b'{"itemId": "book-1-2"}\n')

    def begin(name, tags=()):
        return client.personalize.create_batch_segment_job(
            jobName=name,
            solutionVersionArn=version,
            numResults=10,
            jobInput={"s3DataSource": {"path": "s3://readings/items.json"}},
            jobOutput={"s3DataDestination": {"path": f"s3://readings/{name}/"}},
            roleArn=ROLE,
            tags=list(tags),
        )["batchSegmentJobArn"]

    return begin


def users_of(client, name):
    """Return what a segment job has stored."""
    return client.s3.get_object(Bucket="readings", Key=f"{name}/items.json.out")["Body"].read()


def test_segments_are_made(client, who):
    assert client.settled("batchSegmentJob", who("out"))["status"] == "ACTIVE"
    assert len(json.loads(users_of(client, "out"))["output"]["usersList"]) == 10


def test_a_segment_job_finds_the_same_users_in_a_container(client, tastemaker, who):
    jobs = [who("here"), who("there", [{"tagKey": "tastemaker:rung", "tagValue": "container"}])]

    assert [client.settled("batchSegmentJob", job)["status"] for job in jobs] == ["ACTIVE", "ACTIVE"]
    assert users_of(client, "here") == users_of(client, "there") != b""
    ends = tastemaker.client("batch").list_jobs(jobQueue="tastemaker-jobs", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert [job["jobName"].rpartition("-")[0] for job in ends] == ["segments-run"]


@pytest.fixture
def tiers(client, tastemaker):
    """A campaign, and a filter by what is known of users; one of them was put since the training."""
    role(tastemaker)
    group = client.group()
    client.imported(client.dataset(group, {"name": "EVENT_TYPE", "type": "string"}), with_types())
    users = client.personalize.create_schema(name="users", schema=json.dumps(USERS))["schemaArn"]
    dataset = client.personalize.create_dataset(
        name="users", datasetGroupArn=group, schemaArn=users, datasetType="Users"
    )["datasetArn"]
    client.settled("dataset", dataset)
    client.imported(dataset, "USER_ID,TIER\n" + "".join(f"reader-{n},none\n" for n in range(60)), name="users")
    client.campaign_arn = client.campaign(group)
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*") IF CurrentUser.TIER IN ("gold")'
    client.filter_arn = client.personalize.create_filter(
        name="new", datasetGroupArn=group, filterExpression=expression
    )["filterArn"]
    client.settled("filter", client.filter_arn)
    client.events.put_users(datasetArn=dataset, users=[{"userId": "reader-1", "properties": '{"tier": "gold"}'}])
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "read", "sentAt": 1_800_000_000, "itemId": "book-0-1"}
    client.events.put_events(trackingId=tracker, userId="reader-1", sessionId="s", eventList=[event])
    client.dataset_group = group
    return client


def test_what_was_put_of_a_user_and_done_since_decides_the_answer(tiers):
    silver, gold = (
        tiers.runtime.get_recommendations(
            campaignArn=tiers.campaign_arn, userId=user, filterArn=tiers.filter_arn, numResults=40
        )["itemList"]
        for user in ("reader-2", "reader-1")
    )

    assert len(silver) == 40
    assert "book-0-1" not in {item["itemId"] for item in gold}
    assert len(gold) < 40


def test_what_was_put_of_a_user_and_done_since_decides_the_lines_of_a_batch_job(tiers):
    campaign = tiers.personalize.describe_campaign(campaignArn=tiers.campaign_arn)["campaign"]
    tiers.s3.put_object(Bucket="readings", Key="users.json", Body=b'{"userId": "reader-1"}\n{"userId": "reader-2"}\n')

    arn = tiers.personalize.create_batch_inference_job(
        jobName="all",
        solutionVersionArn=campaign["solutionVersionArn"],
        filterArn=tiers.filter_arn,
        numResults=40,
        jobInput={"s3DataSource": {"path": "s3://readings/users.json"}},
        jobOutput={"s3DataDestination": {"path": "s3://readings/out/"}},
        roleArn=ROLE,
    )["batchInferenceJobArn"]

    assert tiers.settled("batchInferenceJob", arn)["status"] == "ACTIVE"
    lines = tiers.s3.get_object(Bucket="readings", Key="out/users.json.out")["Body"].read().splitlines()
    gold, silver = (json.loads(line)["output"]["recommendedItems"] for line in lines)
    assert "book-0-1" not in gold
    assert len(gold) < len(silver) == 40


def test_an_event_that_names_an_answer_counts_for_what_gave_it(client, tastemaker, look):
    role(tastemaker)
    group = client.group()
    client.imported(client.dataset(group, {"name": "EVENT_TYPE", "type": "string"}), with_types())
    campaign = client.campaign(group)
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    attribution = client.personalize.create_metric_attribution(
        name="measured",
        datasetGroupArn=group,
        metrics=[{"eventType": "read", "metricName": "reads", "expression": "SAMPLECOUNT()"}],
        metricsOutputConfig={"roleArn": ROLE},
    )["metricAttributionArn"]
    client.settled("metricAttribution", attribution)
    reply = client.runtime.get_recommendations(campaignArn=campaign, userId="reader-1")
    event = {"eventType": "read", "sentAt": 1_800_000_000, "itemId": reply["itemList"][0]["itemId"]}
    named = event | {"recommendationId": reply["recommendationId"]}

    client.events.put_events(trackingId=tracker, userId="reader-1", sessionId="s", eventList=[named])

    until(lambda: look()["attributed"] == [attribution], patience=1)  # fifty looks
    metrics = tastemaker.client("cloudwatch").list_metrics(Namespace="Personalize")["Metrics"]
    sources = {each["Value"] for one in metrics for each in one["Dimensions"] if each["Name"].endswith("Source")}
    assert sources == {campaign}
    knowing = clients.knowing("personalize", tastemaker.endpoint_url)
    [figure] = knowing.get_attribution_figures(metricAttributionArn=attribution)["figures"]
    assert (figure["metricName"], figure["eventAttributionSource"], figure["count"]) == ("reads", campaign, 1)


def test_what_everybody_did_within_the_hour_is_told(tiers, tastemaker):
    body = json.dumps({"sourceArn": tiers.campaign_arn}).encode()

    status, reply, _ = ask(tastemaker.endpoint_url, "POST", "/user-histories", body)

    [event] = json.loads(reply)["events"]
    assert (status, event["userId"], event["itemId"]) == (200, "reader-1", "book-0-1")


def model_files(client):
    return {each["Key"] for each in client.s3.list_objects_v2(Bucket=MODELS)["Contents"]}


def version_of(client, group, recipe):
    arn = f"arn:aws:personalize:::recipe/{recipe}"
    solution = client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=arn)["solutionArn"]
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    return version


def role(tastemaker):
    tastemaker.client("iam").create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")


def with_types():
    head, *rows = readings().splitlines()
    return "\n".join([f"{head},EVENT_TYPE", *(f"{row},read" for row in rows)]) + "\n"


@contextmanager
def acting_as(function):
    """Let this thread be a function's: what it asks for is judged by the function's role."""
    named = {variable("account"): ACCOUNT, "AWS_LAMBDA_FUNCTION_NAME": function, "AWS_REGION": "us-east-1"}
    token = environment.set(named)
    try:
        yield
    finally:
        environment.reset(token)
