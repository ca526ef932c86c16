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
from tests.infra.assembly import STACKS


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
    assert not settings.cors_origins


def test_settings_come_from_the_context_even_as_strings():
    given = {"task_memory": "10240", "alarm_topic_arn": "arn:aws:sns:eu-west-1:1:page", "automatic_training": "0"}
    context = {f"tastemaker:{name}": value for name, value in given.items()}

    settings = Settings.from_context(App(context=context))

    assert settings.task_memory == 10240
    assert settings.automatic_training is False
    assert settings.alarm_topic_arn == "arn:aws:sns:eu-west-1:1:page"


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

    # The one thing whose name is not known before there is one: the stream of the resources table.
    [stream] = [name for name in outputs if name.startswith("ExportsOutput")]
    assert "StreamArn" in stream
    assert outputs - {stream} == {"ApiUrl", "TaskRoleArn", "KeyRoleArns", "DataBucket", "ModelsBucket"}
