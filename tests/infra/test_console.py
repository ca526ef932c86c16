"""The console on AWS: off by default; a private bucket behind CloudFront, and people who may call the API."""

import io
import json
import re
import zipfile

import boto3
import pytest
from moto import mock_aws

from infra.console import files
from tastemaker_local.console.pages import ASSETS
from tastemaker_local.costs import bills, deployments
from tests.infra.assembly import KEY, synthesized

SERVICE = "TastemakerService"
DOMAIN = {"Fn::GetAtt": ["ConsoleSiteDistribution05BAECF2", "DomainName"]}
ORIGIN = ["https://", DOMAIN]


def texts(value):
    """The text of a value, with what CloudFormation fills in between brackets."""
    parts = value["Fn::Join"][1] if isinstance(value, dict) and "Fn::Join" in value else [value]
    return "".join(part if isinstance(part, str) else f"[{part.get('Ref') or part['Fn::GetAtt'][0]}]" for part in parts)


def allowed(assembly, role):
    [policy] = [one for name, one in assembly.policies().items() if name.startswith(f"ConsoleAccess{role}Default")]
    [statement] = policy["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    return [texts(resource) for resource in statement["Resource"]]


def headers(assembly):
    [policy] = assembly.properties("CloudFront::ResponseHeadersPolicy")
    return policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]


def test_by_default_there_is_none(assembly):
    template = assembly.template(SERVICE)

    assert [name for name in template["Resources"] if name.startswith("Console")] == []
    assert not {"ConsoleUrl", "ConsoleUserCommand"} & template["Outputs"].keys()


def test_cloudfront_alone_reads_the_bucket_and_by_tls(console_assembly):
    name = "ConsoleSiteBucket85EB8A4F"
    bucket = console_assembly.resources("S3::Bucket")[name]
    [policy] = [p for p in console_assembly.properties("S3::BucketPolicy") if p["Bucket"] == {"Ref": name}]
    [reading] = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    [distribution] = console_assembly.properties("CloudFront::Distribution")
    behavior = distribution["DistributionConfig"]["DefaultCacheBehavior"]

    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert (reading["Principal"], reading["Action"]) == ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    assert "distribution/[ConsoleSiteDistribution" in texts(reading["Condition"]["StringEquals"]["AWS:SourceArn"])
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"


