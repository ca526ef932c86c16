"""boto3 clients of our own commands: they know the operations that are ours, and need no credentials locally."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import boto3
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from tastemaker_local.commands import arguments, signing

_REGION = "us-east-1"
_Given = ParamSpec("_Given")


class NothingToTell(Exception):
    """A command has no answer; the message says why."""


def explained(command: Callable[_Given, int]) -> Callable[_Given, int]:
    """Let a command that asks a service end with status 1 and one line of what was wrong."""

    @wraps(command)
    def run(*args: _Given.args, **kwargs: _Given.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except (NothingToTell, ClientError, BotoCoreError) as problem:
            arguments.say(str(problem))
            return 1

    return run


def knowing(service: str, endpoint: str | None, *, about: str = "") -> BaseClient:
    """Return a client of a service, in the region of the ARN it is about, or else that of the caller's settings."""
    session = signing.session_with_extras()
    if session.get_credentials() is None:
        session.set_credentials("any", "any")  # a local service accepts any; another one refuses them
    region = _region_of(about) or session.get_config_variable("region") or _REGION
    return boto3.Session(botocore_session=session, region_name=region).client(service, endpoint_url=endpoint)


def dataset_group(client: BaseClient, name: str) -> str:
    """Return the ARN of a dataset group that is given by its name or its ARN."""
    if name.startswith("arn:"):
        return name
    for page in client.get_paginator("list_dataset_groups").paginate():
        for group in page["datasetGroups"]:
            if group["name"] == name:
                return str(group["datasetGroupArn"])
    raise NothingToTell(f"there is no dataset group named {name}")


def members_of(reply: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reply without what botocore adds to it."""
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


@contextmanager
def saying_why(client: BaseClient) -> Iterator[BaseClient]:
    """Let a runtime client ask for the reasons of each item for a while (docs/reasons.md)."""

    def ask(params: dict[str, Any], **_: object) -> None:
        params["headers"]["x-tastemaker-reasons"] = "true"

    event = "before-call.personalize-runtime"
    client.meta.events.register(event, ask, unique_id=event)
    yield client
    client.meta.events.unregister(event, unique_id=event)


def _region_of(name: str) -> str:
    """Return the region that an ARN names; nothing for any other name."""
    return name.split(":")[3] if name.count(":") > 3 else ""  # noqa: PLR2004 - arn:PARTITION:SERVICE:REGION:...
