"""The app as a whole: lint, nag, settings, and templates that do not depend on where and how they were made."""

import json
import shutil
import subprocess
import sys

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3

from infra.nag import add_nag
from infra.settings import Settings
from tests.infra.assembly import ROOT, STACKS


def test_the_linter_finds_no_error(assembly):
    templates = [str(assembly.folder / f"{stack}.template.json") for stack in STACKS]

    linted = subprocess.run(  # noqa: S603 - our own files
        [sys.executable, "-m", "cfnlint", "--non-zero-exit-code", "error", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout


def test_nag_was_satisfied(assembly):
    report = json.loads((assembly.folder / "validation-report.json").read_text())

    assert report["pluginReports"] == []


def test_nag_would_have_stopped_an_open_bucket(tmp_path):
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "Careless"), "Open")
    add_nag(app)

    with pytest.raises(RuntimeError, match="Validation failed"):
        app.synth()


def test_the_templates_depend_on_sources_alone(assembly, tmp_path):
    for part in ("infra", "layers", "lambdas"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("app.py", "cdk.json"):
        shutil.copy(ROOT / file, tmp_path)
    left_by_python = tmp_path / "lambdas" / "tastemaker" / "__pycache__"
    left_by_python.mkdir()
    (left_by_python / "config.cpython-314.pyc").write_bytes(b"anything")

    environment = {
        "HOME": str(tmp_path),
        "CDK_OUTDIR": str(tmp_path / "out"),
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []}),
    }
    subprocess.run([sys.executable, "app.py"], cwd=tmp_path, env=environment, check=True)

    for stack in STACKS:
        written = (tmp_path / "out" / f"{stack}.template.json").read_text()
        assert json.loads(written) == assembly.template(stack)


def test_settings_have_defaults_that_a_new_account_accepts():
    settings = Settings.from_context(App())

    assert settings.task_memory == 3008
    assert settings.alarm_topic_arn == ""


def test_settings_come_from_the_context_even_as_strings():
    context = {"tastemaker:task_memory": "10240", "tastemaker:alarm_topic_arn": "arn:aws:sns:eu-west-1:1:page"}

    settings = Settings.from_context(App(context=context))

    assert settings.task_memory == 10240
    assert settings.alarm_topic_arn == "arn:aws:sns:eu-west-1:1:page"


def test_outputs_name_the_endpoint_the_buckets_and_the_role(assembly):
    outputs = {name for stack in STACKS for name in assembly.template(stack)["Outputs"]}

    assert outputs == {"ApiUrl", "TaskRoleArn", "DataBucket", "ModelsBucket"}
