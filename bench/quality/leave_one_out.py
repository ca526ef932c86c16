"""Choose each constant of the engine on all sets but one, and judge what was chosen on that one.

Each constant is varied alone, from the value in the code, on the sets in small (`small_sets`): a grid of all of them is
beyond any patience. The value that a set gets is the one with the best mean, over all other sets, of its NDCG@10 over
that of the value in the code, protocols and views alike. What differs from the code is then set all together, and the
set that took no part is asked with it. Beside it: the code's values, the best part and the best peer, tuned, on the
same questions.

Run: OPENBLAS_NUM_THREADS=1 python -m bench.quality.leave_one_out --scores FILE [--sets films shop ...]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from bench.quality.constants import AS_IT_IS, CONSTANTS, Choice, held, named, variants
from bench.quality.ledgers import Ledger, Run
from bench.quality.peers import OURS, PARTS, RIVALS, Peer
from bench.quality.protocols import VIEWS, Judged, difference, judge
from bench.quality.sets import SETS
from bench.quality.small_sets import PROTOCOLS, small
from bench.quality.worlds import Oracle
from bench.reports import RESULTS, machine
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring.evaluation import Case

ORACLE = "oracle"
SEED = 0
# Added to both sides of a share, for sets on which next to nothing is found.
LEAST = 1e-3
CELLS = [(protocol, view) for protocol in PROTOCOLS for view in VIEWS]
Question = tuple[str, str]


@cache
def world(name: str) -> tuple[TrainingData, Oracle | None]:
    """Return a set in small, made once."""
    return small(name, SEED)


@cache
def questions(name: str, protocol: str) -> tuple[TrainingData, list[Case]]:
    """Return what is learned from, and what is asked."""
    return PROTOCOLS[protocol](world(name)[0], SEED)


class Bench:
    """Measures models on sets, each once: what was measured is in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def ours(self, name: str, protocol: str, choice: Choice = ()) -> Run:
        """Return what the engine gets with some constants changed."""
        label = named(choice) if choice else OURS.name
        return self.ledger.run((name, protocol, label), lambda: _measured(name, protocol, OURS, choice))

    def peer(self, name: str, protocol: str, peer: Peer) -> Run:
        """Return what a peer gets."""
        return self.ledger.run((name, protocol, peer.name), lambda: _measured(name, protocol, peer))

    def oracle(self, name: str, protocol: str) -> Run | None:
        """Return what can be got at all, where that is known."""
        knower = world(name)[1]
        if knower is None:
            return None

        def measure() -> Run:
            data, cases = questions(name, protocol)
            return Run(judge(knower, cases, data.interactions.n_items, related=False))

        return self.ledger.run((name, protocol, ORACLE), measure)

    def gain(self, name: str, choice: Choice) -> float:
        """Return the mean share by which a choice is better on a set than the code, protocols and views alike."""
        shares = [
            (_mean(self.ours(name, protocol, choice).views[view]) + LEAST)
            / (_mean(self.ours(name, protocol).views[view]) + LEAST)
            for protocol, view in CELLS
        ]
        return float(np.mean(shares)) - 1

    def chosen(self, names: Sequence[str]) -> Choice:
        """Return every constant that is better at another value than the code's on these sets, with the best one."""
        choice = []
        for constant, others in ((name, constant.others) for name, constant in CONSTANTS.items()):
            gains = {
                label: float(np.mean([self.gain(name, ((constant, label),)) for name in names])) for label in others
            }
            best = max(gains, key=lambda label: gains[label])
            if gains[best] > 0:
                choice.append((constant, best))
        return tuple(choice)


def _measured(name: str, protocol: str, peer: Peer, choice: Choice = ()) -> Run:
    data, cases = questions(name, protocol)
    start = time.perf_counter()
    with held(choice):
        model = peer.fit(data, SEED)
        seconds = time.perf_counter() - start
        views = judge(model, cases, data.interactions.n_items, related=peer.related)
    print(f"{name}, {protocol}: {named(choice) if choice else peer.name}, fit {seconds:.1f} s", file=sys.stderr)
    return Run(views, seconds, str(getattr(model, "chosen", "")))


def _mean(judged: Judged) -> float:
    return float(judged.ndcg.mean()) if len(judged.ndcg) else 0.0


def measure(bench: Bench, names: Sequence[str], *, peers: bool) -> None:
    """Measure everything that needs no choice: what is cut off is measured the next time."""
    for choice in variants():
        for name in names:
            for protocol in PROTOCOLS:
                bench.ours(name, protocol, choice)
    if peers:
        for name in names:
            for protocol in PROTOCOLS:
                bench.oracle(name, protocol)
                for peer in RIVALS:
                    bench.peer(name, protocol, peer)


