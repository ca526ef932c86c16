"""Spark for imports that outgrow containers: none by default; one application, of which nothing runs by itself."""

import json

import pytest
from aws_cdk import App

from infra.settings import BadSpark, Settings
from tastemaker.config import variable
from tastemaker.domain.training.rungs import SPARK, ladder
from tastemaker_local.costs import bills, deployments
from tests.infra.assembly import ROOT, STACKS
from tests.infra.containers import granted, kinds, tasks, variables
from tests.permissions.grants import plain, read
from tests.permissions.templates import Texts

VARIABLES = {variable(f"spark_{name}") for name in ("application", "script", "role")}
# Beside executors a driver works, which EMR Serverless makes as large as this ("Spark defaults").
DRIVER_CPUS, DRIVER_GB = 4, 16


def application(assembly):
    [properties] = assembly.properties("EMRServerless::Application")
    return properties


def role(assembly):
    """The role that runs act under: its logical id, and what it is."""
    [(name, properties)] = [
        (name, one["Properties"])
        for name, one in assembly.resources("IAM::Role").items()
        if "emr-serverless" in json.dumps(one)
    ]
    return name, properties


def told(assembly):
    return tasks(assembly)["Environment"]["Variables"]


def filled_in(assembly, field):
    return Texts(read(assembly.folder)).of(told(assembly)[variable(field)])


def own_statements(assembly):
    """What the role's one policy says, as CloudFormation fills it in."""
    texts, (name, _) = Texts(read(assembly.folder)), role(assembly)
    [policy] = [one for one in assembly.properties("IAM::Policy") if one["Roles"] == [{"Ref": name}]]
    for one in policy["PolicyDocument"]["Statement"]:
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        conditions = {name: texts.of(each) for keys in one.get("Condition", {}).values() for name, each in keys.items()}
        yield one["Effect"], set(actions), plain(texts.of(one["Resource"])), conditions


@pytest.mark.parametrize("which", ["assembly", "containers_assembly"])
def test_by_default_there_is_nothing_of_it(request, which):
    assembly = request.getfixturevalue(which)
    text = "".join(json.dumps(assembly.template(stack)) for stack in STACKS)

    assert "AWS::EMRServerless::Application" not in kinds(assembly)
    assert "emr-serverless" not in text
    assert "iam:PassRole" not in text
    assert not VARIABLES & told(assembly).keys()
    assert list(assembly.folder.glob("asset.*.py")) == []


def test_without_containers_it_stops_the_synth():
    with pytest.raises(BadSpark, match="tastemaker:spark takes tastemaker:containers"):
        Settings.from_context(App(context={"tastemaker:spark": 1}))
    assert Settings.from_context(App(context={"tastemaker:spark": "1", "tastemaker:containers": "1"})).spark is True
    assert Settings.from_context(App(context={"tastemaker:spark": "0"})).spark is False


def test_nothing_is_kept_ready_and_what_has_nothing_to_do_is_stopped(spark_assembly):
    properties = application(spark_assembly)

    assert "InitialCapacity" not in properties
    assert properties["AutoStartConfiguration"] == {"Enabled": True}
    assert properties["AutoStopConfiguration"] == {"Enabled": True, "IdleTimeoutMinutes": 5}


def test_it_is_spark_on_the_processor_of_the_functions_and_of_no_network_of_ours(spark_assembly):
    """It speaks with S3 alone, which EMR Serverless reaches by itself."""
    properties = application(spark_assembly)

    assert (properties["Name"], properties["Type"]) == ("tastemaker-spark", "SPARK")
    assert properties["Architecture"] == "ARM64"
    assert tasks(spark_assembly)["Architectures"] == ["arm64"]
    assert properties["ReleaseLabel"] == "emr-7.10.0"
    assert "NetworkConfiguration" not in properties


def test_no_more_than_sixteen_executors_and_a_driver_work_at_once(spark_assembly):
    most = application(spark_assembly)["MaximumCapacity"]
    [rung] = [one for one in ladder(3008, containers=True, spark=True) if one.name == SPARK]
    gigabytes = 16 * rung.memory / 1024 + DRIVER_GB

    assert most == {"Cpu": f"{16 * rung.vcpus + DRIVER_CPUS} vCPU", "Memory": "280 GB", "Disk": "3600 GB"}
    assert gigabytes <= 280 < gigabytes + rung.memory / 1024


