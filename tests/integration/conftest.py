"""Fixtures of the tests that go through the deployed templates."""

import pytest

from tastemaker_local import cli
from tests.integration.client import Client


@pytest.fixture
def client(tastemaker):
    return Client(tastemaker)


@pytest.fixture
def cloud(request):
    """The account behind the endpoint, as it is after its deployment."""
    request.getfixturevalue("tastemaker")
    return request.getfixturevalue("_tastemaker_service").cloud


@pytest.fixture
def command(tastemaker, capsys):
    """Runs a command, and returns its exit status with what it said."""

    def run(*words):
        status = cli.main([*words, "--endpoint", tastemaker.endpoint_url])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run
