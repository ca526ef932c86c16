"""Log groups: named, kept for a month, and gone with their stack."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


def new_log_group(scope: Construct, construct_id: str, *, name: str) -> logs.LogGroup:
    """Return a log group; made here rather than by the service that writes to it, which would keep it for ever."""
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
