"""Whether a model is better than another beyond doubt, in words and lines: NDCG@10 on the same questions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bench.quality.protocols import Judged, difference

WIN, TIE, LOSS = "win", "tie", "LOSS"
ORACLE = "oracle"
Scores = Mapping[str, Judged]


def mean(judged: Judged) -> float:
    """Return the mean NDCG, 0 of no questions."""
    return float(judged.ndcg.mean()) if len(judged.ndcg) else 0.0


def word(first: Judged, second: Judged) -> str:
    """Return whether the first is better than the second by the paired interval of 95 %."""
    _, low, high = difference(first, second)
    return WIN if low > 0 else LOSS if high < 0 else TIE


def best_of(scores: Scores, names: Sequence[str]) -> str:
    """Return which of some models has the highest mean."""
    return max((name for name in names if name in scores), key=lambda name: mean(scores[name]))


def against(ours: Judged, other: Judged, name: str = "") -> str:
    """Return a verdict with the other's mean and the paired difference."""
    gain, low, high = difference(ours, other)
    cell = f"{word(ours, other):<5}{mean(other):.4f} {gain:+.4f} [{low:+.4f}, {high:+.4f}]"
    return f"{cell} {name:<20}" if name else cell


def of_possible(ours: Judged, scores: Scores) -> str:
    """Return what share of the best answer there is was found, where that is known."""
    if ORACLE not in scores or not mean(scores[ORACLE]):
        return ""
    return f" {mean(ours) / mean(scores[ORACLE]):4.0%} of possible"


class Tally:
    """Counts wins, ties and losses against each of several opponents."""

    def __init__(self, opponents: Sequence[str]) -> None:
        self.words: dict[str, Counter[str]] = {each: Counter() for each in opponents}

    def add(self, ours: Judged, others: Sequence[Judged]) -> None:
        """Count one row, with the others in the order of the opponents."""
        for counter, other in zip(self.words.values(), others, strict=True):
            counter[word(ours, other)] += 1

    def lines(self) -> Iterator[str]:
        """Yield one line an opponent."""
        for name, each in self.words.items():
            yield f"against {name}: {each[WIN]} wins, {each[TIE]} ties, {each[LOSS]} losses"