def test_its_role_is_for_runs_of_this_account_and_does_nothing_outside_one_bucket(spark_assembly):
    """It reads and writes the data bucket, and reads its own script."""
    _, properties = role(spark_assembly)
    script = filled_in(spark_assembly, "spark_script").removeprefix("s3://")

    assert properties.keys() == {"AssumeRolePolicyDocument"}
    assert properties["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            "Effect": "Allow",
            "Principal": {"Service": "emr-serverless.amazonaws.com"},
        }
    ]
    writes = {"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
    assert list(own_statements(spark_assembly)) == [
        ("Allow", {"s3:ListBucket"}, "s3:tastemaker-data", {}),
        ("Allow", {"s3:GetObject", *writes}, "s3:tastemaker-data/*", {}),
        ("Allow", {"s3:GetObject"}, f"s3:{script}", {}),
    ]


def test_the_function_that_starts_runs_is_told_of_it_and_no_other_is(spark_assembly):
    [(name, _)] = spark_assembly.resources("EMRServerless::Application").items()
    functions = spark_assembly.properties("Lambda::Function")

    assert {each: told(spark_assembly)[variable(f"spark_{each}")] for each in ("application", "role")} == {
        "application": {"Fn::GetAtt": [name, "ApplicationId"]},
        "role": {"Fn::GetAtt": [role(spark_assembly)[0], "Arn"]},
    }
    assert [one["FunctionName"] for one in functions if VARIABLES & one["Environment"]["Variables"].keys()] == [
        "tastemaker-tasks"
    ]
    # Containers do what comes before a run and after it, and start none.
    assert not VARIABLES & variables(spark_assembly).keys()


def test_what_it_runs_is_the_script(spark_assembly):
    bucket, _, key = filled_in(spark_assembly, "spark_script").removeprefix("s3://").partition("/")
    assets = json.loads((spark_assembly.folder / "TastemakerService.assets.json").read_text())["files"]
    [source] = [
        one["source"] for one in assets.values() if key in {each["objectKey"] for each in one["destinations"].values()}
    ]

    assert bucket == "cdk-hnb659fds-assets-123456789012-us-east-1"
    assert source["packaging"] == "file"
    assert (spark_assembly.folder / source["path"]).read_bytes() == (ROOT / "spark" / "job.py").read_bytes()


def test_the_function_is_allowed_its_runs_and_nothing_else_is_allowed_more(containers_assembly, spark_assembly):
    """EMR Serverless makes the ids of runs."""
    own = {(action, resource) for _, actions, resource, _ in own_statements(spark_assembly) for action in actions}
    [before, after] = (granted(each) for each in (containers_assembly, spark_assembly))
    able = [name for name, one in spark_assembly.policies().items() if '"emr-serverless:' in json.dumps(one)]

    assert before - after == set()
    assert after - before - own == {
        ("emr-serverless:StartJobRun", "emr-serverless:/applications/spark"),
        ("emr-serverless:GetJobRun", "emr-serverless:/applications/spark/jobruns/*"),
        ("emr-serverless:CancelJobRun", "emr-serverless:/applications/spark/jobruns/*"),
        ("iam:PassRole", f"iam:role/{role(spark_assembly)[0]}"),
    }
    assert [name.partition("Role")[0] for name in able] == ["FunctionsTasks"]


def test_its_role_is_passed_on_to_the_service_alone(spark_assembly):
    [passing] = [one for one in spark_assembly.statements() if "iam:PassRole" in one["Action"]]

    assert passing["Action"] == ["iam:PassRole"]
    assert passing["Resource"] == [{"Fn::GetAtt": [role(spark_assembly)[0], "Arn"]}]
    assert passing["Condition"] == [{"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}]


def test_it_costs_nothing_idle(containers_assembly, spark_assembly):
    idle = [list(bills.idle(deployments.read(each.folder))) for each in (containers_assembly, spark_assembly)]

    assert idle[0] == idle[1]
    assert kinds(spark_assembly) - kinds(containers_assembly) == {"AWS::EMRServerless::Application"}
