"""A world for each test, and real boto3 clients that it answers."""

from copy import copy
from types import SimpleNamespace

import boto3
import botocore.session
import pytest
from botocore.config import Config as ClientConfig
from botocore.loaders import Loader

from tastemaker.wire.models import APIS, EXTRAS
from tests.transport import ENDPOINT, answer_with
from tests.unit.operations.builder import Builder
from tests.unit.operations.world import World


@pytest.fixture(scope="session")
def raw_clients():
    models = botocore.session.Session()
    models.register_component("data_loader", Loader(extra_search_paths=[str(EXTRAS)]))  # our own operations too
    session = boto3.Session("key", "secret", region_name="us-east-1", botocore_session=models)
    config = ClientConfig(retries={"total_max_attempts": 1}, parameter_validation=False)
    return {api: session.client(api, endpoint_url=ENDPOINT, config=config) for api in APIS}


@pytest.fixture
def world():
    return World()


@pytest.fixture
def clients(world, raw_clients):
    """The three clients, each answered by the operations of its API."""
    with answer_with(raw_clients, world.services()):
        yield SimpleNamespace(**{api.replace("-", "_"): client for api, client in raw_clients.items()})


@pytest.fixture
def personalize(clients):
    return clients.personalize


@pytest.fixture
def build(world, clients):
    """Makes resources with everything they need, each ACTIVE unless a test asks for less."""
    return Builder(world, clients.personalize)


@pytest.fixture(scope="module")
def kept():
    """What fixtures of a module have made once, by their names."""
    return {}


@pytest.fixture
def once(kept, world, build):
    """Makes what a fixture begins with: its first test does, the others go on from a copy of the world of then."""

    def once(make):
        before, name = repr(build.counter), make.__qualname__
        if name not in kept:
            made = make()
            kept[name] = before, made, copy(build.counter), world.copy()
        began, made, counter, then = kept[name]
        assert began == before, f"{name} comes after other things than the first time"
        build.counter = copy(counter)
        world.become(then)
        return made

    return once


def pytest_addoption(parser):
    """How long test_stateful.py and test_meaning.py run, where they are asked for by their paths."""
    parser.addoption("--sequences", type=int, default=40, help="random sequences of operations")
    parser.addoption("--steps", type=int, default=30, help="steps of each sequence")
    parser.addoption("--filters", type=int, default=120, help="random filters")
    parser.addoption("--filter-data", type=int, default=2, help="random data sets that they are asked on")
