"""One synth for the whole suite: `app.py` as a newcomer runs it, with no node on PATH and layers not built."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.node import choose_node
from tests.infra.assembly import ROOT, Assembly

# Before any test module imports aws_cdk.
choose_node()


@pytest.fixture(scope="session")
def assembly(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assembly")
    environment = {
        "HOME": str(Path.home()),  # jsii keeps what it unpacked there
        "PATH": "",
        "PYTHONPATH": str(ROOT / "lambdas"),  # of this checkout, whichever one is installed
        "CDK_OUTDIR": str(folder),
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []}),
    }
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, check=True)
    return Assembly(folder)
