"""The `tastemaker` command."""

import http.client
import json
import socket
import subprocess
import sys
from contextlib import closing

import boto3
import pytest

from tastemaker_local import cli
from tests.processes import Process, running


def test_a_port_in_use_is_named():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        status, said = Process("--port", port).end()

    assert (status, f"127.0.0.1:{port}" in said, "--port" in said) == (2, True, True)


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
    assert set(merged[0]["operations"]) == {"GetDataInsights"}
    assert set(merged[2]["operations"]) == {"ReplayRecommendation", "GetLoggedAnswers", "ExplainFilter"}


def test_the_signing_files_tell_clients_of_our_own_operations(tmp_path, monkeypatch):
    cli.main(["signing", str(tmp_path)])
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    client = boto3.session.Session().client("personalize", region_name="us-east-1")

    assert callable(client.get_data_insights)
