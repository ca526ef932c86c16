"""What people may call things by, and what is meant."""

import pytest

from tastemaker_local.commands.clients import names_a_version

HOME = "arn:aws:personalize:us-east-1:123456789012"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("next", False),
        ("next/0a1b", True),
        (f"{HOME}:solution/next", False),
        (f"{HOME}:solution/next/0a1b", True),
        (f"{HOME}:recommender/films", False),
    ],
)
def test_a_version_is_named_beside_its_solution(name, version):
    assert names_a_version(name) == version
