"""Where results are written, and the machine that they are of."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"


def machine() -> str:
    """Return what the numbers were measured on, and when."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} x {_processor()}, load {load:.1f}, numpy {np.__version__}, {datetime.now(UTC):%Y-%m-%d}"


def _processor() -> str:
    """Return its name where Linux tells one, and else its kind."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
