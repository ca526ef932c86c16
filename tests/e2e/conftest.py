"""What the tests of the console share: its packages, kept from one run to the next."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.npm import installed
from tests.processes import ROOT


@pytest.fixture(scope="session")
def packages() -> Path:
    """Return a folder with the sources, the packages that they are built of, and the programs of these tests."""
    sources = ROOT / "console"
    folder = installed(sources, "--ignore-scripts")
    for name in ("build.mjs", "tsconfig.json"):
        shutil.copy(sources / name, folder)
    shutil.rmtree(folder / "src", ignore_errors=True)
    shutil.copytree(sources / "src", folder / "src")
    for program in (ROOT / "tests" / "e2e" / "console").glob("*.mjs"):
        shutil.copy(program, folder)
    return folder
