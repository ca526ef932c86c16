"""Stages in one account: a deployment by a name of its own works whole, and data go from one to the other."""

import json
import os
import subprocess
import sys

import pytest

from infra.node import choose_node
from tastemaker_local import cli
from tests.infra.assembly import ROOT, shared
from tests.integration.client import Client, readings
from tests.processes import running

ROLE = "arn:aws:iam::123456789012:role/between-stages"


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """Two services, each of a deployment by another name: on AWS they would be in one account."""
    choose_node()
    assemblies = [shared(tmp_path_factory, name, {"tastemaker:name": name}) for name in ("shop-prod", "shop-test")]
    with running("--assembly", assemblies[0].folder) as prod, running("--assembly", assemblies[1].folder) as test:
        yield prod, test, assemblies[1].folder


def test_doctor_and_cost_know_a_deployment_by_its_name(stages, capsys):
    _, test, folder = stages

    cli.main(["doctor", "--endpoint", test.url, "--json"])
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)}
    cli.main(["cost", "--assembly", str(folder), "--json"])
    bill = json.loads(capsys.readouterr().out)["tastemaker"]

    assert found["stack"]["text"] == "ShopTestService is CREATE_COMPLETE"
    assert found["schedule"]["text"] == "the rule shop-test-schedule looks for what is due"
    assert "wrong" not in {one["level"] for one in found.values()}
    assert 0 < bill["dollars"] <= 2


def test_the_smoke_test_finds_the_stack_of_its_url(stages):
    _, test, _ = stages
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}

    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, ROOT / "examples" / "smoke.py", test.url],
        env=os.environ | keys | {"AWS_ENDPOINT_URL": test.url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "left  " not in done.stdout


def test_what_one_stage_exports_the_other_imports(stages):
    prod, test = (Client(stage) for stage in stages[:2])
    for stage in stages[:2]:
        stage.client("iam").create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")
    theirs, ours = ({"group": stage.group()} for stage in (prod, test))
    for stage, at in ((prod, theirs), (test, ours)):
        at["dataset"] = stage.dataset(at["group"])
    prod.imported(theirs["dataset"], readings())
    tracker = prod.personalize.create_event_tracker(name="live", datasetGroupArn=theirs["group"])["trackingId"]
    event = {"eventType": "read", "sentAt": 1_800_000_000, "itemId": "book-0-1"}
    prod.events.put_events(trackingId=tracker, userId="of-today", sessionId="s", eventList=[event])

    file = exported(prod, theirs["dataset"])
    # Of one account both read the same bucket.
    assert test.imported(ours["dataset"], file)["status"] == "ACTIVE"

    assert sorted(file.splitlines()) == sorted([*readings().splitlines(), "of-today,book-0-1,1800000000"])
    assert sorted(exported(test, ours["dataset"], "back", "BULK").splitlines()) == sorted(file.splitlines())


def exported(stage, dataset, name="all", mode="ALL"):
    output = {"s3DataDestination": {"path": "s3://readings/out/"}}
    job = stage.personalize.create_dataset_export_job(
        jobName=name, datasetArn=dataset, ingestionMode=mode, roleArn=ROLE, jobOutput=output
    )["datasetExportJobArn"]
    assert stage.settled("datasetExportJob", job)["status"] == "ACTIVE"
    return stage.s3.get_object(Bucket="readings", Key=f"out/{name}.csv")["Body"].read().decode()
