"""Which requests a restart repeats: those that change what is not stored otherwise."""

import pytest

from tastemaker_local.emulation.messages import Request
from tastemaker_local.persistence.journal import changes_something


def request(service, method="POST", target="/", body=b"", **headers):
    signature = f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, Signature=0"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, target, {"authorization": signature, "host": "127.0.0.1:8000", **names}, body)


FORM = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}
CHANGES = {
    "a role": request("iam", body=b"Action=CreateRole&RoleName=r", **FORM),
    "a parameter": request("ssm", x_amz_target="AmazonSSM.PutParameter"),
    "a topic": request("sns", body=b"Action=CreateTopic", **FORM),
    "a bucket": request("s3", "PUT", "/mine"),
    "a bucket by host name": request("s3", "PUT", "/", host="mine.localhost:8000"),
    "a bucket's versioning": request("s3", "PUT", "/mine?versioning"),
    "a table": request("dynamodb", x_amz_target="DynamoDB_20120810.CreateTable"),
    "a machine": request("states", x_amz_target="AWSStepFunctions.CreateStateMachine"),
    "a metric": request("monitoring", target="/service/GraniteServiceVersion20100801/operation/PutMetricData"),
    "a function's setting": request("lambda", "PUT", "/2015-03-31/functions/f/configuration"),
}
READS = {
    "a role": request("iam", body=b"Action=GetRole&RoleName=r", **FORM),
    "an identity": request("sts", body=b"Action=AssumeRole", **FORM),
    "a publication": request("sns", body=b"Action=Publish", **FORM),
    "an object": request("s3", "PUT", "/mine/key"),
    "an object by host name": request("s3", "PUT", "/key", host="mine.localhost:8000"),
    "a deletion of objects": request("s3", "POST", "/mine?delete"),
    "a listing": request("s3", "GET", "/mine"),
    "an item": request("dynamodb", x_amz_target="DynamoDB_20120810.PutItem"),
    "an execution": request("states", x_amz_target="AWSStepFunctions.StartExecution"),
    "metrics": request("monitoring", target="/service/GraniteServiceVersion20100801/operation/ListMetrics"),
    "an invocation": request("lambda", "POST", "/2015-03-31/functions/f/invocations"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_repeated(name):
    assert changes_something(CHANGES[name])


@pytest.mark.parametrize("name", READS)
def test_what_changes_nothing_or_is_stored_is_not_repeated(name):
    assert not changes_something(READS[name])
