"""What the tests of the console share: its packages, kept from one run to the next."""

from pathlib import Path

import pytest

from tests.e2e.consoles import workshop


@pytest.fixture(scope="session")
def packages() -> Path:
    """Return a folder with the sources, the packages that they are built of, and the programs of these tests."""
    return workshop()
