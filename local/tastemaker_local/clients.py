"""Clients of a service, here or on AWS, that know our own operations too: what the commands ask with."""

import boto3
from botocore.client import BaseClient

from tastemaker_local import signing

_REGION = "us-east-1"


def personalize(named: str, endpoint: str | None) -> BaseClient:
    """Return a client for the region of an ARN, or for the usual one where it is only a name."""
    session = signing.session_with_extras()
    if session.get_credentials() is None:
        session.set_credentials("any", "any")  # a local service accepts any; another one refuses them
    region = _region_of(named) or session.get_config_variable("region") or _REGION
    return boto3.Session(botocore_session=session, region_name=region).client("personalize", endpoint_url=endpoint)


def _region_of(named: str) -> str:
    return named.split(":")[3] if named.count(":") > 3 else ""  # noqa: PLR2004 - arn:PARTITION:SERVICE:REGION:...
