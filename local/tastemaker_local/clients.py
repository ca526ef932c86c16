"""boto3 clients of our own commands: they know the operations that are ours, and need no credentials locally."""

import boto3
from botocore.client import BaseClient

from tastemaker_local import signing

_REGION = "us-east-1"


def knowing(service: str, endpoint: str | None, *, about: str = "") -> BaseClient:
    """Return a client of a service, in the region of the ARN it is about, or else that of the caller's settings."""
    session = signing.session_with_extras()
    if session.get_credentials() is None:
        session.set_credentials("any", "any")  # a local service accepts any; another one refuses them
    chosen = _region_of(about) or session.get_config_variable("region") or _REGION
    return boto3.Session(botocore_session=session, region_name=chosen).client(service, endpoint_url=endpoint)


def _region_of(name: str) -> str:
    """Return the region that an ARN names; nothing for any other name."""
    return name.split(":")[3] if name.count(":") > 3 else ""  # noqa: PLR2004 - arn:PARTITION:SERVICE:REGION:...
