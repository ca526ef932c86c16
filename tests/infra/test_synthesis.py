"""The app as a whole: lint, nag, settings and outputs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3

from infra.choices import BadStage
from infra.nag import add_nag
from infra.settings import Settings
from tastemaker.domain.resources.quotas import BadQuota, Quotas
from tastemaker.wire.origins import BadOrigin
from tests.infra.assembly import STACKS


def test_the_linter_finds_no_error(assembly, open_assembly, closed_assembly, containers_assembly, spark_assembly):
    assemblies = (assembly, open_assembly, closed_assembly, containers_assembly, spark_assembly)
    templates = [str(each.folder / f"{stack}.template.json") for each in assemblies for stack in STACKS]

    linted = subprocess.run(  # noqa: S603 - our own files
        [Path(sys.executable).with_name("cfn-lint"), "--non-zero-exit-code", "error", *templates],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("stack", STACKS)
def test_no_arn_names_a_partition(assembly, stack):
    template = (assembly.folder / f"{stack}.template.json").read_text()

    assert re.findall(r"arn:aws[^\"]{0,60}|amazonaws\.com\.cn", template) == []


def test_managed_policies_and_principals_are_those_that_every_partition_has(assembly):
    roles = assembly.properties("IAM::Role")
    policies = [json.dumps(arn) for role in roles for arn in role.get("ManagedPolicyArns", [])]
    principals = {
        statement["Principal"]["Service"]
        for role in roles
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }

    assert [policy.rpartition("policy/")[2] for policy in policies] == [
        'service-role/AmazonAPIGatewayPushToCloudWatchLogs"]]}'
    ]
    # Of these services the principal is the same everywhere, as that of the regional forms once was not.
    assert principals == {f"{name}.amazonaws.com" for name in ("apigateway", "events", "lambda", "states")}


@pytest.mark.parametrize(
    "which", ["assembly", "open_assembly", "closed_assembly", "containers_assembly", "spark_assembly"]
)
def test_nag_was_satisfied(request, which):
    report = json.loads((request.getfixturevalue(which).folder / "validation-report.json").read_text())

    assert report["pluginReports"] == []


def test_nag_would_have_stopped_an_open_bucket(tmp_path):
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "Careless"), "Open")
    add_nag(app)

    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


def test_settings_have_defaults_that_a_new_account_accepts():
    settings = Settings.from_context(App())

    assert settings.task_memory == 3008
    assert settings.automatic_training is True
    assert settings.alarm_topic_arn == ""
    assert settings.dashboard is False
    assert not settings.cors_origins


def test_settings_come_from_the_context_even_as_strings():
    given = {
        "task_memory": "10240",
        "automatic_training": "0",
        "dashboard": "1",
        "alarm_topic_arn": "arn:aws:sns:eu-west-1:1:page",
    }
    context = {f"tastemaker:{name}": value for name, value in given.items()}

    settings = Settings.from_context(App(context=context))

    assert settings.task_memory == 10240
    assert settings.automatic_training is False
    assert settings.alarm_topic_arn == "arn:aws:sns:eu-west-1:1:page"
    assert settings.dashboard is True


@pytest.mark.parametrize("given", [{"dataset-groups": 20}, '{"dataset-groups": 20}'])
def test_quotas_come_from_the_context_as_an_object_or_as_text(given):
    settings = Settings.from_context(App(context={"tastemaker:quotas": given}))

    assert settings.quotas == Quotas.of({"dataset-groups": 20})


@pytest.mark.parametrize("given", [["https://a.example", "https://b.example"], "https://a.example,https://b.example"])
def test_origins_come_from_the_context_as_a_list_or_as_text(given):
    settings = Settings.from_context(App(context={"tastemaker:cors_origins": given}))

    assert settings.cors_origins.patterns == ("https://a.example", "https://b.example")


def test_an_origin_that_is_none_stops_the_synth():
    with pytest.raises(BadOrigin, match=r"'shop\.example' is no origin"):
        Settings.from_context(App(context={"tastemaker:cors_origins": "shop.example"}))


def test_a_quota_that_there_is_not_stops_the_synth():
    with pytest.raises(BadQuota, match="there is no quota 'groups'; the quotas are dataset-groups, "):
        Settings.from_context(App(context={"tastemaker:quotas": '{"groups": 20}'}))


def test_outputs_name_the_endpoint_the_buckets_and_the_role(assembly):
    outputs = {name for stack in STACKS for name in assembly.template(stack)["Outputs"]}

    # What has no name before there is one: the stream of the resources table, and the roles.
    exports = {name for name in outputs if name.startswith("ExportsOutput")}
    assert sorted(re.sub(r"[0-9A-F]{8}(Stream)?Arn.*", "", name.partition("GetAtt")[2]) for name in exports) == [
        *("RolesControl", "RolesEvents", "RolesRuntime", "RolesTasks"),
        "TablesResources",
    ]
    assert outputs - exports == {"ApiUrl", "ProviderArn", "TaskRoleArn", "KeyRoleArns", "DataBucket", "ModelsBucket"}


# Members that name a thing in its account and region; a metric's name is its service's, a policy's its role's.
NAMES = re.compile(r"(?<!Metric)(?<!Policy)(?<!Stage)Name$")


def named(assembly, stacks):
    """Return what has a name in the account and region, each with the kind it is one of."""
    return {
        (resource["Type"], json.dumps(value))
        for stack in stacks
        for resource in assembly.template(stack)["Resources"].values()
        for member, value in resource.get("Properties", {}).items()
        if NAMES.search(member) and not {"Ref", "Fn::GetAtt"} & set(value)
    }


def exported(assembly, stacks):
    """Return the names of exports, which are the account's and region's."""
    outputs = [output for stack in stacks for output in assembly.template(stack)["Outputs"].values()]
    return {json.dumps(output["Export"]["Name"]) for output in outputs if "Export" in output}


def test_deployments_of_two_names_share_no_name(assembly, staged_assembly):
    stacks = ("ShopTestState", "ShopTestService")

    ours, theirs = named(assembly, STACKS), named(staged_assembly, stacks)

    assert len(ours) == len(theirs) > 30
    assert {"AWS::Logs::LogGroup", "AWS::DynamoDB::Table", "AWS::S3::Bucket"} < {kind for kind, _ in ours}
    # The group of API Gateway's own log has the id of an API.
    assert {name for kind, name in ours & theirs if "Execution-Logs" not in name} == set()
    text = "".join(json.dumps(staged_assembly.template(stack)) for stack in stacks)
    assert set(re.findall(r"[Tt]astemaker-[a-z]+", text)) == {"tastemaker-dataset"}  # of KMS: the context of data keys
    assert "TastemakerState" not in text


def test_deployments_of_two_names_share_no_export_and_import_their_own(assembly, staged_assembly):
    stacks = ("ShopTestState", "ShopTestService")

    ours, theirs = exported(assembly, STACKS), exported(staged_assembly, stacks)

    assert len(ours) == len(theirs) > 4
    assert ours & theirs == set()
    imported = re.findall(r'"Fn::ImportValue": ("[^"]+")', json.dumps(staged_assembly.template("ShopTestService")))
    assert {*imported} <= theirs


def test_a_stage_has_settings_of_its_own_and_the_others_of_all(assembly, staged_assembly):
    """`tastemaker:stages` names shop-test with a throttle; the quotas are of all stages."""
    [ours] = assembly.properties("ApiGateway::Stage")
    [theirs] = staged_assembly.properties("ApiGateway::Stage", ["ShopTestService"])
    parts = staged_assembly.properties("Lambda::Function", ["ShopTestService"])
    functions = {one["FunctionName"]: one for one in parts}

    assert [stage["MethodSettings"][0]["ThrottlingRateLimit"] for stage in (ours, theirs)] == [500, 20]
    assert functions["shop-test-tasks"]["MemorySize"] == 3008
    assert functions["shop-test-control"]["Environment"]["Variables"]["TASTEMAKER_QUOTAS"] == '{"campaigns": 7}'


@pytest.mark.parametrize(
    ("name", "stages", "words"),
    [
        ("shop-tset", {"shop-test": {}}, "has no shop-tset, the tastemaker:name: it has shop-test"),
        ("shop-test", {"shop-test": {"brust": 3}}, "shop-test sets brust, which is no setting"),
        ("shop-test", '{"shop-test": {"name": "x"}}', "shop-test sets name, which is no setting"),
    ],
)
def test_a_stage_that_cannot_be_meant_stops_the_synth(name, stages, words):
    with pytest.raises(BadStage, match=words):
        Settings.from_context(App(context={"tastemaker:name": name, "tastemaker:stages": stages}))


def test_whoever_names_no_deployment_has_no_stage():
    assert Settings.from_context(App(context={"tastemaker:stages": {"shop-test": {"burst": 3}}})).burst == 1000


@pytest.mark.parametrize("name", ["Shop", "1shop", "shop_test", "shop-", "s" * 21])
def test_a_name_that_is_none_stops_the_synth(name):
    with pytest.raises(ValueError, match="tastemaker:name must be at most 20 lower-case letters"):
        Settings.from_context(App(context={"tastemaker:name": name}))
