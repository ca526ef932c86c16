"""Builds a release of the tag that is checked out into dist/release: `make release`; docs/releasing.md says how."""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_ROOT = Path(__file__).resolve().parent
_TARGET = _ROOT / "dist" / "release"
_CHANGELOG = _ROOT / "CHANGELOG.md"
_LASTING = _ROOT / "tests" / "infra" / "snapshots" / "released.json"
_PACKAGE = _ROOT / "lambdas" / "tastemaker" / "__init__.py"
_BUILD = "import sys, wheel_build; wheel_build.build_sdist(sys.argv[1]); wheel_build.build_wheel(sys.argv[1])"
# What a signature is of, so that none of another purpose passes for one.
PURPOSE = "tastemaker-release"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What is checked out: its tags, what differs from them, and what it says of its version."""

    tags: tuple[str, ...]
    changes: tuple[str, ...]
    version: str
    package: str
    changelog: str
    # Of which version is what the next upgrade must keep.
    lasting: str

    @classmethod
    def read(cls) -> Self:
        """Read it from git and the files."""
        return cls(
            tags=tuple(_git("tag", "--points-at", "HEAD").splitlines()),
            changes=tuple(_git("status", "--porcelain").splitlines()),
            version=tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"],
            package=_PACKAGE.read_text(),
            changelog=_CHANGELOG.read_text(),
            lasting=json.loads(_LASTING.read_text())["version"],
        )

    def problems(self) -> list[str]:
        """Return all that stands against a release, in words."""
        tag = f"v{self.version}"
        checks = {
            f"the commit has no tag {tag}, the version of pyproject.toml: it has {self.tags or 'none'}": tag
            in self.tags,
            f"files are not as committed: {', '.join(self.changes)}": not self.changes,
            f"{_PACKAGE.relative_to(_ROOT)} is not of version {self.version}": (
                f'__version__ = "{self.version}"' in self.package
            ),
            f"CHANGELOG.md has no section '## {self.version} (YYYY-MM-DD)' with anything in it": bool(self.news()),
            f"{_LASTING.relative_to(_ROOT)} is of {self.lasting}: renew it": self.lasting == self.version,
        }
        return [problem for problem, is_fine in checks.items() if not is_fine]

    def news(self) -> str:
        """Return the changelog's section of the version, without its heading; nothing where it has no date."""
        heading = rf"(?m)^## {re.escape(self.version)} \(\d{{4}}-\d\d-\d\d\)\n"
        _, *after = re.split(heading, self.changelog, maxsplit=1)
        return re.split(r"(?m)^## ", after[0])[0].strip() if after else ""


def sums(folder: Path) -> str:
    """Return what `sha256sum --check` reads, of every file."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("SHA256SUMS"))
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def main() -> int:
    """Check, build, and say what was made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sbom-tool", type=Path, required=True, help="cyclonedx-py")
    parser.add_argument("--sign-key", type=Path, help="a private key of ssh; without, the release is unsigned")
    options = parser.parse_args()
    checkout = Checkout.read()
    if problems := checkout.problems():
        print("no release:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    _build(checkout, options.sbom_tool.absolute())
    (_TARGET / "SHA256SUMS").write_text(sums(_TARGET))
    print(_signed(options.sign_key), *sorted(path.name for path in _TARGET.iterdir()), sep="\n  ")
    return 0


def _build(checkout: Checkout, sbom_tool: Path) -> None:
    shutil.rmtree(_TARGET, ignore_errors=True)
    _TARGET.mkdir(parents=True)
    # Every date in what is built is the commit's, so that who builds it again gets the same bytes.
    dated = {**os.environ, "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct").strip()}
    subprocess.run([sys.executable, "-c", _BUILD, str(_TARGET)], cwd=_ROOT, env=dated, check=True)
    [wheel] = _TARGET.glob("*.whl")
    stem = f"tastemaker-{checkout.version}"
    _list_wheel(sbom_tool, wheel, _TARGET / f"{stem}.wheel.cdx.json", dated)
    _list_layers(sbom_tool, _TARGET / f"{stem}.layers.cdx.json", dated)
    (_TARGET / "NOTES.md").write_text(f"{checkout.news()}\n")


def _list_wheel(tool: Path, wheel: Path, target: Path, environment: dict[str, str]) -> None:
    """Write what pip installs with the wheel, for the Python and the machine of this build."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, symlinks=True)
        install = [sys.executable, "-m", "pip", "--python", f"{folder}/bin/python", "install", "--quiet"]
        subprocess.run([*install, "--disable-pip-version-check", "-c", "constraints.txt", wheel], cwd=_ROOT, check=True)
        of = ["environment", "--pyproject", "pyproject.toml", folder]
        _list(tool, of, target, environment)


def _list_layers(tool: Path, target: Path, environment: dict[str, str]) -> None:
    """Write what the functions of a deployment have with them; boto3 is the Lambda runtime's."""
    pins = "".join(path.read_text() for path in sorted((_ROOT / "layers").glob("*/requirements.txt")))
    _list(tool, ["requirements", "-"], target, environment, given=pins)


def _list(tool: Path, of: list[str], target: Path, environment: dict[str, str], *, given: str = "") -> None:
    command: list[str | Path] = [tool, *of, "--output-reproducible", "--output-format", "JSON", "--output-file", target]
    subprocess.run(command, cwd=_ROOT, env=environment, input=given, text=True, check=True)


def _signed(key: Path | None) -> str:
    if key is None:
        return "unsigned: SIGN_KEY= names a private key of ssh"
    subprocess.run(["ssh-keygen", "-Y", "sign", "-f", key, "-n", PURPOSE, _TARGET / "SHA256SUMS"], check=True)
    return "signed: SHA256SUMS.sig is of SHA256SUMS"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
