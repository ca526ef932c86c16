"""Lambda layers: third-party wheels from pinned requirements, installed for the functions' platform without Docker."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.bytecode import add_bytecode, functions_python
from infra.target import ARCHITECTURE, MACHINE, PYTHON_VERSION, ROOT, RUNTIME

# Raise it when the way of installing changes what is installed, so that deployed layers are built anew.
_RECIPE = "1"
_FOLDERS_NOT_NEEDED = ("tests", "__pycache__", "bin")


class Layers(Construct):
    """What every function needs, what holds models needs, what trains needs: each on top of the one before."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        python = functions_python()
        self.base = _layer(self, "Base", folder="base", python=python)
        self.runtime = _layer(self, "Runtime", folder="runtime", python=python)
        # Its functions start once in a while, and it is large enough without bytecode.
        self.training = _layer(self, "Training", folder="training", python=None)
        self.all = (self.base, self.runtime, self.training)


def _layer(scope: Construct, construct_id: str, *, folder: str, python: str | None) -> lambda_.LayerVersion:
    source = ROOT / "layers" / folder
    return lambda_.LayerVersion(
        scope,
        construct_id,
        code=lambda_.Code.from_asset(
            str(source),
            # Of the requirements, not of the wheels: the template is the same whether or not they were installed.
            asset_hash_type=AssetHashType.CUSTOM,
            asset_hash=layer_hash(source / "requirements.txt", compiled=python is not None),
            bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=WheelInstall(source, python)),
        ),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
    )


def layer_hash(requirements: Path, *, compiled: bool = False) -> str:
    """Return a digest of everything that decides what a layer holds."""
    decisive = (requirements.read_text(), PYTHON_VERSION, MACHINE, _RECIPE, *(["bytecode"] if compiled else []))
    return hashlib.sha256("\0".join(decisive).encode()).hexdigest()


@jsii.implements(ILocalBundling)
class WheelInstall:
    """Installs one layer's wheels; CDK calls it only when the stack is really bundled."""

    def __init__(self, source: Path, python: str | None) -> None:
        self._requirements = source / "requirements.txt"
        self._python = python

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Install into the folder that Lambda puts on the import path; a failure stops the synth."""
        target = Path(output_dir) / "python"
        subprocess.run(install_command(self._requirements, target), check=True)  # noqa: S603 - our own arguments
        without_what_is_not_needed(target)
        add_bytecode(target.parent, python=self._python)
        return True


def without_what_is_not_needed(target: Path) -> None:
    """Remove what no function imports."""
    for name in _FOLDERS_NOT_NEEDED:
        for folder in list(target.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)


def install_command(
    requirements: Path, target: Path, *, python: str = PYTHON_VERSION, machine: str = MACHINE
) -> list[str]:
    """Return the pip command for wheels of another platform than this one, the functions' if nobody names one."""
    # Without the 2_27 and 2_28 tags pip silently takes years old numpy and scipy.
    tags = [
        f"--platform={tag}_{machine}" for tag in ("manylinux2014", "manylinux_2_26", "manylinux_2_27", "manylinux_2_28")
    ]
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-compile", "--only-binary=:all:", "--implementation=cp"),
        *(f"--python-version={python}", *tags),
        *(f"--requirement={requirements}", f"--target={target}"),
    ]
