"""The example stack in local mode: synthesized, deployed, asked, changed twice and deleted."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.node import packaged_node
from tests.integration.client import readings

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/reader"
SOURCE = "s3://mine/readings.csv"
QUICKLY = {"Delay": 1, "MaxAttempts": 240}
PARAMETERS = {"DataLocation": SOURCE, "RoleArn": ROLE}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Synthesizes the example with a context, and returns its template."""

    def synthesize(**context):
        folder = tmp_path_factory.mktemp("stack")
        environment = {
            "HOME": str(Path.home()),  # jsii keeps what it unpacked there
            "PATH": "",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "cdk"), str(ROOT / "lambdas")]),
            "JSII_NODE": str(packaged_node()),
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(context),
        }
        subprocess.run([sys.executable, "app.py"], cwd=ROOT / "examples" / "stack", env=environment, check=True)
        return json.loads((folder / "TastemakerShop.template.json").read_text())

    return synthesize


class Shop:
    """The stack of the example, and what clients see of it."""

    def __init__(self, service) -> None:
        self.personalize, self.runtime = service.client("personalize"), service.client("personalize-runtime")
        self._formation, s3 = service.client("cloudformation"), service.client("s3")
        s3.create_bucket(Bucket="mine")
        head, *rows = readings().splitlines()
        lines = [f"{head},EVENT_TYPE", *(f"{row},{'read' if n % 3 else 'buy'}" for n, row in enumerate(rows))]
        s3.put_object(Bucket="mine", Key="readings.csv", Body="\n".join(lines).encode())
        service.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")

    def deploy(self, template, verb="create"):
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()]
        asked = {"StackName": "shop", "TemplateBody": json.dumps(template), "Parameters": given}
        getattr(self._formation, f"{verb}_stack")(**asked)
        self._formation.get_waiter(f"stack_{verb}_complete").wait(StackName="shop", WaiterConfig=QUICKLY)
        (stack,) = self._formation.describe_stacks(StackName="shop")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def delete(self):
        self._formation.delete_stack(StackName="shop")
        self._formation.get_waiter("stack_delete_complete").wait(StackName="shop", WaiterConfig=QUICKLY)

    def recommended(self, outputs):
        asked = {"campaignArn": outputs["CampaignArn"], "filterArn": outputs["FilterArn"]}
        items = self.runtime.get_recommendations(userId="reader-1", numResults=5, **asked)["itemList"]
        return [item["itemId"] for item in items]

    def settle(self, campaign):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self.personalize.describe_campaign(campaignArn=campaign)["campaign"]
            if found["minProvisionedTPS"] == 7:
                return
        raise TimeoutError(campaign)

    def left(self):
        names = ("dataset_groups", "schemas", "datasets", "solutions", "campaigns", "filters", "event_trackers")
        replies = [getattr(self.personalize, f"list_{name}")() for name in names]
        return [each for reply in replies for value in reply.values() if isinstance(value, list) for each in value]


def test_the_example_goes_from_a_dataset_group_to_recommendations(tastemaker, template, command):
    shop = Shop(tastemaker)
    first = shop.deploy(template())
    items = shop.recommended(first)
    assert len(items) == 5
    assert {item.split("-")[1] for item in items} == {"1"}  # the taste of an odd reader

    assert drifted(command) == {}
    shop.personalize.update_campaign(campaignArn=first["CampaignArn"], minProvisionedTPS=7)
    shop.settle(first["CampaignArn"])
    assert drifted(command) == {"Campaign": {"/MinProvisionedTPS": [1, 7]}}
    status, said, _ = command("drift", "shop")
    assert (status, "/MinProvisionedTPS: 7, asked for 1" in said) == (1, True)
    second = shop.deploy(template(training="2", event="buy"), "update")

    campaign = shop.personalize.describe_campaign(campaignArn=first["CampaignArn"])["campaign"]
    same = {name for name in first if first[name] == second[name]}
    assert same == {"CampaignArn", "TrackingId"}
    assert campaign["solutionVersionArn"] == second["SolutionVersionArn"]
    assert campaign["minProvisionedTPS"] == 1  # an update puts right what had drifted
    assert shop.recommended(second)
    shop.delete()
    assert shop.left() == []


def drifted(command):
    """What differs of the nine resources of the stack, by the construct that it is of."""
    _, said, _ = command("drift", "shop", "--json")
    found = json.loads(said)
    assert [len(found), {name for each in found for name in each["NotCompared"]}] == [9, set()]
    return {
        each["LogicalResourceId"][:-8]: {  # what the CDK adds is a digest
            difference["PropertyPath"]: [difference["ExpectedValue"], difference["ActualValue"]]
            for difference in each["PropertyDifferences"]
        }
        for each in found
        if each["StackResourceDriftStatus"] != "IN_SYNC"
    }


def test_the_constructs_are_those_of_the_table():
    from tastemaker_cdk import generation  # noqa: PLC0415 - the other test needs none of it

    assert generation.PAGE.read_text() == generation.text()
