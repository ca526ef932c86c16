"""Fixtures of the tests of local mode."""

import pytest

from tests.integration.local import toy_assembly


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """Return the folder of the toy assembly."""
    return toy_assembly.write(tmp_path_factory.mktemp("toy"))
