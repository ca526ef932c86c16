"""What a training costs: the price of a function's seconds, and how fast this deployment is by its last trainings."""

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

# Dollars a GB-second of an arm64 function in us-east-1 ("AWS Lambda pricing", first tier), as of 2026-11-25. The
# state transitions of a training cost $0.0001 beside it.
GB_SECOND, PRICED_ON = 0.0000133334, "2026-11-25"
PRICED = f"Lambda, arm64, us-east-1, list price of {PRICED_ON}"
# The default of tastemaker:task_memory, and the most that Lambda has, in MB.
USUAL_MEMORY, MOST_MEMORY = 3008, 10240
# So many of the newest trainings say how fast a machine is, within bounds: one odd training must not rule.
ASKED, SLOWEST, FASTEST = 5, 10.0, 0.1
# Where many machines did it: the name of their rung.
BY_MANY = "spark"

Quote = Mapping[str, Any]


def pace(past: Iterable[Quote]) -> float:
    """Return by what factor this machine takes longer than the one the model was measured on; newest quotes first.

    A quote is `{"modelled": seconds, "measured": {"seconds": ...}, ...}`; without any the factor is 1. What
    many machines did says nothing of this one.
    """
    quotes = [quote for quote in past if _is_of_one(quote.get("measured") or {})][:ASKED]
    if not quotes:
        return 1.0
    factors = [float(quote["measured"]["seconds"]) / max(1e-3, float(quote["modelled"])) for quote in quotes]
    return min(SLOWEST, max(FASTEST, median(factors)))


def _is_of_one(measured: Quote) -> bool:
    return bool(measured) and measured.get("rung") != BY_MANY


def billed_memory(limit: int, needed: float) -> int:
    """Return the MB that Lambda would bill: those of the function; where there is none (0), what one would be given."""
    return limit or int(min(MOST_MEMORY, max(USUAL_MEMORY, needed)))


def cost(seconds: float, memory: int) -> float:
    """Return dollars for so many seconds of a function with so many MB."""
    return round(seconds * memory / 1024 * GB_SECOND, 8)


def quoted(counts: Mapping[str, int], *, modelled: float, pace: float, needed: float, memory: int) -> dict[str, Any]:
    """Return a quote: events, users and items; seconds here; MB at the peak; dollars at `memory` MB billed."""
    seconds = modelled * pace
    return {
        **counts,
        "modelled": round(modelled, 3),
        "pace": round(pace, 3),
        "seconds": round(seconds, 3),
        "peakMemory": round(needed),
        "billedMemory": memory,
        "cost": cost(seconds, memory),
    }
