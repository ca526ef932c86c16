"""Fixtures of the tests of the demo: its data set, made small."""

from pathlib import Path

import pytest

from tastemaker_local.demo.groceries import Groceries
from tests.unit.demo.households import write_tables


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the tables of four households out as the package does."""
    tmp_path = tmp_path_factory.mktemp("groceries")
    write_tables(tmp_path)
    return tmp_path


@pytest.fixture
def groceries(folder: Path) -> Groceries:
    """Ask the small data set."""
    return Groceries(folder)
