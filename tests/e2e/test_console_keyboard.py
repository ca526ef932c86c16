"""The console with no mouse: from nothing to a first list, an event, and a file."""

import json

import pytest

from tests.e2e import browser
from tests.e2e.npm import NEEDS_NODE, node
from tests.processes import running

pytestmark = [pytest.mark.e2e, NEEDS_NODE, pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium")]


def test_the_keyboard_alone_gets_to_recommendations(packages, tmp_path, record_property):
    people = "\n".join(["USER_ID,AGE", *(f"person-{at:03d},{20 + at % 50}" for at in range(500)), ""])
    (tmp_path / "people.csv").write_text(people)
    with running() as service:
        walk = node("keyboard.mjs", service.url, browser.CHROMIUM, tmp_path / "people.csv", folder=packages)

    assert walk.returncode == 0, walk.stdout + walk.stderr
    seen = json.loads(walk.stdout)
    assert len(seen["first"]["list"]) == 10
    assert (seen["unseen"], seen["errors"]) == ([], [])
    record_property("keys to the first list", seen["first"]["keys"])
    record_property("seconds to the first list", f"{seen['seconds']:.0f}")
