"""The Step Functions state machines, from the files that local mode and the tests run too."""

from functools import partial
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.logs import new_log_group
from infra.nag import acknowledge
from infra.names import Names
from infra.target import ROOT

WORKFLOWS: Final = ("lifecycle", "import", "training", "deployment", "batch", "segments", "export", "deletion")


class Workflows(Construct):
    """One state machine per kind of long work, and one that looks for what is due; all call the task function."""

    def __init__(
        self, scope: Construct, construct_id: str, *, tasks: lambda_.IFunction, names: Names, traced: bool
    ) -> None:
        super().__init__(scope, construct_id)
        new = partial(new_machine, self, function=tasks, names=names, traced=traced)
        self.machines = {name: new(name) for name in WORKFLOWS}
        self.schedule = new("schedule")


def new_machine(
    scope: Construct, name: str, *, function: lambda_.IFunction, names: Names, traced: bool
) -> sfn.StateMachine:
    """Return the state machine of a file, all of whose steps one function takes."""
    # This prefix keeps the account's one CloudWatch Logs resource policy from growing with each log group.
    log_group = new_log_group(scope, f"{name.capitalize()}Logs", name=f"/aws/vendedlogs/states/{names.of(name)}")
    machine = sfn.StateMachine(
        scope,
        name.capitalize(),
        state_machine_name=names.of(name),
        definition_body=sfn.DefinitionBody.from_string(definition(name, function)),
        logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ERROR),
        tracing_enabled=traced,
    )
    # Not grant_invoke, which would also allow every version and alias of the function.
    iam.Grant.add_to_principal(
        grantee=machine, actions=["lambda:InvokeFunction"], resource_arns=[function.function_arn]
    )
    _accept(machine)
    return machine


def definition(name: str, function: lambda_.IFunction) -> str:
    """Return a definition with its holes, the function and the partition of integrations, filled.

    Filled here, which CDK writes as Fn::Join: the local CloudFormation knows no DefinitionSubstitutions, and its
    Fn::Sub turns the `$$.` of the context object into `$.`.
    """
    text = (ROOT / "infra" / "state_machines" / f"{name}.asl.json").read_text()
    return text.replace("${TaskFunctionArn}", function.function_arn).replace("${Partition}", Aws.PARTITION)


def _accept(machine: sfn.StateMachine) -> None:
    acknowledge(
        machine,
        "AwsSolutions-SF1",
        "Errors are logged. A success is written to the resource's record, and Step Functions keeps the whole history "
        "of an execution for 90 days; logging ALL would store the callers' inputs a second time.",
    )
    acknowledge(
        machine,
        "AwsSolutions-SF2",
        "A setting, tastemaker:tracing: an execution's own history tells each step, its time and its error.",
    )
    acknowledge(
        machine,
        "AwsSolutions-IAM5[Resource::*]",
        "Vended log delivery (logs:CreateLogDelivery and its kin) and X-Ray's put actions accept no narrower resource.",
    )
