"""Fixtures of the tests that go through the deployed templates."""

import pytest

from tests.integration.client import Client


@pytest.fixture
def client(tastemaker):
    return Client(tastemaker)
