"""boto3 clients, made once per process, service and region."""

import re
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from tastemaker.errors import RoleNotTrusted

# Retries ride out throttling; a configured endpoint (a developer's AWS_ENDPOINT_URL) is for clients of this service,
# not for the service itself; checksums of whole bodies cost seconds per 100 MB and TLS covers the transport.
_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 6},
    ignore_configured_endpoint_urls=True,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    max_pool_connections=32,
    user_agent_appid="tastemaker",  # as which CloudTrail tells of it
)

_SESSION_IN_MESSAGE = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([^/\s]+)/")
SESSION = "tastemaker"  # under which it acts as a caller's role

# A session may make one client at a time.
_making = Lock()

# For what must not hold a caller up.
_HASTY = _CONFIG.merge(Config(retries={"total_max_attempts": 1}, connect_timeout=0.5, read_timeout=0.5))

# For what counts twice if it is done twice.
_ONCE = _CONFIG.merge(Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30))


@dataclass(slots=True)
class _Aws:
    url: str | None = None


_aws = _Aws()


def find_aws_at(url: str) -> None:
    """Let clients that are made from now on find every service at one URL; empty: at AWS."""
    _aws.url = url or None


@cache
def hasty_client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
    """Return a client that tries once, for half a second."""
    return _made(service, region, _HASTY)


@cache
def client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
    """Return this process's client of a service."""
    return _made(service, region, _CONFIG)


@cache
def client_at(service: str, region: str, url: str, signing_name: str) -> Any:  # noqa: ANN401 - as above
    """Return a client of a service at a URL of its own, signing for what is there; a local AWS knows it by its host.

    It tries once: who asks looks first whether an attempt whose answer was lost has made something.
    """
    parts = urlsplit(url)
    place = f"{_aws.url.rstrip('/')}{parts.path}" if _aws.url else url
    with _making:
        found = _session().client(service, region_name=region, config=_ONCE, endpoint_url=place)
    found.meta.events.register(f"before-sign.{service}", partial(_sign_for, signing_name, parts.netloc))
    return found


def client_as(service: str, region: str, role_arn: str) -> Any:  # noqa: ANN401 - as above
    """Return a client that acts under a role which trusts this function."""
    return _made_as(service, region, role_arn, _CONFIG)


def single_attempt_client_as(service: str, region: str, role_arn: str) -> Any:  # noqa: ANN401 - as above
    """Return such a client for calls that must not be repeated."""
    return _made_as(service, region, role_arn, _ONCE)


def _sign_for(name: str, host: str, request: AWSRequest, **_: object) -> None:
    request.headers["Host"] = host
    request.context["signing"] = {**request.context.get("signing", {}), "signing_name": name}


def _made_as(service: str, region: str, role_arn: str, config: Config) -> Any:  # noqa: ANN401 - as above
    credentials = _credentials_of(role_arn, client("sts", region))
    keys = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    return _made(service, region, config, **keys)


def _credentials_of(role_arn: str, sts: Any) -> dict[str, str]:  # noqa: ANN401 - a boto3 client
    try:
        credentials: dict[str, str] = sts.assume_role(RoleArn=role_arn, RoleSessionName=SESSION)["Credentials"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "AccessDeniedException"}:
            raise
        own = own_role(str(error.response["Error"].get("Message", "")))
        raise RoleNotTrusted(
            f"{role_arn} does not let this service assume it: either there is no such role, or its trust policy does "
            f"not allow sts:AssumeRole to the principal {own}"
        ) from None
    return credentials


def own_role(refusal: str) -> str:
    """Return whose session STS has refused, as a trust policy names it: it says so in its message."""
    session = _SESSION_IN_MESSAGE.search(refusal)
    if session is None:
        return "that the stack's output TaskRoleArn names"
    partition, account, name = session.groups()
    return f"arn:{partition}:iam::{account}:role/{name} (the stack's output TaskRoleArn)"


def _made(service: str, region: str, config: Config, **keys: str) -> Any:  # noqa: ANN401 - as above
    with _making:
        return _session().client(service, region_name=region, config=config, endpoint_url=_aws.url, **keys)


@cache
def _session() -> boto3.session.Session:
    # One for all clients: each new one would read botocore's data again, half a second of a cold start.
    return boto3.session.Session()
