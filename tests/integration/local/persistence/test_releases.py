"""Two releases whose models are of different formats: after an upgrade, and after a roll-back, campaigns serve on.

Each release is code of its own in processes of its own. The one before trains and answers; then the present one is
deployed over the same data, and Lambda has kept the other as a version of the runtime function. Here that version is a
process of the other code, where Lambda would run what it has kept.
"""

import json
import shutil

import pytest

from tastemaker.domain.formats import FORMAT
from tests.processes import ROOT, run_script

CLIENT = """
import json, sys
from pathlib import Path
import boto3
from tastemaker_local.service import LocalService
from tests.integration.client import Client, readings

CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/next"
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}

class Endpoint:
    def __init__(self, url):
        self.url = url
    def client(self, name):
        return boto3.client(name, endpoint_url=self.url, **KEYS)

def answer(client):
    reply = client.runtime.get_recommendations(campaignArn=CAMPAIGN, userId="reader-1", numResults=10)
    return json.dumps(reply["itemList"])
"""
BEFORE = (
    CLIENT
    + """
with LocalService(data=Path(sys.argv[1])) as service:
    client = Client(Endpoint(service.url))
    group = client.group()
    client.imported(client.dataset(group), readings())
    assert client.campaign(group) == CAMPAIGN
    print(answer(client))
"""
)
AFTER = (
    CLIENT
    + """
import os, subprocess
from unittest.mock import patch
from tastemaker.config import variable
from tastemaker.domain.formats import FORMAT, reader_of
from tastemaker_local.emulation.functions import Functions

NAME, other, code = "tastemaker-runtime", int(sys.argv[2]), sys.argv[3]
handle = "import json, sys; from tastemaker.handlers.runtime import handle; import types; " \\
    "context = types.SimpleNamespace(function_name='f', memory_limit_in_mb=1, invoked_function_arn='a', " \\
    "aws_request_id='r'); print(json.dumps(handle(json.load(sys.stdin), context)))"
asked = []

def kept(function, event):
    asked.append(str(function.version))
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
    here = os.environ | function.environment_vars | keys | {"PYTHONPATH": code, variable("aws_endpoint"): service.url}
    here["AWS_LAMBDA_FUNCTION_NAME"] = NAME
    done = subprocess.run([sys.executable, "-c", handle], input=json.dumps(event), text=True, env=here,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

ours = Functions.call
def call(functions, function, event):
    return kept(function, event) if function.description == reader_of(other) else ours(functions, function, event)

def refusal(client):
    try:
        return answer(client)
    except client.runtime.exceptions.InvalidInputException as problem:
        return str(problem)

with patch.object(Functions, "call", call), LocalService(data=Path(sys.argv[1])) as service:
    client, functions = Client(Endpoint(service.url)), Endpoint(service.url).client("lambda")
    before = functions.get_function_configuration(FunctionName=NAME)["Description"]
    functions.update_function_configuration(FunctionName=NAME, Description=reader_of(other))
    functions.publish_version(FunctionName=NAME)
    functions.update_function_configuration(FunctionName=NAME, Description=before)
    first, handed = answer(client), len(asked)
    solution = CAMPAIGN.replace("campaign", "solution")
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    while_trained, handed_then = answer(client), len(asked)
    client.personalize.update_campaign(campaignArn=CAMPAIGN, solutionVersionArn=version)
    while client.settled("campaign", CAMPAIGN)["solutionVersionArn"] != version:
        pass
    print(json.dumps({"before": before, "answers": [first, while_trained, answer(client)],
                      "handed": [handed, handed_then, len(asked)]}))
"""
)


@pytest.fixture(params=[FORMAT - 1, FORMAT + 1], ids=["upgrade", "roll-back"])
def other(request, tmp_path):
    """The code of another release, as far as the format of models goes."""
    code = tmp_path / "other"
    shutil.copytree(ROOT / "lambdas" / "tastemaker", code / "tastemaker", ignore=shutil.ignore_patterns("__pycache__"))
    file = code / "tastemaker" / "domain" / "formats.py"
    file.write_text(file.read_text().replace(f"FORMAT: Final = {FORMAT}", f"FORMAT: Final = {request.param}"))
    return code, request.param


def test_a_campaign_is_answered_by_the_release_of_its_model_until_it_has_another(tmp_path, other):
    code, stored = other

    before = run(BEFORE, code, tmp_path / "data")
    after = json.loads(run(AFTER, ROOT / "lambdas", tmp_path / "data", stored, code))

    assert after["before"] == f"Answers from models of format {FORMAT}"
    assert len(json.loads(before)) == 10
    # By the byte, scores too; once it has a model of the present format, nobody else is asked.
    assert after["answers"] == [before, before, before]
    assert after["handed"] == [1, 2, 2]


def run(script, lambdas, *words):
    return run_script(script, *words, path=[lambdas, ROOT / "local"]).stdout.splitlines()[-1]
