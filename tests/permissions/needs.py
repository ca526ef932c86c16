"""A pytest plugin: which test needs which grant, as local mode's judge sees it.

A grant is needed where something would have been refused without it. Into the folder that TASTEMAKER_NEEDS names each
process writes a line of JSON per test.
"""

import json
import os
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from tastemaker_local.emulation.permissions.enforcement import Judge
from tests.permissions.grants import Grant

_FOLDER = os.environ.get("TASTEMAKER_NEEDS")
_judges: list[Judge] = []
_tests: list[dict] = []


class _Kept(Judge):
    def __init__(self, **options: bool) -> None:
        super().__init__(**options)
        _judges.append(self)


def pytest_configure():
    """Keep every judge there will be."""
    if _FOLDER:
        import tastemaker_local.cloud  # noqa: PLC0415 - heavy

        tastemaker_local.cloud.Judge = _Kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Note what one test needs, with the fixtures that it is the first to ask for."""
    for judge in _judges:
        judge.needed.clear()
    began = monotonic()
    done = yield
    found = {str(Grant.of_judge(each)) for judge in _judges for each in judge.needed.copy()}
    if found:
        seconds = round(monotonic() - began, 2)
        _tests.append({"test": item.nodeid, "seconds": seconds, "grants": sorted(found)})
    return done


def pytest_sessionfinish():
    """Write it down."""
    if _FOLDER and _tests:
        folder = Path(_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{json.dumps(each)}\n" for each in _tests)
        (folder / f"{uuid4()}.jsonl").write_text(lines)
