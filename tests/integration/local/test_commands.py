"""The `tastemaker` command."""

import argparse
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import boto3
import pytest

from tastemaker_local import cli
from tastemaker_local.commands import arguments, clients
from tests.integration.client import Client
from tests.processes import Process, running, until


def test_a_port_in_use_is_named():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        status, said = Process("--port", port).end()

    assert (status, f"127.0.0.1:{port}" in said, "--port" in said) == (2, True, True)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--port", "99999"), ("--port", "99999", "65535")),
        (("--port", "-1"), ("--port",)),
        (("--port", "http"), ("--port", "http is not a port")),
        (("--training-day", "x"), ("--training-day", "x is not a number of seconds")),
        (("--data", "{file}"), ("{file} is a file", "--data")),
        (("--data", "{file}/sub"), ("cannot make", "{file}/sub", "Not a directory", "--data")),
        (("--data", "{full}"), ("{full} holds other files (a.csv, b.csv, c.csv ...)", "--data")),
        (("--data", "{theirs}"), ("{theirs}/state.sqlite3", "not of Tastemaker", "--data")),
        (("--data", "{odd}"), ("{odd}/state.sqlite3", "not a database")),
        (("--assembly", "/nope"), ("/nope holds no templates", "--assembly", "manifest.json")),
        (("--assembly", "{odd}"), ("{odd} holds no templates", "--assembly")),
        (("--assembly", "{file}"), ("{file} holds no templates", "--assembly")),
        (("--host", "no.such.host.invalid"), ("cannot listen at no.such.host.invalid", "--host")),
    ],
)
def test_a_wrong_option_gets_the_right_advice(tmp_path, options, parts):
    places = {name: str(tmp_path / name) for name in ("file", "full", "theirs", "odd")}
    (tmp_path / "file").touch()
    for folder in ("full", "theirs", "odd"):
        (tmp_path / folder).mkdir()
    for name in "abcd":
        (tmp_path / "full" / f"{name}.csv").touch()
    for name in ("state.sqlite3", "manifest.json"):
        (tmp_path / "odd" / name).write_text("this is neither, and long enough " * 100)
    with closing(sqlite3.connect(tmp_path / "theirs" / "state.sqlite3")) as database:
        database.execute("CREATE TABLE theirs (a)")

    status, said = Process("--port", 0, *(option.format(**places) for option in options)).end()

    assert (status, "Traceback" in said, "choose another with --port" in said) == (2, False, False), said
    assert [part for part in parts if part.format(**places) not in said] == [], said
    assert sorted(path.name for path in (tmp_path / "full").iterdir()) == ["a.csv", "b.csv", "c.csv", "d.csv"]


@pytest.mark.parametrize("harmless", [".gitkeep", "lost+found", "objects", "made-by-tastemaker-demo"])
def test_a_folder_without_data_of_others_is_taken(tmp_path, harmless):
    (tmp_path / harmless).touch() if harmless.startswith(".") else (tmp_path / harmless).mkdir()

    with running("--data", tmp_path) as service:
        assert service.terminate() == 0


ASKING = [
    ("insights", "shop"),
    ("quote", "--solution", "s"),
    ("quote", "--dataset-group", "g", "--recipe", "aws-sims"),
    ("filter", "explain", "--filter", "f"),
    ("replay", "RID-1"),
    ("off-policy", "campaign"),
]


@pytest.fixture
def without_endpoint(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize("words", ASKING)
def test_without_an_endpoint_amazons_own_service_is_not_asked(without_endpoint, capsys, words):
    del without_endpoint

    status = cli.main([*words])

    said = capsys.readouterr().err
    assert (status, [part for part in ("--endpoint", "AWS_ENDPOINT_URL", "--aws") if part not in said]) == (2, [])


def test_amazons_own_service_is_asked_if_somebody_says_so(without_endpoint):
    del without_endpoint
    parser = argparse.ArgumentParser()
    arguments.add_service(parser)

    client = clients.knowing("personalize", parser.parse_args(["--aws"]).endpoint)

    assert client.meta.endpoint_url == "https://personalize.us-east-1.amazonaws.com"


@pytest.mark.parametrize("endpoint", ["foo", "127.0.0.1:8000", "http://", "http://a:99999", "ftp://a", ""])
@pytest.mark.parametrize("place", ["option", "variable"])
def test_an_endpoint_that_is_none_is_refused(without_endpoint, capsys, endpoint, place):
    if place == "variable":
        without_endpoint.setenv("AWS_ENDPOINT_URL", endpoint)
    words = ["insights", "shop", *(["--endpoint", endpoint] if place == "option" else [])]

    try:
        status = cli.main(words)
    except SystemExit as end:
        status = end.code

    said = capsys.readouterr().err
    assert (status, "such as http://127.0.0.1:8000" in said or "--aws" in said, "Traceback" in said) == (2, True, False)


def test_a_deployments_endpoint_needs_no_word_more(without_endpoint):
    url = "https://abc.execute-api.eu-west-1.amazonaws.com/prod"
    without_endpoint.setenv("AWS_ENDPOINT_URL", url)

    assert clients.knowing("personalize", None).meta.endpoint_url == url


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])

    assert (stopped.value.code, capsys.readouterr().out.split()[0]) == (0, "tastemaker")


