"""Functions may do what their roles allow, and nothing else."""

import json

import pytest
from botocore.exceptions import ClientError

from tastemaker_local.emulation.messages import Request
from tastemaker_local.emulation.permissions.policies import Asked, grants_of
from tastemaker_local.emulation.permissions.requests import requests_of

ACCOUNT = "us-east-1:123456789012"
TABLE = f"arn:aws:dynamodb:{ACCOUNT}:table/tastemaker-"


def signed(service, method="POST", target="/", *, operation="", body=b"", **headers):
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20261129/us-east-1/{service}/aws4_request, SignedHeaders=host"
    named = {"x-amz-target": f"Any_2012.{operation}"} if operation else {}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, target, {"authorization": scope} | named | more, whole)


def asked(*message, **options):
    return [(each.action, each.resource) for each in requests_of(signed(*message, **options))]


def test_requests_to_tables_are_by_table_index_and_item():
    query = {"TableName": "tastemaker-events", "IndexName": "by-group", "Select": "COUNT"}
    [of_index] = requests_of(signed("dynamodb", operation="Query", body=query))
    puts = [{"Put": {"TableName": "tastemaker-a"}}, {"ConditionCheck": {"TableName": "tastemaker-b"}}]
    batch = {"RequestItems": {"tastemaker-a": [], "tastemaker-b": []}}

    assert of_index == Asked("dynamodb:Query", f"{TABLE}events/index/by-group", {"dynamodb:Select": "COUNT"})
    assert asked("dynamodb", operation="TransactWriteItems", body={"TransactItems": puts}) == [
        ("dynamodb:PutItem", f"{TABLE}a"),
        ("dynamodb:ConditionCheckItem", f"{TABLE}b"),
    ]
    assert asked("dynamodb", operation="BatchGetItem", body=batch) == [
        ("dynamodb:BatchGetItem", f"{TABLE}a"),
        ("dynamodb:BatchGetItem", f"{TABLE}b"),
    ]


@pytest.mark.parametrize(
    ("method", "target", "action", "resource"),
    [
        ("GET", "/b?list-type=2&prefix=x", "ListBucket", "b"),
        ("GET", "/b?versions", "ListBucketVersions", "b"),
        ("HEAD", "/b/k%20/1", "GetObject", "b/k /1"),
        ("PUT", "/b/k?partNumber=1&uploadId=2", "PutObject", "b/k"),
        ("POST", "/b/k?uploads", "PutObject", "b/k"),
        ("DELETE", "/b/k?uploadId=2", "AbortMultipartUpload", "b/k"),
        ("DELETE", "/b/k?versionId=2", "DeleteObjectVersion", "b/k"),
        ("DELETE", "/b/k", "DeleteObject", "b/k"),
    ],
)
def test_requests_to_buckets_are_by_method_and_query(method, target, action, resource):
    assert asked("s3", method, target) == [(f"s3:{action}", f"arn:aws:s3:::{resource}")]


def test_a_list_of_removals_and_a_copy_are_of_each_object():
    body = b"<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object><Object><Key>b</Key></Object></Delete>"

    assert asked("s3", "POST", "/b?delete", body=body) == [
        ("s3:DeleteObjectVersion", "arn:aws:s3:::b/a"),
        ("s3:DeleteObject", "arn:aws:s3:::b/b"),
    ]
    assert asked("s3", "PUT", "/b/k", x_amz_copy_source="/a/k%201?versionId=3") == [
        ("s3:GetObject", "arn:aws:s3:::a/k 1"),
        ("s3:PutObject", "arn:aws:s3:::b/k"),
    ]


def test_a_request_to_a_rest_api_is_of_its_stage_method_and_path():
    assert asked("execute-api", target="/prod/", host="a1.execute-api.us-east-1.amazonaws.com") == [
        ("execute-api:Invoke", f"arn:aws:execute-api:{ACCOUNT}:a1/prod/POST/")
    ]
    assert asked("execute-api", target="/prod/events", host="a1.execute-api.us-east-1.amazonaws.com") == [
        ("execute-api:Invoke", f"arn:aws:execute-api:{ACCOUNT}:a1/prod/POST/events")
    ]


def test_a_service_that_nobody_thought_of_is_no_free_pass():
    with pytest.raises(ValueError, match="no rule for requests to sqs"):
        asked("sqs", operation="SendMessage")


def test_a_grant_is_of_an_action_a_resource_and_its_conditions():
    statement = {
        "Effect": "Allow",
        "Action": ["dynamodb:Query", "dynamodb:GetItem"],
        "Resource": f"{TABLE}*",
        "Condition": {"StringEquals": {"dynamodb:Select": "COUNT"}},
    }
    query, get = grants_of("f", [{"Statement": [statement]}])
    counting = Asked("dynamodb:Query", f"{TABLE}a", {"dynamodb:Select": "COUNT"})

    assert (query.allows(counting), get.allows(counting)) == (True, False)
    assert not query.allows(Asked("dynamodb:Query", f"{TABLE}a", {}))
    assert not query.allows(Asked("dynamodb:Query", f"arn:aws:dynamodb:{ACCOUNT}:table/other", counting.context))


def test_what_a_role_no_longer_allows_is_refused_and_then_allowed_again(tastemaker):
    iam, personalize = tastemaker.client("iam"), tastemaker.client("personalize")
    role = tastemaker.client("lambda").get_function_configuration(FunctionName="tastemaker-control")["Role"]
    [name] = iam.list_role_policies(RoleName=role.rpartition("/")[2])["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role.rpartition("/")[2], PolicyName=name)["PolicyDocument"]

    def let(statements):
        document = json.dumps({**whole, "Statement": statements})
        iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName=name, PolicyDocument=document)

    let([each for each in whole["Statement"] if "dynamodb:PutItem" not in each["Action"]])
    with pytest.raises(ClientError, match="InternalServerException"):
        personalize.create_dataset_group(name="refused")
    let(whole["Statement"])

    assert personalize.create_dataset_group(name="allowed")["datasetGroupArn"]
