"""Where Spark runs: an application of EMR Serverless without anything that is kept warm, and its one script."""

from typing import Final

from aws_cdk import Aws, Stack
from aws_cdk import aws_emrserverless as emr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.nag import acknowledge
from infra.names import Names, bucket_arn
from infra.permissions import Permissions
from infra.service_function import ServiceFunction
from infra.target import ROOT

_RELEASE: Final = "emr-7.10.0"  # Spark 3.5
# The most that may work at once: sixteen executors and a driver.
_VCPUS, _MEMORY, _DISK = "68 vCPU", "280 GB", "3600 GB"
_IDLE_MINUTES: Final = 5
# Hadoop knows of no versions: what it removes leaves a marker.
_WRITES: Final = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")


class Spark(Construct):
    """It reads and writes the data bucket alone; nothing runs, and nothing is paid, while nothing is that large."""

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, tasks: ServiceFunction, kms_key_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        script = assets.Asset(self, "Script", path=str(ROOT / "spark" / "job.py"))
        role = self._role(names, script, kms_key_arn)
        application = emr.CfnApplication(
            self,
            "Application",
            name=names.of("spark"),
            type="SPARK",
            release_label=_RELEASE,
            architecture="ARM64",
            auto_start_configuration=emr.CfnApplication.AutoStartConfigurationProperty(enabled=True),
            auto_stop_configuration=emr.CfnApplication.AutoStopConfigurationProperty(
                enabled=True, idle_timeout_minutes=_IDLE_MINUTES
            ),
            maximum_capacity=emr.CfnApplication.MaximumAllowedResourcesProperty(cpu=_VCPUS, memory=_MEMORY, disk=_DISK),
        )
        tasks.may.run_spark(application.attr_arn, role.role_arn)
        acknowledge(
            tasks.role,
            f"AwsSolutions-IAM5[Resource::<{Stack.of(self).get_logical_id(application)}.Arn>/jobruns/*]",
            "The runs of one application of ours: EMR Serverless makes their ids.",
        )
        tasks.add_variable("spark_application", application.attr_application_id)
        tasks.add_variable("spark_script", script.s3_object_url)
        tasks.add_variable("spark_role", role.role_arn)

    def _role(self, names: Names, script: assets.Asset, kms_key_arn: str) -> iam.Role:
        account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        principal = iam.ServicePrincipal("emr-serverless.amazonaws.com", conditions=account)
        role = iam.Role(self, "Role", assumed_by=principal)
        may = Permissions(role, names)
        may.read_objects(names.data_bucket)
        if kms_key_arn:  # nothing of a dataset group with a key of its own comes here
            may.use_keys_of_objects(writes=True, key_arn=kms_key_arn)
        iam.Grant.add_to_principal(
            grantee=role, actions=list(_WRITES), resource_arns=[f"{bucket_arn(names.data_bucket)}/*"]
        )
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["s3:GetObject"],
            resource_arns=[f"{bucket_arn(script.s3_bucket_name)}/{script.s3_object_key}"],
        )
        return role
