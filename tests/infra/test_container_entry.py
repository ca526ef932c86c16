"""The program that a container begins with: its text as the template has it, with other code in the assets' places."""

import io
import json
import os
import subprocess
import sys
import zipfile

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.permissions.grants import read
from tests.permissions.templates import Texts

DOCUMENT = "jobs/solution/s/1/training-fit-0a1b.json"
JOB = """
import json, sys
import boto3
import answers, bottom, top
from tastemaker.beside import NAME

if __name__ == "__main__":
    told = {"arguments": sys.argv[1:], "beside": NAME, "answers": answers.OF, "bottom": bottom.OF, "top": top.OF}
    boto3.client("s3").put_object(Bucket="told", Key=sys.argv[-1], Body=json.dumps(told).encode())
"""
# By asset, in the order of the function's: the code, then its layers, which are one folder in Lambda as well.
CODE = {
    "tastemaker/__init__.py": "",
    "tastemaker/beside.py": "NAME = 'the function'",
    "tastemaker/handlers/__init__.py": "",
    "tastemaker/handlers/job.py": JOB,
    "answers.py": "OF = 'code'",
}
LAYERS = [
    {"python/answers.py": "OF = 'base'", "python/bottom.py": "OF = 'base'", "python/top.py": "OF = 'base'"},
    {"python/top.py": "OF = 'runtime'"},
    {"python/top.py": "OF = 'training'"},
]


@pytest.fixture
def s3(monkeypatch):
    """An S3 that other processes reach; AWS's variables are of this test."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="told")
    yield client
    server.stop()


@pytest.fixture
def begin(containers_assembly, tmp_path, monkeypatch):
    """Runs a container's command with a container's variables on this machine's Python."""
    [definition] = containers_assembly.properties("Batch::JobDefinition")
    container, texts = definition["ContainerProperties"], Texts(read(containers_assembly.folder))
    told = {each["Name"]: texts.of(each["Value"]) for each in container["Environment"]}
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def begin(document):
        _, *words = container["Command"]
        command = [sys.executable, *(document if word == "Ref::document" else word for word in words)]
        # OpenBLAS is told of a processor that this machine need not have.
        here = {name: value for name, value in told.items() if not name.startswith("OPENBLAS")}
        done = subprocess.run(command, env=os.environ | here, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr

    begin.assets = json.loads(told["TASTEMAKER_ASSETS"])
    return begin


def packed(files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return archive.getvalue()


def test_a_container_finds_code_and_layers_as_a_function_does_and_is_told_what_to_do(begin, s3):
    """Code goes before layers, and of layers that have the same file the later one holds."""
    s3.create_bucket(Bucket=begin.assets[0][0])
    for (bucket, key), files in zip(begin.assets, [CODE, *LAYERS], strict=True):
        s3.put_object(Bucket=bucket, Key=key, Body=packed(files))

    begin(DOCUMENT)

    told = json.loads(s3.get_object(Bucket="told", Key=DOCUMENT)["Body"].read())
    assert told == {
        "arguments": [DOCUMENT],
        "beside": "the function",
        "answers": "code",
        "bottom": "base",
        "top": "training",
    }
