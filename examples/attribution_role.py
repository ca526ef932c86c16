"""Make the role that a metric attribution publishes as: `python examples/attribution_role.py NAME BUCKET PREFIX`.

It prints the role's ARN, for `metricsOutputConfig.roleArn`; reports go to `s3://BUCKET/PREFIX/`. A fourth word is the
service stack, where the deployment has a name of its own: ShopTestService of shop-test.
"""

import json
import sys

import boto3

name, bucket, prefix, *others = sys.argv[1:]
iam, cloudformation = boto3.client("iam"), boto3.client("cloudformation")

[stack] = cloudformation.describe_stacks(StackName=(others or ["TastemakerService"])[0])["Stacks"]
task_role = next(out["OutputValue"] for out in stack["Outputs"] if out["OutputKey"] == "TaskRoleArn")
partition = task_role.split(":")[1]
trust = {
    "Effect": "Allow",
    "Principal": {"AWS": task_role, "Service": "personalize.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
metrics = {
    "Effect": "Allow",
    "Action": "cloudwatch:PutMetricData",
    "Resource": "*",  # it has no resources to name: the namespace narrows it
    "Condition": {"StringEquals": {"cloudwatch:namespace": "Personalize"}},
}
folder = f"arn:{partition}:s3:::{bucket}/{prefix.strip('/')}/*"
reports = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": folder}


def document(*statements: dict) -> str:
    """Return a policy's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
iam.put_role_policy(RoleName=name, PolicyName="metric-attribution", PolicyDocument=document(metrics, reports))
print(role)
