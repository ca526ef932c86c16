"""`tastemaker insights`: asks a service what is in a dataset group's data, and prints that for people or programs."""

import json
import sys

from botocore.client import BaseClient

from tastemaker_local.commands import clients, insight_views, terminals


@clients.explained
def run(group: str, *, endpoint: str | None, as_json: bool) -> int:
    """Print the insights of a dataset group; return 1 if there are none to be had."""
    found = _ask(clients.knowing("personalize", endpoint, about=group), group)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        insight_views.show(terminals.console(), found)
    return 0


def _ask(client: BaseClient, group: str) -> insight_views.Insights:
    arn = group if group.startswith("arn:") else _arn(client, group)
    reply: insight_views.Insights = client.get_data_insights(datasetGroupArn=arn)
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


def _arn(client: BaseClient, name: str) -> str:
    for page in client.get_paginator("list_dataset_groups").paginate():
        for found in page["datasetGroups"]:
            if found["name"] == name:
                return str(found["datasetGroupArn"])
    raise clients.NothingToTell(f"there is no dataset group named {name}")