def test_the_page_may_ask_this_api_and_cognito_and_nothing_else(console_assembly):
    policy = texts(headers(console_assembly)["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    [asked] = re.findall(r"connect-src ([^;]*)", policy)

    assert asked.split() == [
        "'self'",
        "https://[ApiRestApiE35FEAFE].execute-api.[AWS::Region].[AWS::URLSuffix]",
        "https://[ConsolePeoplePoolLoginD9D1081E].auth.[AWS::Region].amazoncognito.com",
        "https://cognito-identity.[AWS::Region].[AWS::URLSuffix]",
    ]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_browsers_are_told_to_be_careful(console_assembly):
    told = headers(console_assembly)

    assert told["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 2 * 365 * 86400
    assert told["FrameOptions"]["FrameOption"] == "DENY"
    assert told["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    assert "ContentTypeOptions" in told


def test_nobody_signs_up_and_everybody_has_a_second_factor(console_assembly):
    [pool] = console_assembly.properties("Cognito::UserPool")

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["UserPoolTier"] == "LITE"


def test_the_client_is_public_and_takes_codes_for_this_page_alone(console_assembly):
    [client] = console_assembly.properties("Cognito::UserPoolClient")

    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    page = {"Fn::Join": ["", [*ORIGIN, "/"]]}
    assert client["CallbackURLs"] == client["LogoutURLs"] == [page]


def test_keys_are_for_those_who_signed_in_and_only_for_them(console_assembly):
    [identities] = console_assembly.properties("Cognito::IdentityPool")
    roles = [one for name, one in console_assembly.resources("IAM::Role").items() if name.startswith("ConsoleAccess")]
    trusts = [one["Properties"]["AssumeRolePolicyDocument"]["Statement"] for one in roles]

    assert (identities["AllowUnauthenticatedIdentities"], identities["AllowClassicFlow"]) == (False, False)
    assert len(trusts) == 2
    for [trust] in trusts:
        assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert trust["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": "ConsoleAccessIdentities3B515F3A"}},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        }


def test_roles_may_call_this_api_and_nothing_else(console_assembly):
    methods = "arn:[AWS::Partition]:execute-api:[AWS::Region]:[AWS::AccountId]:[ApiRestApiE35FEAFE]/prod/POST/"
    recording = {f"{methods}{path}" for path in ("events", "items", "users", "actions", "action-interactions")}
    editor, reader = (set(allowed(console_assembly, role)) for role in ("Editor", "Reader"))

    assert all(method.startswith(methods) and "*" not in method for method in editor)
    assert len(editor) == 15
    assert editor - reader == recording
    assert reader < editor


def test_who_is_in_no_group_may_look_and_change_nothing(console_assembly):
    [attached] = console_assembly.properties("Cognito::IdentityPoolRoleAttachment")
    [group] = console_assembly.properties("Cognito::UserPoolGroup")
    reader = {"Fn::GetAtt": ["ConsoleAccessReaderFFFAEE14", "Arn"]}
    control = next(
        one for one in console_assembly.properties("Lambda::Function") if one["FunctionName"] == "tastemaker-control"
    )

    assert attached["Roles"] == {"authenticated": reader}
    assert attached["RoleMappings"]["people"]["AmbiguousRoleResolution"] == "AuthenticatedRole"
    assert (group["GroupName"], group["RoleArn"]["Fn::GetAtt"][0]) == ("editors", "ConsoleAccessEditorECBD9252")
    assert control["Environment"]["Variables"]["TASTEMAKER_READ_ONLY_PRINCIPALS"] == reader


def test_the_api_lets_the_page_call_beside_others(console_assembly):
    told = {
        one["FunctionName"]: one["Environment"]["Variables"].get("TASTEMAKER_CORS_ORIGINS")
        for one in console_assembly.properties("Lambda::Function")
        if "Environment" in one
    }
    preflights = [one for one in console_assembly.properties("ApiGateway::Method") if one["HttpMethod"] == "OPTIONS"]

    whose = {"Fn::Join": ["", [*ORIGIN, ",https://shop.example"]]}
    assert [told[f"tastemaker-{name}"] for name in ("control", "events", "runtime")] == [whose] * 3
    assert len(preflights) == 15


def test_the_page_is_told_where_it_is_and_how_one_signs_in(console_assembly):
    template = console_assembly.template(SERVICE)
    config = json.loads(texts(template["Resources"]["ConsoleFilesCopiedC04C306D"]["Properties"]["Config"]))
    outputs = {name: texts(one["Value"]) for name, one in template["Outputs"].items() if "Console" in name}

    assert config["url"] == "https://[ApiRestApiE35FEAFE].execute-api.[AWS::Region].[AWS::URLSuffix]/prod"
    assert (config["local"], config["region"], config["signs"]) == (False, "[AWS::Region]", "execute-api")
    assert config["signIn"].keys() == {"clientId", "identityPoolId", "identities", "issuer", "login"}
    assert outputs["ConsoleUrl"] == "https://[ConsoleSiteDistribution05BAECF2]/"
    assert outputs["ConsoleUserCommand"].startswith("aws cognito-idp admin-create-user --region [AWS::Region]")


def test_a_key_of_the_deployments_own_is_on_all_but_the_page(console_assembly):
    under = {
        name: KEY in json.dumps(one["Properties"]["BucketEncryption"])
        for name, one in console_assembly.resources("S3::Bucket").items()
    }

    assert [name for name, is_under in under.items() if not is_under] == ["ConsoleSiteBucket85EB8A4F"]
    assert len(under) == 3


def test_it_costs_nothing_idle(assembly, console_assembly):
    idle = [list(bills.idle(deployments.read(each.folder))) for each in (assembly, console_assembly)]

    assert idle[0] == idle[1]
    kinds = {one["Type"] for name, one in console_assembly.template(SERVICE)["Resources"].items() if "Console" in name}
    assert kinds == {
        *("AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
        *(f"AWS::CloudFront::{kind}" for kind in ("Distribution", "OriginAccessControl", "ResponseHeadersPolicy")),
        *(f"AWS::Cognito::{kind}" for kind in ("UserPool", "UserPoolClient", "UserPoolDomain", "UserPoolGroup")),
        *(f"AWS::Cognito::{kind}" for kind in ("IdentityPool", "IdentityPoolRoleAttachment")),
        *("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Logs::LogGroup", "AWS::Lambda::Function"),
        "Custom::ConsoleFiles",
    }


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"private_api_vpc_endpoint": "vpce-0123456789abcdef0"}, "exclude each other"),
        ({"name": "my-cognito"}, "must not have 'cognito' in it"),
    ],
)
def test_what_cannot_be_stops_the_synth_in_words(tmp_path, capfd, given, why):
    context = {f"tastemaker:{name}": value for name, value in ({"console": "1"} | given).items()}

    with pytest.raises(Exception, match="non-zero exit status"):
        synthesized(tmp_path / "out", context)

    assert why in capfd.readouterr().err


