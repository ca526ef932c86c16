"""Functions may do what their roles allow, and nothing else."""

import json
from threading import Thread

import pytest
from botocore.exceptions import ClientError

from tastemaker.config import environment, variable
from tastemaker_local.emulation.messages import Request
from tastemaker_local.emulation.permissions.objects import requests_by_s3
from tastemaker_local.emulation.permissions.policies import Asked, grants_of
from tastemaker_local.emulation.permissions.requests import requests_of

ACCOUNT = "us-east-1:123456789012"
KEY = f"arn:aws:kms:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
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


@pytest.mark.parametrize(("method", "action"), [("GET", "GetJobRun"), ("DELETE", "CancelJobRun")])
def test_a_run_of_spark_is_looked_at_or_cancelled_by_its_path(method, action):
    assert asked("emr-serverless", method, "/applications/a/jobruns/r") == [
        (f"emr-serverless:{action}", f"arn:aws:emr-serverless:{ACCOUNT}:/applications/a/jobruns/r")
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


def test_what_s3_asks_of_a_key_is_judged_as_well(tastemaker):
    name = {"x_amz_server_side_encryption_aws_kms_key_id": KEY}
    s3 = tastemaker.client("s3")
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="k", Body=b"v", ServerSideEncryption="aws:kms", SSEKMSKeyId=_key(tastemaker))

    [write] = requests_by_s3(signed("s3", "PUT", "/open/k", x_amz_server_side_encryption="aws:kms", **name))
    [read] = requests_by_s3(signed("s3", "GET", "/closed/k"))

    assert write == Asked("kms:GenerateDataKey", KEY, {"kms:ViaService": "s3.us-east-1.amazonaws.com"})
    assert read.action == "kms:Decrypt"
    assert list(requests_by_s3(signed("s3", "HEAD", "/closed/k"))) == []
    assert list(requests_by_s3(signed("s3", "GET", "/nowhere/k"))) == []
    assert list(requests_by_s3(signed("kms", operation="Decrypt", body={}))) == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_that_nothing_is_there_is_told_only_to_whoever_may_list(tastemaker, method):
    tastemaker.client("s3").create_bucket(Bucket="empty")

    asked_for = list(requests_by_s3(signed("s3", method, "/empty/k")))

    assert asked_for == [Asked("s3:ListBucket", "arn:aws:s3:::empty", {})]
    assert list(requests_by_s3(signed("s3", method, "/empty?versions"))) == []
    tastemaker.client("s3").put_bucket_versioning(Bucket="empty", VersioningConfiguration={"Status": "Enabled"})
    tastemaker.client("s3").put_object(Bucket="empty", Key="k", Body=b"v")
    marker = tastemaker.client("s3").delete_object(Bucket="empty", Key="k")["VersionId"]
    assert list(requests_by_s3(signed("s3", method, "/empty/k"))) == asked_for
    tastemaker.client("s3").delete_object(Bucket="empty", Key="k", VersionId=marker)  # moto cannot forget it


def test_parts_are_read_again_with_the_key_of_their_upload(tastemaker):
    s3, key = tastemaker.client("s3"), _key(tastemaker)
    s3.create_bucket(Bucket="closed")
    under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    upload = s3.create_multipart_upload(Bucket="closed", Key="k", **under)["UploadId"]

    [part] = requests_by_s3(signed("s3", "PUT", f"/closed/k?partNumber=1&uploadId={upload}"))

    assert (part.action, part.resource) == ("kms:Decrypt", key)
    assert list(requests_by_s3(signed("s3", "DELETE", f"/closed/k?uploadId={upload}"))) == []


BESIDE = [
    (
        "control",
        signed("dynamodb", operation="Query", body={"TableName": "tastemaker-events", "IndexName": "by-group"}),
    ),
    ("control", signed("dynamodb", operation="Query", body={"TableName": "tastemaker-records"})),
    ("announcements", signed("events", operation="PutEvents", body={"Entries": [{"Source": "aws.ec2"}]})),
    ("tasks", signed("kms", operation="GenerateDataKey", body={"KeyId": KEY})),
    *(
        (function, signed("kms", operation="Decrypt", body={"KeyId": KEY, "EncryptionContext": {"of": "others"}}))
        for function in ("control", "events", "runtime", "tasks")
    ),
]


@pytest.mark.parametrize(("function", "message"), BESIDE)
def test_no_function_may_do_what_its_conditions_exclude(cloud, function, message):
    objection = cloud.judge.objection(f"tastemaker-{function}", "us-east-1", message)

    assert "is not authorized to perform" in objection


@pytest.mark.usefixtures("tastemaker")
def test_threads_that_a_function_starts_are_the_functions():
    seen, functions = [], {variable("account"): "123456789012"}
    token = environment.set(functions)
    thread = Thread(target=lambda: seen.append(environment.get()))

    thread.start()
    environment.reset(token)
    thread.join()

    assert seen == [functions]


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


def _key(tastemaker):
    return tastemaker.client("kms").create_key()["KeyMetadata"]["Arn"]
