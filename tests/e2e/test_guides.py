"""The guides for newcomers, followed as they stand: each leads to the list that it shows, the same in all of them."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from tests.e2e import browser
from tests.e2e.npm import NEEDS_NODE, installed, node
from tests.processes import ROOT, running

pytestmark = pytest.mark.e2e

GUIDES = ROOT / "docs" / "getting-started"
NOTEBOOK = ROOT / "examples" / "getting_started.ipynb"


@pytest.fixture(scope="module")
def url():
    """Run one service for all guides."""
    with running() as service:
        yield service.url


@pytest.fixture(scope="module")
def lists():
    """Keep the lists that the guides of this run have led to."""
    return []


@pytest.fixture
def agree(lists, record_property):
    """Compares the list that a guide has led to with its page's, and with those of the other guides of this run.

    A page shows the list of one machine. Another may round the sums of a training otherwise (decision 0018), which is
    room for a near tie, and for no more; in one run all lists are the same.
    """
    begin = time.monotonic()

    def compare(found, page):
        record_property("seconds of who types as fast as a test", f"{time.monotonic() - begin:.0f}")
        lists.append(found)
        assert found == lists[0]
        shown = items(blocks(page, "text"))
        assert len(found) == len(shown) == 5
        assert len([item for item in found if item in shown]) >= 4

    return compare


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Make what a newcomer's clone has of the guides, with the data that each begins with."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    run(".venv/bin/python", "examples/groceries.py", "data/groceries", folder=folder)
    return folder


def run(*command, folder):
    done = subprocess.run(  # noqa: S603 - our own programs
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def blocks(page: str, language: str) -> str:
    """Return the code of a page in one language."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", (GUIDES / page).read_text(), re.MULTILINE | re.DOTALL))


def items(text: str) -> list[list[str]]:
    """Return the lines of a list of recommendations: an id and a name each."""
    return [line.split(maxsplit=1) for line in re.findall(r"^\d+\s.+$", text, re.MULTILINE)]


def cells() -> Iterator[ast.Module]:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if cell["cell_type"] == "code":
            yield ast.parse("".join(cell["source"]))


def shown(cell: ast.Module, scope: dict) -> object:
    """Run a cell as Jupyter does: what it shows is the value of an expression that comes last."""
    last = cell.body.pop() if isinstance(cell.body[-1], ast.Expr) else None
    exec(compile(cell, NOTEBOOK, "exec"), scope)  # noqa: S102 - our own notebook
    return last and eval(compile(ast.Expression(last.value), NOTEBOOK, "eval"), scope)  # noqa: S307 - the same


def test_the_guides_and_the_notebook_show_the_same_list():
    lists = {page.name: items(blocks(page.name, "text")) for page in GUIDES.glob("*.md")}
    kept = json.loads(NOTEBOOK.read_text())["cells"][-1]["outputs"][0]["text"]

    assert len(lists) == 3
    assert len(items("".join(kept))) == 5
    assert all(each == items("".join(kept)) for each in lists.values())


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the AWS CLI on the PATH")
def test_the_commands_lead_to_the_list(url, clone, agree, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    printed = run("sh", "-euc", blocks("cli.md", "sh"), folder=clone)

    agree(items(printed), "cli.md")


def test_the_notebook_leads_to_the_list_and_plots_what_it_sees(url, clone, agree, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.chdir(clone / "examples")
    monkeypatch.syspath_prepend(clone / "examples")
    scope = {}

    values = [shown(cell, scope) for cell in cells()]

    plots = [ET.fromstring(value._repr_svg_()) for value in values if hasattr(value, "_repr_svg_")]  # noqa: S314 - ours
    assert [len(plot.findall("{*}rect")) for plot in plots] == [10, 8, 10]
    agree(items(capsys.readouterr().out), "notebook.md")


@NEEDS_NODE
@pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium on the PATH")
def test_the_clicks_lead_to_the_list(url, clone, agree):
    folder = installed(ROOT / "console", "--ignore-scripts")
    shutil.copy(ROOT / "tests" / "e2e" / "console" / "guide.mjs", folder)

    files, pictures = clone / "data" / "groceries", os.environ.get("SCREENSHOTS", "")
    walk = node("guide.mjs", url, browser.CHROMIUM, files, pictures, folder=folder)

    assert walk.returncode == 0, walk.stdout + walk.stderr
    agree(items(walk.stdout), "console.md")
