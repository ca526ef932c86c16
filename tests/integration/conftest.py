"""Fixtures of the tests that go through the deployed templates."""

import pytest

from tastemaker_local import cli
from tastemaker_local.emulation.schedules import Schedules
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
def look(client):
    """Lets the deployed rules come due, where a day lasts no time to speak of: what waits for days is due at once."""
    assert client  # before the service is deployed there are no rules
    now = [0.0]
    schedules = Schedules(lambda: ["us-east-1"], day=0.001, clock=lambda: now[0])

    def due() -> None:
        now[0] += 60
        schedules.look()

    schedules.look()
    return due


@pytest.fixture
def command(tastemaker, capsys):
    """Runs a command, and returns its exit status with what it said."""

    def run(*words):
        status = cli.main([*words, "--endpoint", tastemaker.endpoint_url])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run
