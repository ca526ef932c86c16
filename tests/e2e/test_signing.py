"""Three clients and four ways to a gateway that takes execute-api alone: what the table of docs/deploy.md says."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from textwrap import dedent, indent
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError

from tastemaker_local.commands import signing
from tastemaker_local.emulation.messages import Reply, Request
from tests import gateways
from tests.e2e.npm import NEEDS_NODE, installed, node
from tests.gateways import KEY, SECRET, Gateway
from tests.processes import ROOT, running

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "deploy.md").read_text()
JAVASCRIPT = ROOT / "tests" / "e2e" / "javascript"
WAYS = ("alone", "setting", "hook", "proxy")
SERVICES = ("PERSONALIZE", "PERSONALIZE_EVENTS", "PERSONALIZE_RUNTIME")
CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/none"
EVENTS = [{"eventType": "View", "sentAt": 1}]
# The codes of one call of each API, by what the service behind the gateway says to them, and by the gateway.
REACHED = ["", "InvalidInputException", "ResourceNotFoundException"]
REFUSED = ["InvalidSignatureException"] * 3
CODES = {"passes": REACHED, "403": REFUSED}
DATA_PATH, SIGNING_NAME = "AWS_DATA_PATH", "signingName"
SETTINGS = {
    "boto3": f"passes: `{DATA_PATH}`",
    "AWS CLI": f"passes: `{DATA_PATH}`",
    "JavaScript v3": f"passes: `{SIGNING_NAME}`",
}
_CLI_ERROR = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation.*?: (.*)")


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with running() as service, gateways.running(Gateway(lambda request: behind(service.url, request))) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def proxied(gateway) -> Iterator[dict[str, str]]:
    """Run `tastemaker proxy` with the right keys; return the variables that it prints."""
    command = [sys.executable, "-m", "tastemaker_local.cli", "proxy", "--url", gateway.url, "--port", "0"]
    environment = os.environ | keys(SECRET)
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
        yield dict(process.stdout.readline().split()[1].split("=") for _ in SERVICES)
        process.terminate()


@pytest.fixture
def ask(gateway, proxied, tmp_path):
    """Return a function that lets a client come one of the ways, and returns a code and words for each API."""

    def asked(client: str, way: str, secret: str = SECRET) -> list[tuple[str, str]]:
        gateway.requests.clear()
        endpoints = proxied if way == "proxy" else {f"AWS_ENDPOINT_URL_{name}": gateway.url for name in SERVICES}
        return CLIENTS[client](way, keys(secret) | endpoints, tmp_path)

    return asked


def keys(secret: str) -> dict[str, str]:
    places = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": secret, **places, **region}


def behind(url: str, request: Request) -> Reply:
    """Ask a local service what comes through the gateway, without the path of its stage."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request(request.method, request.target.removeprefix("/prod"), request.body, dict(request.headers))
    reply = connection.getresponse()
    answer = Reply(reply.status, reply.getheaders(), reply.read())
    connection.close()
    return answer


def block(words: str) -> str:
    """Return the code of the page that has some words."""
    [found] = [code for code in re.findall(r"(?:^(?: {4}.*)?\n)+", PAGE, re.MULTILINE) if words in code]
    return dedent(found)


def by_boto3(way, variables, folder):
    variables |= data_path(way, folder)
    with patch.dict(os.environ, variables):
        session = boto3.session.Session()
        clients = [session.client(name.lower().replace("_", "-")) for name in SERVICES]
    if way == "hook":
        for client in clients:
            exec(block("client.meta.events.register("), {"client": client})  # noqa: S102 - our own page
    control, events, runtime = clients
    return [
        outcome(control.list_dataset_groups),
        outcome(events.put_events, trackingId="none", sessionId="s", eventList=EVENTS),
        outcome(runtime.get_recommendations, campaignArn=CAMPAIGN, userId="u"),
    ]


