"""`tastemaker drift`: says how the resources that a stack has made differ from what its template asks for."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.client import BaseClient
from rich.table import Table

from tastemaker.errors import Refused
from tastemaker.stacks.drift import drift
from tastemaker.stacks.kinds import STACK_KINDS
from tastemaker.store.own_api import OwnApi
from tastemaker_local.checkup.templates import Asked, Template
from tastemaker_local.commands import arguments, clients, terminals
from tastemaker_local.commands.clients import NothingToTell

_FINE = "IN_SYNC"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the stack, and where the deployment is; CloudFormation is asked with the caller's own credentials."""
    parser.add_argument("stack", help="the name of the stack, or its id")
    arguments.add_service(parser, as_json="print what differs as JSON")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print what differs; return 1 if anything does."""
    personalize = clients.knowing("personalize", options.endpoint)
    template = _template(clients.beside(personalize)("cloudformation"), options.stack)
    found = [_found(personalize, asked) for asked in template.asked()]
    if not found:
        raise NothingToTell(f"stack {options.stack} has no custom resources of Tastemaker")
    if options.json:
        terminals.print_json(found)
    else:
        _show(found)
    return int(any(each["StackResourceDriftStatus"] != _FINE for each in found))


def _template(formation: BaseClient, stack: str) -> Template:
    body = formation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    if not isinstance(body, Mapping):
        raise NothingToTell(f"the template of {stack} is YAML: this command reads JSON, which the CDK deploys")
    [described] = formation.describe_stacks(StackName=stack)["Stacks"]
    resources = formation.describe_stack_resources(StackName=stack)["StackResources"]
    return Template(body["Resources"], dict(_values(described, resources)))


def _values(described: Mapping[str, Any], resources: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield what references stand for."""
    _, partition, _, region, account, *_ = described["StackId"].split(":")
    yield from {"AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account}.items()
    yield from {"AWS::StackName": described["StackName"], "AWS::StackId": described["StackId"]}.items()
    for parameter in described.get("Parameters", []):
        yield parameter["ParameterKey"], parameter.get("ResolvedValue") or parameter["ParameterValue"]
    for resource in resources:
        yield resource["LogicalResourceId"], resource.get("PhysicalResourceId", "")


def _found(personalize: BaseClient, asked: Asked) -> dict[str, Any]:
    """Compare one resource."""
    about = {"LogicalResourceId": asked.logical_id, "PhysicalResourceId": asked.arn, "NotCompared": list(asked.unknown)}
    try:
        return about | drift(OwnApi(lambda: personalize), STACK_KINDS[asked.type_name], asked.arn, asked.properties)
    except Refused as problem:
        raise NothingToTell(f"{asked.logical_id}: {problem}") from problem


def _show(found: list[dict[str, Any]]) -> None:
    table = Table.grid(padding=(0, 2))
    for each in found:
        lines = [
            f"{difference['PropertyPath']}: {difference['ActualValue']!r}, asked for {difference['ExpectedValue']!r}"
            for difference in each["PropertyDifferences"]
        ]
        table.add_row(each["LogicalResourceId"], each["StackResourceDriftStatus"], "\n".join(lines))
    terminals.console().print(table)
