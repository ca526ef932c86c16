"""Where results are written, and the machine that they are of."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"


def machine() -> str:
    """Return what the numbers were measured on, and when."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    load = os.getloadavg()[0]
    return f"{len(names)} x {names[0]}, load {load:.1f}, numpy {np.__version__}, {datetime.now(UTC):%Y-%m-%d}"
