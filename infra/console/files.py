"""How the page gets into its bucket: CDK uploads it as an asset, a small function of ours copies it from there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.logs import new_log_group
from infra.nag import acknowledge
from infra.names import Names, bucket_arn
from infra.target import ARCHITECTURE, ROOT, RUNTIME

# Built before and committed, so that nobody needs Node (docs/console.md).
PAGE: Final = ROOT / "local" / "tastemaker_local" / "console" / "assets"
SOURCE: Final = Path(__file__).with_name("copying.py")


class Files(Construct):
    """The page's files and its config.json, whenever either changes; gone before their bucket goes."""

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, bucket: s3.Bucket, config: Mapping[str, object]
    ) -> None:
        super().__init__(scope, construct_id)
        page = assets.Asset(self, "Page", path=str(PAGE))
        function = _function(self, names, page)
        CustomResource(
            self,
            "Copied",
            resource_type="Custom::ConsoleFiles",
            service_token=function.function_arn,
            properties={
                "From": {"Bucket": page.s3_bucket_name, "Key": page.s3_object_key},
                "To": bucket.bucket_name,
                "Config": Stack.of(self).to_json_string(config),
            },
        )


def _function(scope: Construct, names: Names, page: assets.Asset) -> lambda_.Function:
    log_group = new_log_group(scope, "Logs", name=f"/aws/lambda/{names.of('console')}")
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    for actions, resource in (
        (["s3:GetObject"], page.bucket.arn_for_objects(page.s3_object_key)),
        (["s3:ListBucket"], bucket_arn(names.console_bucket)),
        (["s3:PutObject", "s3:DeleteObject"], f"{bucket_arn(names.console_bucket)}/*"),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
    acknowledge(
        role,
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{names.of('console')}-<AWS::AccountId>-<AWS::Region>/*]",
        "Every object of the one bucket that holds the page, which it fills and empties.",
    )
    return lambda_.Function(
        scope,
        "Function",
        function_name=names.of("console"),
        description="Copies the console's files when they are deployed; nothing else calls it",
        code=lambda_.Code.from_inline(SOURCE.read_text()),
        handler="index.handle",
        runtime=RUNTIME,
        architecture=ARCHITECTURE,
        role=role,
        log_group=log_group,
        memory_size=256,
        timeout=Duration.minutes(1),
    )
