"""Bytecode for the functions' Python: in their read-only folders, what comes without it is compiled at every start."""

import shutil
import subprocess
import sys
from pathlib import Path

from infra.target import PYTHON_VERSION


def functions_python() -> str | None:
    """Return a Python of the functions' version, or None where this machine has none."""
    here = ".".join(map(str, sys.version_info[:2]))
    return sys.executable if here == PYTHON_VERSION else shutil.which(f"python{PYTHON_VERSION}")


def add_bytecode(folder: Path, *, python: str | None) -> None:
    """Write the bytecode of all sources of a folder beside them; nothing without a Python.

    It is good whatever times the files have, for Lambda sets its own, and has no path of this machine in it. A source
    that does not compile is left as it is.
    """
    if python is not None:
        how = ("-qq", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(folder))
        subprocess.run([python, "-m", "compileall", *how, str(folder)], check=False)  # noqa: S603 - our own arguments
