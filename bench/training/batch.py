"""Lines per second of a batch inference job, whole and by the model alone.

    make demo                               # leaves a trained version in .tastemaker/demo
    .venv/bin/python -m bench.training.batch [--data DIR]

Every household of Complete Journey is one line. On AWS the reads of the events table take the place of moto's.
"""

import argparse
import json
import tempfile
from pathlib import Path
from time import monotonic, sleep

import boto3

from bench.answers.over_http import KEYS, campaign_at, households
from tastemaker.serving.asking import Asking
from tastemaker.serving.model import ServedModel, open_model
from tastemaker_local.service import LocalService

BUCKET = "batch-bench"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=".tastemaker/demo")
    users = households()
    with LocalService(data=parser.parse_args().data) as service:
        clients = {name: boto3.client(name, endpoint_url=service.url, **KEYS) for name in ("personalize", "s3", "iam")}
        version = clients["personalize"].describe_campaign(campaignArn=campaign_at(service.url))["campaign"]
        arn = version["solutionVersionArn"]
        say("a job, its start and its storing included", len(users), job(clients, arn, users))
        say("the model alone", len(users), alone(downloaded(clients["s3"], arn), users))


def say(what: str, lines: int, seconds: float) -> None:
    """Print one figure."""
    print(f"{what:42} {lines} lines in {seconds:6.2f} s: {lines / seconds:6.0f} lines per second")


def job(clients: dict, version: str, users: list[str]) -> float:
    """Run a job over all users and return its seconds."""
    clients["s3"].create_bucket(Bucket=BUCKET)
    body = "\n".join(json.dumps({"userId": user}) for user in users)
    clients["s3"].put_object(Bucket=BUCKET, Key="in/users.json", Body=body.encode())
    role = clients["iam"].create_role(RoleName=BUCKET, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    start = monotonic()
    arn = clients["personalize"].create_batch_inference_job(
        jobName=f"{BUCKET}-{start:.0f}",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": f"s3://{BUCKET}/in/"}},
        jobOutput={"s3DataDestination": {"path": f"s3://{BUCKET}/out/"}},
        roleArn=role,
    )["batchInferenceJobArn"]
    while clients["personalize"].describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"][
        "status"
    ] not in {"ACTIVE", "CREATE FAILED"}:
        sleep(0.1)
    return monotonic() - start


def downloaded(s3: object, version: str) -> ServedModel:
    """Return the version's model."""
    [bucket] = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("tastemaker-models")]
    folder = Path(tempfile.mkdtemp())
    prefix = f"{version.partition('solution/')[2]}/"
    for file in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        s3.download_file(bucket, file["Key"], str(folder / Path(file["Key"]).name))
    return open_model(folder)


def alone(model: ServedModel, users: list[str]) -> float:
    """Ask the model for all users and return the seconds."""
    start = monotonic()
    for user in users:
        model.recommend(Asking(user), 25)
    return monotonic() - start


if __name__ == "__main__":
    main()
