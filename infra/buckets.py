"""The two buckets: snapshots of imported data, and trained models."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import acknowledge
from infra.names import Names


class Buckets(Construct):
    """Private, encrypted, versioned, TLS only; kept when the stack goes."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self.data = _bucket(self, "Data", name=names.data_bucket)
        self.models = _bucket(self, "Models", name=names.models_bucket)


def _bucket(scope: Construct, construct_id: str, *, name: str) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        construct_id,
        bucket_name=name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        # For what is stored under a dataset group's key: S3 asks KMS once for many objects then.
        bucket_key_enabled=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=Duration.days(7),
                noncurrent_version_expiration=Duration.days(30),
            )
        ],
        # A creation that fails half way leaves nothing that would stand in the way of the next.
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "Only this app's four roles reach the bucket. Whoever must audit reads turns on CloudTrail data events, which "
        "are complete; server access logs are best effort and would need a third bucket that holds no data of its own.",
    )
    return bucket
