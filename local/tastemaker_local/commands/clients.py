"""boto3 clients of our own commands: they know the operations that are ours, and need no credentials locally."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, ParamSpec
from urllib.parse import urlsplit

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tastemaker_local.commands import arguments, signing

_REGION = "us-east-1"
_WANTED = "AWS_ENDPOINT_URL must be a URL such as http://127.0.0.1:8000"
# Amazon Personalize's own hosts; a deployment of Tastemaker is at execute-api.
_AMAZONS = ("personalize.", "personalize-events.", "personalize-runtime.", "personalize-fips.")
# Kinds of resources that people name: the operation that lists them, its member, and that of the ARN.
_LISTED = {
    "dataset group": ("list_dataset_groups", "datasetGroups", "datasetGroupArn"),
    "solution": ("list_solutions", "solutions", "solutionArn"),
    "campaign": ("list_campaigns", "campaigns", "campaignArn"),
    "recommender": ("list_recommenders", "recommenders", "recommenderArn"),
    "filter": ("list_filters", "Filters", "filterArn"),
}
# Those that answer.
ANSWERING = ("campaign", "recommender")
_Given = ParamSpec("_Given")


_DEPLOYED = ".execute-api."


class NothingToTell(Exception):
    """A command has no answer; the message says why."""


class NoService(Exception):
    """Nobody has said which service to ask; the message says how."""


def explained(command: Callable[_Given, int]) -> Callable[_Given, int]:
    """Let a command that asks a service end with status 1 and one line of what was wrong."""

    @wraps(command)
    def run(*args: _Given.args, **kwargs: _Given.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except NoService as problem:
            arguments.say(str(problem))
            return arguments.UNFIT
        except (NothingToTell, ClientError, BotoCoreError) as problem:
            arguments.say(str(problem))
            return 1

    return run


def knowing(service: str, endpoint: str | None, *, about: str = "") -> BaseClient:
    """Return a client of a service, in the region of the ARN it is about, or else that of the caller's settings.

    Amazon's own service is asked only if the caller says so: a forgotten endpoint must not be a bill.
    """
    session = signing.session_with_extras()
    if session.get_credentials() is None:
        session.set_credentials("any", "any")  # a local service accepts any; another one refuses them
    region = _region_of(about) or session.get_config_variable("region") or _REGION
    url = None if endpoint == arguments.AMAZON else endpoint
    try:
        client = boto3.Session(botocore_session=session, region_name=region).client(service, endpoint_url=url)
    except ValueError as problem:  # an endpoint of the caller's settings that is none
        raise NoService(f"{problem}: {_WANTED}") from None
    if not arguments.is_url(client.meta.endpoint_url):
        raise NoService(f"{client.meta.endpoint_url}: {_WANTED}")
    if endpoint is None and (urlsplit(client.meta.endpoint_url).hostname or "").startswith(_AMAZONS):
        raise NoService(
            "no endpoint is set, so this would ask Amazon Personalize itself: name the service with --endpoint or "
            "AWS_ENDPOINT_URL, or say --aws if you mean Amazon's"
        )
    return client


def arn_of(client: BaseClient, name: str, *kinds: str) -> str:
    """Return the ARN of what somebody calls by its name or its ARN; of several kinds the first that has it counts."""
    if name.startswith("arn:"):
        return name
    for kind in kinds:
        operation, member, arn = _LISTED[kind]
        for page in client.get_paginator(operation).paginate():
            for each in page[member]:
                if each["name"] == name:
                    return str(each[arn])
    raise NothingToTell(f"there is no {' or '.join(kinds)} named {name}")


def names_a_version(name: str) -> bool:
    """Tell whether somebody names a solution version, by its ARN or as SOLUTION/ID, and not its solution."""
    return name.count("/") == (2 if name.startswith("arn:") else 1)


def version_of(client: BaseClient, name: str) -> str:
    """Return the ARN of a solution version that somebody names: its own, SOLUTION/ID, or a solution for its newest."""
    if name.startswith("arn:"):
        return name
    solution, _, id_ = name.partition("/")
    arn = arn_of(client, solution, "solution")
    return f"{arn}/{id_}" if id_ else newest_version(client, arn)


def newest_version(client: BaseClient, solution: str) -> str:
    """Return the ARN of a solution's newest version."""
    pages = client.get_paginator("list_solution_versions").paginate(solutionArn=solution)
    versions = [version for page in pages for version in page["solutionVersions"]]
    if not versions:
        raise NothingToTell(f"the solution {solution.rpartition('/')[2]} has no version yet")
    return str(max(versions, key=lambda version: version["creationDateTime"])["solutionVersionArn"])


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


def is_local(personalize: BaseClient) -> bool:
    """Say whether a client of ours asks a service of this machine, and no deployment."""
    return _DEPLOYED not in personalize.meta.endpoint_url


def beside(personalize: BaseClient) -> Callable[[str], BaseClient]:
    """Return what makes clients of AWS's other services, one of each: local mode has them at its own URL."""
    url = personalize.meta.endpoint_url if is_local(personalize) else None
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"} if url else {}
    session = boto3.Session(region_name=personalize.meta.region_name, **keys)
    config = Config(retries={"total_max_attempts": 2}, connect_timeout=10, read_timeout=30)
    return cache(lambda service: session.client(service, endpoint_url=url, config=config))
