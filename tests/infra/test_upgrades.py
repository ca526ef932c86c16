"""From the last release to these templates, nothing that holds data or is named by others is replaced or deleted.

What is kept of a release is small: tables, buckets, keys, roles and the API, each with the properties whose change
means another one by CloudFormation's own schemas, which cfn-lint ships. At a release, and only then:
`RENEW_RELEASE=1 .venv/bin/python -m pytest tests/infra/test_upgrades.py`.
"""

import json
import os
import re
import tomllib
from copy import deepcopy

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.infra.assembly import ROOT, STACKS

FILE = ROOT / "tests" / "infra" / "snapshots" / "released.json"
RENEW = "RENEW_RELEASE"
LASTING = {
    *("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"),
    *("AWS::IAM::Role", "AWS::ApiGateway::RestApi"),
}
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
# What CloudFormation cannot change in place either, and its schemas do not say ("AWS::DynamoDB::Table").
UNSAID = {"AWS::DynamoDB::Table": {"LocalSecondaryIndexes"}}


def lasting(templates):
    """What must last of each stack: its resources, and the exports that the other may still import in an upgrade."""
    return {
        stack: {
            "resources": {name: _lasting(one) for name, one in template["Resources"].items() if one["Type"] in LASTING},
            "exports": sorted(
                json.dumps(one["Export"]["Name"]) for one in template["Outputs"].values() if "Export" in one
            ),
        }
        for stack, template in templates.items()
    }


def broken(released, present):
    """What an upgrade would replace, delete, or protect less."""
    for stack, kept in released.items():
        for name, one in kept["resources"].items():
            new = present[stack]["resources"].get(name)
            if new is None:
                yield f"{stack}: {name} ({one['Type']}) is deleted"
            elif new != one:
                changed = sorted(key for key in one.keys() | new.keys() if one.get(key) != new.get(key))
                yield f"{stack}: {name} ({one['Type']}) has another {', '.join(changed)}"
        for export in sorted({*kept["exports"]} - {*present[stack]["exports"]}):
            yield f"{stack}: the export {export} is gone while the other stack imports it"


def _lasting(resource):
    kind, properties = resource["Type"], resource.get("Properties", {})
    fixed = {name: properties[name] for name in sorted(_fixed(kind)) if name in properties}
    return {"Type": kind, **{name: resource[name] for name in POLICIES if name in resource}, **fixed}


def _fixed(kind):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    paths = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    return {path.split("/")[2] for path in paths} | UNSAID.get(kind, set())


@pytest.fixture(scope="module")
def present(assembly):
    return lasting({stack: assembly.template(stack) for stack in STACKS})


@pytest.fixture(scope="module")
def released(present):
    if RENEW in os.environ:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        FILE.write_text(json.dumps({"version": version, "stacks": present}, indent=1) + "\n")
    return json.loads(FILE.read_text())["stacks"]


def test_an_upgrade_replaces_and_deletes_nothing_that_lasts(released, present):
    assert list(broken(released, present)) == []


def test_containers_are_added_and_taken_away_without_harm_to_what_lasts(present, containers_assembly):
    """The task role is trusted by more and stays the one that customers' policies name."""
    with_them = lasting({stack: containers_assembly.template(stack) for stack in STACKS})

    assert list(broken(present, with_them)) == []
    [gone] = broken(with_them, present)
    assert "ContainersStartingRole" in gone


def test_spark_is_added_and_taken_away_without_harm_to_what_lasts(containers_assembly, spark_assembly):
    """The role that goes with it again is its own; what it has written is in a bucket that stays."""
    without, with_it = (
        lasting({stack: each.template(stack) for stack in STACKS}) for each in (containers_assembly, spark_assembly)
    )

    assert list(broken(without, with_it)) == []
    [gone] = broken(with_it, without)
    assert "ContainersSparkRole" in gone


def test_what_lasts_is_what_holds_data_and_what_others_name(released):
    kinds = [one["Type"] for one in released["TastemakerState"]["resources"].values()]

    assert {kind: kinds.count(kind) for kind in kinds} == {
        "AWS::DynamoDB::Table": 4,
        "AWS::S3::Bucket": 2,
        "AWS::IAM::Role": 4,
    }
    assert {"TableName", "KeySchema"} <= released["TastemakerState"]["resources"]["TablesEventsE8DD42EA"].keys()
    assert len(released["TastemakerState"]["exports"]) > 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda template: template["Resources"].pop("TablesEventsE8DD42EA"), "TablesEventsE8DD42EA .* is deleted"),
        (lambda template: _events(template).update(TableName="other"), "another TableName"),
        (lambda template: _events(template)["KeySchema"].pop(), "another KeySchema"),
        (lambda template: _events(template).pop("LocalSecondaryIndexes"), "another LocalSecondaryIndexes"),
        (lambda template: template["Resources"]["TablesEventsE8DD42EA"].pop("DeletionPolicy"), "DeletionPolicy"),
        (lambda template: template["Outputs"].clear(), "is gone while the other stack imports it"),
    ],
)
def test_what_would_be_lost_is_found(assembly, change, words):
    [stack, _] = STACKS
    template = assembly.template(stack)
    before = lasting({stack: deepcopy(template)})

    change(template)

    assert [one for one in broken(before, lasting({stack: template})) if re.search(words, one)]


def test_a_change_in_place_is_none_of_it(assembly):
    [stack, _] = STACKS
    template = assembly.template(stack)
    before = lasting({stack: deepcopy(template)})

    _events(template)["GlobalSecondaryIndexes"].pop()
    template["Resources"]["Another"] = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "new"}}

    assert list(broken(before, lasting({stack: template}))) == []


def _events(template):
    return template["Resources"]["TablesEventsE8DD42EA"]["Properties"]