def of_constants(bench: Bench, names: Sequence[str], left: dict[str, Choice]) -> Iterator[str]:
    """Yield what every other value of every constant does to the mean, and for how many sets it would be chosen."""
    yield f"\n{'constant, other value':<34}{'mean of sets':>14}{'worst':>9}{'best':>9}{'chosen for':>13}"
    taken = Counter(pair for choice in left.values() for pair in choice)
    for constant, each in CONSTANTS.items():
        yield f"{constant}: {each.purpose}"
        for label in each.others:
            gains = [bench.gain(name, ((constant, label),)) for name in names]
            yield (
                f"  {label:<32}{np.mean(gains):>+14.2%}{min(gains):>+9.1%}{max(gains):>+9.1%}"
                f"{taken[constant, label]:>7} of {len(names)}"
            )


def _best(bench: Bench, name: str, cell: Question, peers: Sequence[Peer]) -> tuple[str, Judged]:
    protocol, view = cell
    scores = {peer.name: bench.peer(name, protocol, peer).views[view] for peer in peers}
    best = max(scores, key=lambda each: _mean(scores[each]))
    return best, scores[best]


def word(first: Judged, second: Judged) -> str:
    """Return whether the first is better beyond doubt."""
    _, low, high = difference(first, second)
    return "win" if low > 0 else "LOSS" if high < 0 else "tie"


def of_sets(bench: Bench, names: Sequence[str], left: dict[str, Choice]) -> Iterator[str]:
    """Yield every set, protocol and view: what was chosen without the set against the code, best part and best peer."""
    counts = {title: Counter[str]() for title in ("the code", "best part", "best peer")}
    rows = []
    for name in names:
        for cell in CELLS:
            protocol, view = cell
            ours = bench.ours(name, protocol, left[name]).views[view]
            if not len(ours.ndcg):
                continue
            code = bench.ours(name, protocol).views[view]
            part, peer = (_best(bench, name, cell, some) for some in (PARTS, RIVALS))
            for title, other in zip(counts, (code, part[1], peer[1]), strict=True):
                counts[title][word(ours, other)] += 1
            rows.append(_row(f"{name}, {protocol}, {view}", ours, code, part, peer, bench.oracle(name, protocol), view))
    for title, each in counts.items():
        yield f"against {title}: {each['win']} wins, {each['tie']} ties, {each['LOSS']} losses"
    yield f"\n{'':<36}{'left out':>8}  against the code{'':<24}against the best part{'':<32}against the best peer"
    yield from rows


def _row(
    title: str,
    ours: Judged,
    code: Judged,
    part: tuple[str, Judged],
    peer: tuple[str, Judged],
    oracle: Run | None,
    view: str,
) -> str:
    line = f"{title:<36}{_mean(ours):>8.4f}  {_against(ours, code)}"
    for name, each in (part, peer):
        line += f"  {_against(ours, each)} {name:<20}"
    return line if oracle is None else f"{line} {_mean(ours) / max(_mean(oracle.views[view]), LEAST):4.0%} of possible"


def _against(ours: Judged, other: Judged) -> str:
    mean, low, high = difference(ours, other)
    return f"{word(ours, other):<5}{_mean(other):.4f} {mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def report(bench: Bench, names: Sequence[str]) -> Iterator[str]:
    """Yield all tables."""
    left = {name: bench.chosen([other for other in names if other != name]) for name in names}
    yield f"chosen on all {len(names)} sets: {named(bench.chosen(names))}"
    for choice, count in Counter(left.values()).most_common():
        yield f"chosen with one set left out, of {count} sets: {named(choice)}"
    yield from of_sets(bench, names, left)
    yield from of_constants(bench, names, left)


def main() -> None:
    """Measure what is not measured yet, choose, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="JSON lines of what was measured before and now")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--output", type=Path, default=RESULTS / "leave-one-out.txt")
    parser.add_argument("--no-peers", action="store_true", help="measure the engine alone, and write no tables")
    options = parser.parse_args()
    bench = Bench(Ledger(options.scores))
    measure(bench, options.sets, peers=not options.no_peers)
    if options.no_peers:
        return
    head = [f"$ python -m bench.quality.leave_one_out {' '.join(sys.argv[1:])}", machine(), f"{AS_IT_IS}: as it is"]
    text = "\n".join([*head, *report(bench, options.sets)]) + "\n"
    print(text)
    options.output.write_text(text)


if __name__ == "__main__":
    main()