@pytest.fixture
def copying():
    """What the function's text defines, with what Lambda has beside inline code replaced by a list of what it said."""
    source = files.SOURCE.read_text()
    assert len(source) < 4096  # CloudFormation takes no more
    scope = {"__name__": "index"}
    exec(compile(source.replace("import cfnresponse\n", ""), "index.py", "exec"), scope)  # noqa: S102 - our own
    return scope


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in ASSETS.iterdir():
                archive.write(path, path.name)
        for bucket in ("assets", "page"):
            client.create_bucket(Bucket=bucket)
        client.put_object(Bucket="assets", Key="a.zip", Body=packed.getvalue())
        client.put_object(Bucket="page", Key="of-before.js", Body=b"old")
        yield client


def asked(kind):
    given = {"From": {"Bucket": "assets", "Key": "a.zip"}, "To": "page", "Config": '{"local":false}'}
    return {"RequestType": kind, "ResourceProperties": given}


def test_a_deployment_leaves_the_files_of_now_and_their_types(copying, s3):
    copying["answer"](asked("Update"), s3)

    kept = {
        one["Key"]: s3.get_object(Bucket="page", Key=one["Key"])
        for one in s3.list_objects_v2(Bucket="page")["Contents"]
    }
    assert kept.keys() == {path.name for path in ASSETS.iterdir()} | {"config.json"}
    assert kept["main.js"]["Body"].read() == (ASSETS / "main.js").read_bytes()
    assert kept["main.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert {one["CacheControl"] for one in kept.values()} == {"no-cache"}
    assert kept["config.json"]["Body"].read() == b'{"local":false}'


def test_a_deletion_leaves_the_bucket_empty(copying, s3):
    copying["answer"](asked("Update"), s3)
    copying["answer"](asked("Delete"), s3)

    assert "Contents" not in s3.list_objects_v2(Bucket="page")


def test_the_stack_is_told_whatever_happens(copying, s3, monkeypatch):
    told = []

    class Response:
        SUCCESS, FAILED = "SUCCESS", "FAILED"

        @staticmethod
        def send(_event, _context, status, _data, identity, reason=None):
            told.append((status, identity, reason or ""))

    copying["cfnresponse"] = Response
    monkeypatch.setattr(copying["boto3"], "client", lambda _: s3)
    copying["handle"](asked("Create"), None)
    copying["handle"](asked("Create") | {"ResourceProperties": {}}, None)

    assert told == [("SUCCESS", "console", ""), ("FAILED", "console", "KeyError('From')")]
