"""The demo and the examples as a newcomer runs them: as programs of their own, against a service of their own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker_local.demo import endpoint

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Run one service for all examples."""
    folder = tmp_path_factory.mktemp("service")
    with endpoint.started(folder / "data", folder / "service.log") as service:
        yield service.wait_until_ready()


def run(*command, **variables):
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(part) for part in command],
        env=os.environ | KEYS | variables,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_quickstart_recommends_each_reader_the_shelf_they_like(url):
    printed = run(sys.executable, ROOT / "examples" / "quickstart.py", AWS_ENDPOINT_URL=url)

    for reader in range(2):
        (answer,) = re.findall(rf"^reader-{reader} -> (.*)$", printed, re.MULTILINE)
        assert len(answer.split(", ")) == 5
        assert answer.count(f"shelf-{reader}-") >= 4


def test_a_new_deployment_is_walked_through_and_left_as_it_was(url):
    printed = run(sys.executable, ROOT / "examples" / "smoke.py", url, AWS_ENDPOINT_URL=url)

    assert printed.count("ok ") == 6
    assert printed.endswith("all of it works, and nothing is left\n")
    assert "left  " not in printed


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the AWS CLI on the PATH")
def test_the_cli_workflow_reacts_to_events_and_cleans_up(url):
    printed = run("sh", ROOT / "examples" / "aws_cli_workflow.sh", url)

    before, after = re.findall(r"^a newcomer: (.*)$", printed, re.MULTILINE)
    assert after != before
    assert after.count("shelf-3-") > before.count("shelf-3-")
    assert printed.count("DELETED") == 5


def test_the_quick_demo_tells_the_whole_story_in_plain_text(tmp_path):
    printed = run(sys.executable, "-m", "tastemaker_local.cli", "demo", "--quick", "--data", tmp_path / "demo")

    assert "simulated from real shopping patterns" in " ".join(printed.split())
    assert "\x1b" not in printed
    for part in ("NDCG@10", "recommended next", "Goes together", "re-ranked", "just bought", "p99", "Together"):
        assert part in printed
    assert "/console/#/g/groceries" in printed
    assert max(map(len, printed.splitlines()[:-11])) <= 120
