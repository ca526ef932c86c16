"""How long a pause ends a basket: what the gaps between a user's purchases say, as between words of a text.

Gaps of one basket and those between baskets make two hills of the histogram of their logarithms; the pause is in the
valley between them. Bins are octaves, wide enough for hours and days that were rounded. Where there is one hill only
(all gaps are of baskets, or none), a pause is an HOUR.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Interactions

HOUR: Final = 3_600.0
# What lies further apart is not together, whatever the gaps look like.
LONGEST: Final = 3 * 86_400.0
# A hill has this share of the gaps, and this many, at least; a valley is this part of the lower hill.
_LEAST, _FEWEST, _DEPTH = 0.05, 20, 0.25
_OCTAVES = 64


def learned_pause(events: Interactions) -> float:
    """Return the pause in seconds that ends a basket."""
    gaps = np.diff(events.timestamps)[events.users[1:] == events.users[:-1]]
    logs = np.log2(gaps[gaps > 0])
    valley = _valley(np.bincount(logs.astype(np.int64), minlength=_OCTAVES))
    return HOUR if valley is None else min(LONGEST, _widest(logs, *valley))


def _valley(counts: NDArray[np.int64]) -> tuple[int, int] | None:
    """Return where the deepest valley between two hills begins and ends, in octaves; of equals it is the first."""
    before, least = np.cumsum(counts), max(_FEWEST, _LEAST * counts.sum())
    inside = [each for each in range(1, _OCTAVES - 1) if before[each - 1] >= least <= before[-1] - before[each]]
    hills = {each: int(min(counts[:each].max(), counts[each + 1 :].max())) for each in inside}
    deepest = min(inside, key=lambda each: float(counts[each] / hills[each]), default=None)
    if deepest is None or counts[deepest] > _DEPTH * hills[deepest]:
        return None
    slopes = np.flatnonzero(counts > _DEPTH * hills[deepest])
    return int(slopes[slopes < deepest].max()), int(slopes[slopes > deepest].min()) + 1


def _widest(logs: NDArray[np.float64], begin: int, end: int) -> float:
    """Return the middle of the widest stretch without a gap, by logarithms, from one hill to the next."""
    edges = np.concatenate([[begin], np.sort(logs[(logs >= begin) & (logs < end)]), [end]])
    widest = int(np.argmax(np.diff(edges)))
    return float(2 ** edges[widest : widest + 2].mean())
