"""What a deployment bundles, by its own commands, for this machine's Python: wheels for Lambda's cannot run here."""

import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.layers import install_command, without_what_is_not_needed
from infra.service_function import SourceCopy
from infra.target import ROOT

LAYERS = ("base", "runtime", "training")
# What Lambda's own Python has beside its standard library: the runtime client, and boto3.
_RUNTIME = ("awslambdaric==4.2.2", "boto3")


@dataclass(frozen=True, slots=True)
class Assets:
    """The folders of the functions' code, of each layer by name, and of Lambda's runtime."""

    code: Path
    layers: dict[str, Path]
    runtime: Path


def bundled(folder: Path) -> Assets:
    """Bundle into a folder."""
    code, runtime = folder / "code", folder / "lambda"
    SourceCopy(ROOT / "lambdas", None).try_bundle(str(code))
    layers = installed(folder, python=_HERE, machine=platform.machine())
    options = (f"--constraint={ROOT / 'constraints.txt'}", f"--target={runtime}")
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options, *_RUNTIME])
    return Assets(code, layers, runtime)


def installed(folder: Path, **where: str) -> dict[str, Path]:
    """Install each layer's wheels, for the functions' own platform if nobody names another, and say where they are."""
    layers = {name: folder / name / "python" for name in LAYERS}
    for name, target in layers.items():
        _run(install_command(ROOT / "layers" / name / "requirements.txt", target, **where))
        without_what_is_not_needed(target)
    return layers


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments


_HERE = ".".join(map(str, sys.version_info[:2]))
