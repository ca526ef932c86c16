"""The code that the console shows, run as it stands in place of each button that writes: the page sees it done."""

import json
import shutil
import sys

import pytest

from tests.e2e import browser
from tests.e2e.consoles import ROLE, books, make_room_for_results, readings
from tests.e2e.npm import NEEDS_NODE, node
from tests.processes import running

NEEDS_CLI = pytest.mark.skipif(shutil.which("aws") is None, reason="needs the AWS CLI on the PATH")
WRITES = {
    *(
        "Load the films",
        "Create it",
        "Import my Interactions.csv",
        "Import my Items.csv",
        "Train",
        "Train a new version",
    ),
    *(
        "Stop",
        "Create the campaign",
        "Switch",
        "Create an event tracker",
        "a click",
        "a list",
        "Send the event",
        "events",
    ),
    *("Start the batch job", "Start the segment job", "Export", "Delete these users' data", "Import views.csv"),
    *("Create the recommender", "Start", "Delete it"),
}
pytestmark = [pytest.mark.e2e, NEEDS_NODE, pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium")]


@pytest.mark.parametrize("kind", ["boto3", pytest.param("cli", marks=NEEDS_CLI)])
def test_the_code_of_every_step_does_the_step(packages, tmp_path, record_property, kind):
    _write(tmp_path / "my Interactions.csv", "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,DEVICE", readings())
    _write(tmp_path / "my Items.csv", "ITEM_ID,TITLE,SHELF", books())
    views = [",".join([*row.split(",")[:3], "View"]) for row in readings()]
    _write(tmp_path / "views.csv", "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", views)
    with running() as service:
        make_room_for_results(service)
        service.client("s3").put_object(Bucket="results", Key="leavers.csv", Body=b"USER_ID\nreader-59\n")
        arguments = ("snippets.mjs", service.url, browser.CHROMIUM, tmp_path, kind, sys.executable, ROLE)
        walk = node(*arguments, folder=packages, patience=1200)

    assert walk.returncode == 0, walk.stdout + walk.stderr
    seen = json.loads(walk.stdout)
    assert not seen["failed"], seen["failed"][0] + walk.stderr
    assert set(seen["ran"]) == WRITES
    assert (seen["errors"], seen["violations"]) == ([], [])
    record_property(f"steps done by their {kind}", len(seen["ran"]))


def _write(path, head, rows):
    path.write_text("\n".join([head, *rows, ""]))
