"""The first thing to run on a new deployment: `python examples/smoke.py URL` walks through it and cleans up.

It takes a quarter of an hour at most and a cent. It needs your credentials for S3, IAM and CloudFormation besides the
API; buckets and roles that it makes are called tastemaker-smoke-....
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import BotoCoreError, ClientError

NAME = f"tastemaker-smoke-{time.time():.0f}"
FIELDS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
ASKED = 5
PATIENCE = 900  # seconds for one resource
Undo = list[tuple[str, Callable[[], object]]]


class NotAsExpected(Exception):
    """The deployment did something else; the message says what."""


def expect(holds: bool, otherwise: object) -> None:  # noqa: FBT001 - read as a sentence
    """Fail with what was found where something does not hold."""
    if not holds:
        raise NotAsExpected(otherwise)


def client(service: str, url: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
    """Return a client that signs for API Gateway; local mode takes any signature."""
    made = boto3.client(service, endpoint_url=url)

    def sign_for_the_gateway(context: dict, **_: object) -> None:
        context["signing"] = {"signing_name": "execute-api"}

    made.meta.events.register("choose-signer.*", sign_for_the_gateway)
    return made


@contextmanager
def check(what: str) -> Iterator[None]:
    """Say whether something works; what does not ends the walk."""
    began = time.monotonic()
    try:
        yield
    except (ClientError, BotoCoreError, NotAsExpected, OSError) as problem:
        raise SystemExit(f"FAILED  {what}: {problem}") from None
    print(f"ok      {what} ({time.monotonic() - began:.1f} s)", flush=True)


def unsigned(url: str) -> None:
    """See that nobody gets in without a signature, and that the refusal is one that clients can read."""
    request = Request(f"{url.rstrip('/')}/recommendations", b"{}", {"Content-Type": "application/json"})  # noqa: S310
    try:
        urlopen(request, timeout=30).read()  # noqa: S310 - the caller's own deployment
    except HTTPError as refusal:
        code, said = refusal.code, json.loads(refusal.read() or b"{}")
    else:
        raise NotAsExpected("an unsigned request was answered")
    expect(code in {400, 403} and "__type" in said, f"{code} {said}")


def refused(call: Callable[[], object], code: str) -> None:
    """See that an error comes as the class that programs catch."""
    try:
        call()
    except ClientError as error:
        found = error.response["Error"]["Code"]
    else:
        found = "an answer"
    expect(found == code, f"{found} instead of {code}")


def settled(describe: Callable[..., dict], member: str, arn: str) -> str:
    """Wait until what an ARN names is ACTIVE, and return it."""
    until = time.monotonic() + PATIENCE
    while (found := describe(**{f"{member}Arn": arn})[member])["status"] != "ACTIVE":
        expect(found["status"] != "CREATE FAILED", found.get("failureReason"))
        expect(time.monotonic() < until, f"{arn} is {found['status']} after {PATIENCE} s")
        time.sleep(1)
    return arn


def task_role_of(url: str) -> str:
    """Return the task role of the deployment whose API this is, whatever it is called; local mode has but one."""
    pages = boto3.client("cloudformation").get_paginator("describe_stacks").paginate()
    found = [stack.get("Outputs", ()) for page in pages for stack in page["Stacks"]]
    stacks = [{out["OutputKey"]: out["OutputValue"] for out in outputs} for outputs in found]
    ours = [one for one in stacks if {"ApiUrl", "TaskRoleArn"} <= one.keys()]
    serving = [one for one in ours if one["ApiUrl"].rstrip("/") == url.rstrip("/")] or ours
    expect(len(serving) == 1, f"no stack of this account and region has the output ApiUrl {url}")
    return serving[0]["TaskRoleArn"]


def role_for(bucket: str, task_role: str, undo: Undo) -> str:
    """Make a role that Tastemaker may read a bucket as."""
    iam = boto3.client("iam")
    partition = task_role.split(":")[1]
    place = [f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/*"]
    trust = {"Effect": "Allow", "Principal": {"AWS": task_role}, "Action": "sts:AssumeRole"}
    reading = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": place}
    trusted, read = (json.dumps({"Version": "2012-10-17", "Statement": one}) for one in (trust, reading))
    arn = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    undo.append(("role", lambda: iam.delete_role(RoleName=NAME)))
    iam.put_role_policy(RoleName=NAME, PolicyName="read", PolicyDocument=read)
    undo.append(("its policy", lambda: iam.delete_role_policy(RoleName=NAME, PolicyName="read")))
    if "AWS_ENDPOINT_URL" not in os.environ:
        time.sleep(15)  # until IAM has told all of AWS
    return str(arn)


def bucket_of_readings(undo: Undo) -> str:
    """Store 2,000 events of 40 readers."""
    s3 = boto3.client("s3")
    place = {} if s3.meta.region_name == "us-east-1" else {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=NAME, **({"CreateBucketConfiguration": place} if place else {}))
    undo.append(("bucket", lambda: s3.delete_bucket(Bucket=NAME)))
    rows = (f"reader-{n % 40},book-{(n * 7) % 30},{1_700_000_000 + n}" for n in range(2000))
    s3.put_object(Bucket=NAME, Key="readings.csv", Body="\n".join([",".join(FIELDS), *rows]).encode())
    undo.append(("file", lambda: s3.delete_object(Bucket=NAME, Key="readings.csv")))
    return NAME


def filled_group(personalize: Any, task_role: str, undo: Undo) -> str:  # noqa: ANN401 - as above
    """Make a dataset group and import into it."""
    fields = [{"name": name, "type": type_} for name, type_ in FIELDS.items()]
    avro = {"type": "record", "name": "Interactions", "namespace": "n", "fields": fields, "version": "1.0"}
    schema = personalize.create_schema(name=NAME, schema=json.dumps(avro))["schemaArn"]
    undo.append(("schema", lambda: personalize.delete_schema(schemaArn=schema)))
    group = personalize.create_dataset_group(name=NAME)["datasetGroupArn"]
    undo.append(("dataset group", lambda: personalize.delete_dataset_group(datasetGroupArn=group)))
    settled(personalize.describe_dataset_group, "datasetGroup", group)
    members = {"name": NAME, "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Interactions"}
    dataset = personalize.create_dataset(**members)["datasetArn"]
    undo.append(("dataset", lambda: personalize.delete_dataset(datasetArn=dataset)))
    settled(personalize.describe_dataset, "dataset", dataset)
    bucket = bucket_of_readings(undo)
    source = {
        "dataSource": {"dataLocation": f"s3://{bucket}/readings.csv"},
        "roleArn": role_for(bucket, task_role, undo),
    }
    job = personalize.create_dataset_import_job(jobName=NAME, datasetArn=dataset, **source)["datasetImportJobArn"]
    settled(personalize.describe_dataset_import_job, "datasetImportJob", job)
    return str(group)


def campaign_of(personalize: Any, group: str, undo: Undo) -> str:  # noqa: ANN401 - as above
    """Train, and serve what was learned."""
    [recipe] = [one for one in personalize.list_recipes()["recipes"] if one["name"] == "aws-user-personalization-v2"]
    members = {"name": NAME, "datasetGroupArn": group, "recipeArn": recipe["recipeArn"], "performAutoTraining": False}
    solution = personalize.create_solution(**members)["solutionArn"]
    undo.append(("solution", lambda: personalize.delete_solution(solutionArn=solution)))
    settled(personalize.describe_solution, "solution", solution)
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    settled(personalize.describe_solution_version, "solutionVersion", version)
    campaign = personalize.create_campaign(name=NAME, solutionVersionArn=version)["campaignArn"]
    undo.append(("campaign", lambda: personalize.delete_campaign(campaignArn=campaign)))
    return settled(personalize.describe_campaign, "campaign", campaign)


def recommend(runtime: Any, campaign: str, user: str) -> list[str]:  # noqa: ANN401 - as above
    """Ask for five items."""
    reply = runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=ASKED)
    expect(len(reply["itemList"]) == ASKED, reply)
    return [item["itemId"] for item in reply["itemList"]]


def record(personalize: Any, events: Any, group: str, undo: Undo) -> None:  # noqa: ANN401 - as above
    """Record what a newcomer reads."""
    tracker = personalize.create_event_tracker(name=NAME, datasetGroupArn=group)
    arn = tracker["eventTrackerArn"]
    undo.append(("event tracker", lambda: personalize.delete_event_tracker(eventTrackerArn=arn)))
    settled(personalize.describe_event_tracker, "eventTracker", arn)
    read = [{"eventType": "read", "itemId": f"book-{n}", "sentAt": int(time.time())} for n in (0, 7, 14)]
    events.put_events(trackingId=tracker["trackingId"], userId="newcomer", sessionId="s", eventList=read)


def walk(url: str, undo: Undo) -> None:
    """Do the main job, step by step."""
    names = ("personalize", "personalize-runtime", "personalize-events")
    personalize, runtime, events = (client(name, url) for name in names)
    with check("the control plane answers: X-Amz-Target passes the gateway, the signature counts"):
        expect(bool(personalize.list_recipes()["recipes"]), "there are no recipes")
    if "AWS_ENDPOINT_URL" not in os.environ:  # local mode asks nobody for a signature
        with check("nobody gets in without a signature"):
            unsigned(url)
    with check("errors are the classes that programs catch"):
        nothing = personalize.list_recipes()["recipes"][0]["recipeArn"].rpartition("/")[0] + "/no-such-recipe"
        refused(lambda: personalize.describe_recipe(recipeArn=nothing), "ResourceNotFoundException")
    with check("a dataset group is made and filled from S3 under a role of yours"):
        group = filled_group(personalize, task_role_of(url), undo)
    with check("a model is trained and a campaign serves it"):
        campaign = campaign_of(personalize, group, undo)
    with check("it recommends"):
        before = recommend(runtime, campaign, "newcomer")
    with check("events count in the next answer"):
        record(personalize, events, group, undo)
        expect(recommend(runtime, campaign, "newcomer") != before, "the answer is the one of before")


def tidy(undo: Undo) -> None:
    """Remove all that was made, the last first; what is still in use is asked for again."""
    for what, remove in reversed(undo):
        until = time.monotonic() + 120
        while True:
            try:
                remove()
                break
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceInUseException" or time.monotonic() > until:
                    print(f"left    {what} {NAME}: {error}")
                    break
                time.sleep(1)


if __name__ == "__main__":
    made: Undo = []
    try:
        walk(sys.argv[1], made)
    finally:
        tidy(made)
    print("all of it works, and nothing is left")
