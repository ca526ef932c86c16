"""When the console is first to be seen, on a quarter of this machine's speed."""

import json
from statistics import median

import pytest

from tests.e2e import browser
from tests.e2e.npm import NEEDS_NODE, node
from tests.processes import running

VISITS = 7
MOMENTS = {
    "first": "first contentful paint",
    "heading": "heading of the screen",
    "answered": "what the service answered",
}
pytestmark = [pytest.mark.e2e, NEEDS_NODE, pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium")]


def test_something_is_seen_at_once_and_the_screen_follows(packages, record_property):
    with running() as service:
        done = node("paint.mjs", service.url, browser.CHROMIUM, VISITS, folder=packages)

    assert done.returncode == 0, done.stdout + done.stderr
    visits = json.loads(done.stdout)
    assert len(visits) == VISITS
    for moment, name in MOMENTS.items():
        times = [visit[moment] for visit in visits]
        assert min(times) > 0
        record_property(f"{name}, ms at a quarter of the speed", f"{median(times):.0f}, at most {max(times):.0f}")
