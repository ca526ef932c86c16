"""From nothing to recommendations with plain boto3, against whatever endpoint AWS_ENDPOINT_URL names."""

import json
import os
import random
import time
from collections.abc import Callable

import boto3

NAME = f"quickstart-{time.time():.0f}"  # new each time, so that it can run again
COLUMNS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
personalize, runtime = boto3.client("personalize"), boto3.client("personalize-runtime")
s3, iam = boto3.client("s3"), boto3.client("iam")


def readings() -> str:
    """Make up 60 readers who nearly always read from the shelf they like, one of five with ten books each."""
    dice = random.Random(7)  # noqa: S311 - a game, not a secret
    lines = [",".join(COLUMNS)]
    for place in range(3000):
        shelf = place % 5 if dice.randrange(10) else dice.randrange(5)
        lines.append(f"reader-{place % 60},shelf-{shelf}-book-{dice.randrange(10)},{1_700_000_000 + place}")
    return "\n".join(lines)


def wait(describe: Callable[..., dict], member: str, arn: str) -> str:
    """Return the ARN once what it names is ACTIVE."""
    while (found := describe(**{f"{member}Arn": arn})[member])["status"] != "ACTIVE":
        if found["status"] == "CREATE FAILED":
            raise SystemExit(f"{arn}: {found['failureReason']}")
        time.sleep(0.5)
    print("ACTIVE", arn)
    return arn


s3.create_bucket(Bucket=NAME)
s3.put_object(Bucket=NAME, Key="readings.csv", Body=readings().encode())
# On AWS set TASK_ROLE_ARN to the stack's output TaskRoleArn: Tastemaker's own role reads the bucket as this one.
trusted = {"Service": "personalize.amazonaws.com"}
if "TASK_ROLE_ARN" in os.environ:
    trusted["AWS"] = os.environ["TASK_ROLE_ARN"]
trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
bucket = [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
reading = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": bucket}
trust_policy, read_policy = (json.dumps({"Version": "2012-10-17", "Statement": one}) for one in (trust, reading))
role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust_policy)["Role"]["Arn"]
iam.put_role_policy(RoleName=NAME, PolicyName="read", PolicyDocument=read_policy)
fields = [{"name": name, "type": type_} for name, type_ in COLUMNS.items()]
avro = {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema", "fields": fields}
schema = personalize.create_schema(name=NAME, schema=json.dumps(avro | {"version": "1.0"}))["schemaArn"]
group = personalize.create_dataset_group(name=NAME)["datasetGroupArn"]
wait(personalize.describe_dataset_group, "datasetGroup", group)
place = {"name": NAME, "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Interactions"}
dataset = wait(personalize.describe_dataset, "dataset", personalize.create_dataset(**place)["datasetArn"])
source = {"dataSource": {"dataLocation": f"s3://{NAME}/readings.csv"}, "roleArn": role}
job = personalize.create_dataset_import_job(jobName=NAME, datasetArn=dataset, **source)["datasetImportJobArn"]
wait(personalize.describe_dataset_import_job, "datasetImportJob", job)

recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
solution = personalize.create_solution(name=NAME, datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
wait(personalize.describe_solution_version, "solutionVersion", version)
campaign = personalize.create_campaign(name=NAME, solutionVersionArn=version)["campaignArn"]
wait(personalize.describe_campaign, "campaign", campaign)
for reader in ("reader-0", "reader-1"):
    answer = runtime.get_recommendations(campaignArn=campaign, userId=reader, numResults=5)
    print(reader, "->", ", ".join(item["itemId"] for item in answer["itemList"]))
