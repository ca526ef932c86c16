"""Every alarm has its entry in the runbooks, and every command there is one that AWS knows."""

import re
import shlex

import botocore.session
import pytest
from botocore import xform_name

from tests.infra.assembly import ROOT

PAGE = (ROOT / "docs" / "runbooks.md").read_text()
HEADINGS = re.findall(r"(?m)^##+ (.*)", PAGE)
ANCHORS = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in HEADINGS}
COMMANDS = re.findall(r"(?m)(?:^    |\| |`)(aws [^`\n]+)", PAGE)
# What the AWS CLI itself adds to every operation, and commands that are no operation.
EVERYWHERE = {"query", "output", "region", "max-items"}
CUSTOM = {("s3", "cp")}
SESSION = botocore.session.get_session()


def _options(command):
    words = shlex.split(command)
    return words[1], words[2:], [word[2:] for word in words if word.startswith("--")]


def _members(service, operation):
    model = SESSION.get_service_model("s3" if service == "s3api" else service)
    found = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in found, f"aws {service} {operation}"
    return {xform_name(name, "-") for name in model.operation_model(found[operation]).input_shape.members}


def test_every_alarm_names_its_entry(assembly):
    alarms = assembly.properties("CloudWatch::Alarm")

    named = [alarm["AlarmDescription"].partition("docs/runbooks.md#")[2] for alarm in alarms]
    assert len(named) == 5
    assert set(named) <= ANCHORS


def test_every_link_within_the_page_leads_somewhere():
    assert {link for link in re.findall(r"\]\(#([^)]+)\)", PAGE) if link not in ANCHORS} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_aws_knows(command):
    service, (operation, *rest), options = _options(command)
    if (service, operation) in CUSTOM:
        return
    if operation == "wait":
        assert rest[0] in {xform_name(name, "-") for name in SESSION.get_waiter_model(service).waiter_names}
        return

    unknown = {option for option in options if option not in _members(service, operation) | EVERYWHERE}

    assert unknown == set()


def test_there_are_commands():
    assert len(COMMANDS) > 40