def outcome(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "", ""


def by_cli(way, variables, folder):
    variables |= data_path(way, folder)
    if way == "hook":
        (folder / "gateway_signing.py").write_text(block("def awscli_initialize("))
        (folder / "config").write_text(block("[plugins]"))
        variables |= {"AWS_CONFIG_FILE": str(folder / "config"), "PYTHONPATH": str(folder)}
    return [
        command(variables, "personalize", "list-dataset-groups"),
        command(
            *(variables, "personalize-events", "put-events", "--tracking-id", "none", "--session-id", "s"),
            *("--event-list", json.dumps(EVENTS)),
        ),
        command(variables, "personalize-runtime", "get-recommendations", "--campaign-arn", CAMPAIGN, "--user-id", "u"),
    ]


def command(variables, *words):
    done = subprocess.run(  # noqa: S603 - the AWS CLI
        ["aws", *words],  # noqa: S607 - the one on the PATH
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = _CLI_ERROR.search(done.stderr)
    assert said or done.returncode == 0, done.stderr
    return said.groups() if said else ("", "")


def data_path(way, folder):
    """Return the setting that boto3 and the AWS CLI have in common."""
    if way == "setting":
        signing.write(folder)
    return {DATA_PATH: str(folder)} if way == "setting" else {}


def by_javascript(way, variables, folder):
    packages = installed(JAVASCRIPT)
    shutil.copy(JAVASCRIPT / "signing.mjs", packages)
    settings = {SIGNING_NAME: "execute-api"} if way == "setting" else {}
    hook = folder / "hook.mjs"
    code = block("client.middlewareStack.add(") if way == "hook" else ""
    hook.write_text(f"export default (client) => {{\n{indent(code, '  ')}}};\n")
    done = node("signing.mjs", json.dumps(settings), hook, folder=packages, **variables)
    assert done.returncode == 0, done.stderr
    return [tuple(said) for said in json.loads(done.stdout)]


CLIENTS = {"boto3": by_boto3, "AWS CLI": by_cli, "JavaScript v3": by_javascript}
MARKS = {
    "AWS CLI": pytest.mark.skipif(shutil.which("aws") is None, reason="needs the AWS CLI on the PATH"),
    "JavaScript v3": NEEDS_NODE,
}
each_client = pytest.mark.parametrize("client", [pytest.param(name, marks=MARKS.get(name, ())) for name in CLIENTS])
each_way = pytest.mark.parametrize("way", WAYS)


def table() -> dict[str, dict[str, str]]:
    """Return the page's cells by client and way."""
    rows = re.findall(rf"^\| ({'|'.join(CLIENTS)}) \|(.*)\|$", PAGE, re.MULTILINE)
    return {client: dict(zip(WAYS, map(str.strip, cells.split("|")), strict=True)) for client, cells in rows}


def first(cell: str) -> str:
    """Return what a cell says before it says how."""
    return cell.partition(":")[0]


def test_the_page_has_a_cell_for_each_way_of_each_client():
    cells = table()

    assert list(cells) == list(CLIENTS)
    assert {first(cell) for row in cells.values() for cell in row.values()} == set(CODES)
    assert {client: row["setting"] for client, row in cells.items()} == SETTINGS
    assert f"export {DATA_PATH}=" in block("tastemaker signing ")
    assert f'{SIGNING_NAME}: "execute-api"' in block("new PersonalizeEventsClient(")


@each_client
@each_way
def test_a_client_comes_as_far_as_its_cell_says(ask, gateway, client, way):
    said = ask(client, way)

    expected = CODES[first(table()[client][way])]
    assert [code for code, _ in said] == expected
    assert len(gateway.requests) == (3 if expected == REACHED else 0)
    if expected == REFUSED:
        assert all("`tastemaker proxy --url <ApiUrl>`" in words for _, words in said)


@each_client
@each_way
def test_another_secret_comes_nowhere(ask, gateway, client, way):
    said = ask(client, way, "guessed")

    assert [code for code, _ in said] == REFUSED
    assert gateway.requests == []
    whose = "tastemaker proxy: the signature does not fit" if way == "proxy" else "API Gateway did not accept"
    assert all(words.startswith(whose) for _, words in said)
