"""A furnished world for each test."""

import pytest

from tests.transport import answer_with
from tests.unit.operations.builder import Builder
from tests.unit.operations.matrix.furniture import Furnished, furnish
from tests.unit.operations.world import World


@pytest.fixture(scope="session")
def furniture(raw_clients):
    """A furnished world, made once, and what its resources are called."""
    world = World()
    with answer_with(raw_clients, world.services()):
        names = furnish(Builder(world, raw_clients["personalize"]))
    world.allow(dataset_groups=10, campaigns=10)  # those of the furnished world leave no room for a test's own
    return world, names


@pytest.fixture
def furnished(furniture, raw_clients):
    """A furnished world of a test's own, with clients that tell what was on the wire."""
    world, names = furniture[0].copy(), furniture[1]
    with answer_with(raw_clients, world.services()):
        yield Furnished(world, raw_clients, names)