@pytest.mark.parametrize("options", [(), ("--verbose",)])
def test_a_failed_job_is_one_plain_line(options):
    with running(*options) as service:
        client = Client(service)
        client.imported(client.dataset(client.group()), "USER_ID,ITEM_ID,TIMESTAMP\na,b,x\n")
        said = service.kill_after(" failed: ")

    lines = [line for line in said.splitlines() if " failed: " in line]
    assert len(lines) == 1
    for part in (
        "create of arn:aws:personalize:us-east-1:123456789012:dataset-import-job/first",
        "line 2",
        "TIMESTAMP",
    ):
        assert part in lines[0]
    assert ("FailureEventException" in said) == bool(options)
    assert options or said == lines[0] + "\n"


def test_the_log_of_a_test_has_that_line_alone(tastemaker, caplog):
    client = Client(tastemaker)
    client.imported(client.dataset(client.group()), "USER_ID,ITEM_ID,TIMESTAMP\na,b,x\n")
    until(lambda: bool(caplog.messages))

    (message,) = caplog.messages
    assert message.startswith("tastemaker: create of arn:aws:personalize:us-east-1:123456789012:dataset-import-job/")


def test_a_function_gets_its_environment_and_its_failures_stay_inside(toy):
    with running("--assembly", toy) as service:
        greeted = _post(service, b"anything")
        failed = _post(service, b"fail")
        service.terminate()

    assert (greeted[0], greeted[1], greeted[2]["x-greeting"]) == (200, b"anything", "hello")
    assert failed[:2] == (502, b'{"__type": "InternalServerException", "message": "Internal server error"}')


def _post(service, body):
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=30)
    signature = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/execute-api/aws4_request, Signature=0"
    connection.request("POST", "/", body, {"Authorization": signature})
    reply = connection.getresponse()
    answer = reply.status, reply.read(), dict(reply.headers)
    connection.close()
    return answer


@pytest.mark.parametrize("service", ["personalize", "personalize-events", "personalize-runtime"])
def test_the_signing_files_make_clients_sign_for_api_gateway(tmp_path, capsys, monkeypatch, service):
    assert cli.main(["signing", str(tmp_path)]) == 0
    assert f"export AWS_DATA_PATH={tmp_path}" in capsys.readouterr().out
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    client = boto3.session.Session().client(service, region_name="us-east-1")

    assert client.meta.service_model.signing_name == "execute-api"


@pytest.mark.parametrize("given", ["groups=3", "schemas=0", "schemas=many", "schemas"])
def test_a_quota_that_makes_no_sense_is_refused_at_once(capsys, given):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["local", "--quota", given])

    said = capsys.readouterr().err
    assert (stopped.value.code, "quota" in said, given.partition("=")[0] in said) == (2, True, True)


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])

    said = capsys.readouterr().out
    assert (stopped.value.code, [name for name in cli.COMMANDS if name not in said]) == (0, [])


def test_help_waits_for_no_library():
    program = (
        "import sys\nfrom tastemaker_local import cli\ntry:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print({name.partition('.')[0] for name in sys.modules} & {'moto', 'boto3', 'botocore', 'numpy', 'rich'})"
    )

    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "set()"


def test_the_signing_files_are_what_botocore_merges(tmp_path):
    cli.main(["signing", str(tmp_path)])

    files = sorted(tmp_path.glob("*/*/service-2.sdk-extras.json"))

    assert [file.parent.name for file in files] == ["2018-05-22", "2018-03-22", "2018-05-22"]
    merged = [json.loads(file.read_text())["merge"] for file in files]
    assert [one["metadata"] for one in merged] == [{"signingName": "execute-api"}] * 3
    # Beside that only operations of our own, and what they are made of.
    assert [set(one) - {"metadata"} for one in merged] == [{"operations", "shapes"}, set(), {"operations", "shapes"}]
    assert set(merged[0]["operations"]) == {"GetDataInsights", "GetEvaluation", "GetAttributionFigures"}
    of_runtime = {"ReplayRecommendation", "GetLoggedAnswers", "ExplainFilter", "SearchItems", "SearchUsers"}
    assert set(merged[2]["operations"]) == of_runtime | {"GetUserHistory"}


def test_the_signing_files_tell_clients_of_our_own_operations(tmp_path, monkeypatch):
    cli.main(["signing", str(tmp_path)])
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    client = boto3.session.Session().client("personalize", region_name="us-east-1")

    assert callable(client.get_data_insights)
