"""`tastemaker insights`: asks a service what is in a dataset group's data, and prints that for people or programs."""

import json
import sys

import boto3
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from tastemaker_local import insight_views, signing
from tastemaker_local.demo import terminals

_REGION = "us-east-1"


class NotFound(Exception):
    """No dataset group has the name."""


def run(group: str, *, endpoint: str | None, as_json: bool) -> int:
    """Print the insights of a dataset group; return 1 if there are none to be had."""
    try:
        found = _ask(_client(group, endpoint), group)
    except (NotFound, ClientError, BotoCoreError) as problem:
        sys.stderr.write(f"tastemaker: {problem}\n")
        return 1
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        insight_views.show(terminals.console(), found)
    return 0


def _client(group: str, endpoint: str | None) -> BaseClient:
    session = signing.session_with_extras()
    if session.get_credentials() is None:
        session.set_credentials("any", "any")  # a local service accepts any; another one refuses them
    region = _region_of(group) or session.get_config_variable("region") or _REGION
    return boto3.Session(botocore_session=session, region_name=region).client("personalize", endpoint_url=endpoint)


def _region_of(group: str) -> str:
    return group.split(":")[3] if group.count(":") > 3 else ""  # noqa: PLR2004 - arn:PARTITION:SERVICE:REGION:...


def _ask(client: BaseClient, group: str) -> insight_views.Insights:
    arn = group if group.startswith("arn:") else _arn(client, group)
    reply: insight_views.Insights = client.get_data_insights(datasetGroupArn=arn)
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


def _arn(client: BaseClient, name: str) -> str:
    for page in client.get_paginator("list_dataset_groups").paginate():
        for found in page["datasetGroups"]:
            if found["name"] == name:
                return str(found["datasetGroupArn"])
    raise NotFound(f"there is no dataset group named {name}")
