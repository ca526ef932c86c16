"""The most memory that this process holds during a step, as Linux counts it."""

import resource
from contextlib import suppress
from pathlib import Path

_SELF = Path("/proc/self")
_FORGET_PEAK = "5"  # proc(5), clear_refs


def forget() -> None:
    """Begin to measure anew; where that is not allowed, the peak is that of the process's whole life."""
    with suppress(OSError):
        (_SELF / "clear_refs").write_text(_FORGET_PEAK)


def megabytes() -> int:
    """Return the peak since `forget`: of the whole process, with all else that runs in it."""
    with suppress(OSError):
        for line in (_SELF / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
