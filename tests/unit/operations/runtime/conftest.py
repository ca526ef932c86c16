"""Fixtures of the tests of answers."""

import pytest

from tests.unit.operations.runtime.market import NEWEST, OLD, with_news


@pytest.fixture
def market(build, once):
    """A dataset group with 40 old items, 12 of the last week and 5 that are 20 days old."""
    created = {f"new{n}": NEWEST - n * 3_600 for n in range(12)} | {f"late{n}": NEWEST - 20 * 86_400 for n in range(5)}

    def stocked():
        group = build.group()
        build.imported(build.dataset(group, "Interactions", {"name": "EVENT_TYPE", "type": ["null", "string"]}), OLD)
        items = build.dataset(group, "Items", {"name": "CREATION_TIMESTAMP", "type": "long"})
        build.imported(items, with_news(**created))
        return group

    return once(stocked)
