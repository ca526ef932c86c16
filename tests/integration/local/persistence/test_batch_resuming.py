"""A batch job that kills interrupt ends with the bytes of one that nobody disturbed."""

import json

from tests.integration.client import Client, readings
from tests.processes import BUCKET, running, until

# Nine parts of 256 KiB, of lines that are long.
LINES = 20_000
NOTE = "n" * 72


def test_a_batch_job_that_kills_interrupt_gives_the_same_bytes(tmp_path):
    with running("--data", tmp_path) as service:
        version = _version(service)
        calm = _create(service, version, "calm")
        until(lambda: _job(service, calm)["status"] == "ACTIVE", patience=300)
        killed = _create(service, version, "killed")
        until(lambda: _states(service))
        service.kill()
    with running("--data", tmp_path) as service:
        until(lambda: _states(service) > 1, patience=300)
        service.kill()

    with running("--data", tmp_path) as service:
        until(lambda: _job(service, killed)["status"] in {"ACTIVE", "CREATE FAILED"}, patience=300)
        assert _job(service, killed)["status"] == "ACTIVE"
        bodies = [_body(service, name) for name in ("calm", "killed")]
        assert bodies[0].count(b"\n") == LINES
        assert bodies[0] == bodies[1]
        assert _left(service) == []


def _version(service):
    client = Client(service)
    group = client.group()
    client.imported(client.dataset(group), readings())
    campaign = client.campaign(group, recipe="aws-popularity-count")
    lines = "".join(json.dumps({"userId": f"reader-{n % 60}", "line": n, "note": NOTE}) + "\n" for n in range(LINES))
    client.s3.put_object(Bucket="readings", Key="in/lines.json", Body=lines.encode())
    return client.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]


def _create(service, version, name):
    role = service.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return service.client("personalize").create_batch_inference_job(
        jobName=name,
        solutionVersionArn=version,
        numResults=10,
        jobInput={"s3DataSource": {"path": "s3://readings/in/"}},
        jobOutput={"s3DataDestination": {"path": f"s3://readings/{name}/"}},
        roleArn=role,
    )["batchInferenceJobArn"]


def _job(service, arn):
    return service.client("personalize").describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]


def _body(service, name):
    return service.client("s3").get_object(Bucket="readings", Key=f"{name}/lines.json.out")["Body"].read()


def _left(service):
    listed = service.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="jobs/")
    return [entry["Key"] for entry in listed.get("Contents", [])]


def _states(service):
    """Return how many parts are answered."""
    return sum(key.endswith(".json") and "/parts/" in key for key in _left(service))
