"""Builds the wheel: hatchling's backend, and its hook that adds the templates which a clone would synthesize.

TASTEMAKER_ASSEMBLY may name a folder with templates that were synthesized before, as `make wheel` does: then nothing
of the CDK is needed here.
"""

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from hatchling import build
from hatchling.build import build_editable, build_sdist, build_wheel, get_requires_for_build_sdist
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = [
    "Templates",
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

get_requires_for_build_editable = build.get_requires_for_build_editable
_ROOT = Path(__file__).resolve().parent
_PREPARED = "TASTEMAKER_ASSEMBLY"
# What local mode reads of an assembly, and where a wheel has it.
_READ = ("manifest.json", "*.template.json", "*.assets.json")
_PLACE = "tastemaker_local/templates"


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """Return what a synthesis needs, beside what hatchling does."""
    requirements: list[str] = build.get_requires_for_build_wheel(config_settings)
    if os.environ.get(_PREPARED):
        return requirements
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    return [*requirements, *project["optional-dependencies"]["deploy"]]


class Templates(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the templates of the app beside the code that deploys them to moto."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add each file; a clone has none, and synthesizes when something has changed."""
        if version != "editable":
            prepared = os.environ.get(_PREPARED)
            folder = Path(prepared) if prepared else _synthesized()
            if not (folder / _READ[0]).is_file():
                raise FileNotFoundError(f"{folder} has no {_READ[0]}: it is not what a synthesis wrote")
            carried = sorted(path for pattern in _READ for path in folder.glob(pattern))
            build_data["force_include"].update({str(path): f"{_PLACE}/{path.name}" for path in carried})
            build_data["force_include"][str(_ROOT / "spark" / "job.py")] = "tastemaker_local/spark/job.py"


def _synthesized() -> Path:
    sys.path[:0] = [str(_ROOT / "lambdas"), str(_ROOT / "local")]
    from tastemaker_local import synth  # noqa: PLC0415 - only now is it on the path

    return synth.assembly(_ROOT)
