"""Walks the main job through the packaged functions, and prints what each of them took.

python -m tests.e2e.packaged
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.reports import machine
from infra.target import MACHINE
from tests.e2e.packaged import walk
from tests.e2e.packaged.assets import bundled, installed, size_of

_MOST = 262_144_000  # bytes of a function's code and layers, unpacked: "Lambda quotas"


def main() -> int:
    """Bundle, walk, and print the figures."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        assets = bundled(folder / "assets")
        bundling = time.monotonic() - began
        with walk.service(assets, folder) as guarded:
            began = time.monotonic()
            walk.walk(guarded.tastemaker)
            walking = time.monotonic() - began
        packaged, judge = guarded.packaged, guarded.guard.judge
        here = _bytes(assets.layers | {"code": assets.code})
        lines = [
            "$ python -m tests.e2e.packaged",
            machine(),
            "",
            f"bundled in {bundling:.0f} s, walked in {walking:.0f} s, "
            + ("each function in a world of its own" if packaged.isolated else "without worlds of their own"),
            _sizes("this machine's wheels", here),
            _sizes(f"{MACHINE}, as deployed", _bytes(installed(folder / "deployed")) | {"code": here["code"]}),
            "",
            f"{len(judge.needed)} of {len(judge.known)} grants (an action on a resource) are needed; each other one:",
            *sorted(f"  {each.function} {each.action} {each.resource}" for each in judge.known - judge.needed),
            "",
            f"{'function':<26}{'cold start':>12}{'peak':>10}{'memory':>10}",
            *(
                f"{function:<26}{runtime.cold_starts[0]:>10.2f} s{runtime.peak >> 20:>7} MB"
                f"{runtime.limits.megabytes:>7} MB"
                for function, runtime in sorted(packaged.runtimes.items())
            ),
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _bytes(folders: dict[str, Path]) -> dict[str, int]:
    return {name: size_of(folder) for name, folder in folders.items()}


def _sizes(title: str, sizes: dict[str, int]) -> str:
    whole = sum(sizes.values())
    parts = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    return f"{title}: {parts}; the largest function {whole:,} of {_MOST:,} bytes"


if __name__ == "__main__":
    sys.exit(main())
