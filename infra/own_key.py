"""What the deployment owns under a key of its owner's: tables, buckets and log groups, wherever they are made."""

import re
from typing import Final

import jsii
from aws_cdk import IAspect
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

# An alias would not do: roles are allowed a key by its ARN.
_KEY: Final = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")

# The console's page is no data, and CloudFront would have to be let at the key.
_PAGE: Final = "/Console/"


class BadKey(ValueError):
    """What should be the ARN of a KMS key is none."""


def checked(arn: str) -> str:
    """Return the ARN of a key, or nothing where nobody names one."""
    if arn and not _KEY.fullmatch(arn):
        raise BadKey(f"tastemaker:kms_key_arn must be the ARN of a key, not of an alias: not {arn!r}")
    return arn


@jsii.implements(IAspect)
class UnderKey:
    """Puts everything at rest under a key; what it does not visit stays under AWS's own (docs/keys.md)."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def visit(self, node: IConstruct) -> None:
        """Name the key where it is one of ours."""
        if isinstance(node, logs.CfnLogGroup):
            node.kms_key_id = self._arn
        elif isinstance(node, dynamodb.CfnTable):
            node.sse_specification = dynamodb.CfnTable.SSESpecificationProperty(
                sse_enabled=True, sse_type="KMS", kms_master_key_id=self._arn
            )
        elif isinstance(node, s3.CfnBucket) and _PAGE not in node.node.path:
            node.bucket_encryption = _encryption(self._arn)


def _encryption(arn: str) -> s3.CfnBucket.BucketEncryptionProperty:
    default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(sse_algorithm="aws:kms", kms_master_key_id=arn)
    # S3 asks KMS once for many objects then.
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
        bucket_key_enabled=True, server_side_encryption_by_default=default
    )
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])
