"""The app as a whole: lint, nag, settings and outputs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3

from infra.nag import add_nag
from infra.settings import Settings
from tastemaker.domain.resources.quotas import BadQuota, Quotas
from tastemaker.wire.origins import BadOrigin
from tests.infra.assembly import STACKS, synthesized


def test_the_linter_finds_no_error(assembly, open_assembly):
    templates = [str(each.folder / f"{stack}.template.json") for each in (assembly, open_assembly) for stack in STACKS]

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


@pytest.mark.parametrize("which", ["assembly", "open_assembly"])
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


def test_deployments_of_two_names_share_no_name(assembly, tmp_path):
    other = synthesized(tmp_path, {"tastemaker:name": "shop-test"})
    stacks = ("ShopTestState", "ShopTestService")

    ours, theirs = named(assembly, STACKS), named(other, stacks)

    assert len(ours) == len(theirs) > 30
    # The group of API Gateway's own log has the id of an API.
    assert {name for kind, name in ours & theirs if "Execution-Logs" not in name} == set()
    text = "".join(json.dumps(other.template(stack)) for stack in stacks)
    assert set(re.findall(r"tastemaker-[a-z]+", text)) == {"tastemaker-dataset"}  # of KMS: the context of data keys


@pytest.mark.parametrize("name", ["Shop", "1shop", "shop_test", "shop-", "s" * 21])
def test_a_name_that_is_none_stops_the_synth(name):
    with pytest.raises(ValueError, match="tastemaker:name must be at most 20 lower-case letters"):
        Settings.from_context(App(context={"tastemaker:name": name}))
