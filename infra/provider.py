"""What CloudFormation calls for custom resources of ours: one function, and the workflow in which it looks again."""

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.layers import Layers
from infra.names import Names
from infra.service_function import ServiceFunction
from infra.workflows import new_machine
from tastemaker.store.schema import RESOURCES

PROVIDER = "provider"


class Provider(Construct):
    """A function that may do nothing but call our own API as any client, and start its own workflow."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        code: lambda_.Code,
        layers: Layers,
        rest_api: apigateway.RestApi,
        traced: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        machine = names.machine_arn(PROVIDER)
        own = {"api_url": rest_api.url_for_path(), "provider_machine": machine}
        part = ServiceFunction(
            self,
            "Provider",
            names=names,
            code=code,
            layers=[layers.base],
            environment={"resources_table": names.table(RESOURCES), **own},
            memory=256,
            timeout=Duration.minutes(5),
            traced=traced,
        )
        self.function = part.function
        part.may.start_workflows(PROVIDER)
        # All operations of the control plane are this one method.
        part.may.call(rest_api.arn_for_execute_api("POST", "/", rest_api.deployment_stage.stage_name))
        new_machine(Construct(self, "Workflow"), PROVIDER, function=self.function, names=names, traced=traced)
