"""Choose each constant of the engine on all sets but one, and judge what was chosen on that one.

Each constant is varied alone, from the value in the code, on the sets in small (`small_sets`): a grid of all of them is
beyond any patience. The value that a set gets is the best one by the mean, over all other sets, of its NDCG@10 over
that of the value in the code, by Amazon's protocol, both views alike, if it is better by more than a standard error of
that mean: the rule by which the engine itself chooses. What differs from the code is then set all together, and the set
that took no part is asked with it, by both protocols. Beside it: the code's values, the best part and the best peer,
tuned, on the same questions.

Run: OPENBLAS_NUM_THREADS=1 python -m bench.quality.leave_one_out --scores FILE [--sets films shop ...]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from bench.quality.constants import CONSTANTS, Choice, held, named, variants
from bench.quality.ledgers import Ledger, Run
from bench.quality.peers.table import OURS, PARTS, RIVALS, Peer
from bench.quality.protocols import VIEWS, Judged, judge
from bench.quality.sets import SETS
from bench.quality.small_sets import ITEMS, PROTOCOLS, USERS, small
from bench.quality.verdicts import ORACLE, Tally, against, best_of, mean, of_possible
from bench.quality.worlds import Oracle
from bench.reports import RESULTS, machine
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import beyond_doubt

SEED = 0
# Added to both sides of a share, for sets on which next to nothing is found.
LEAST = 1e-3
CHOOSING = "amazon"
ABOUT = f"sets in small (at most {USERS} users and {ITEMS} items where generated); NDCG@10, paired intervals of 95 %"
CELLS = [(protocol, view) for protocol in PROTOCOLS for view in VIEWS]


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

    def __init__(self, ledger: Ledger, rivals: Sequence[Peer] = RIVALS) -> None:
        self.ledger, self.rivals = ledger, rivals

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

    def scores(self, name: str, protocol: str, view: str) -> dict[str, Judged]:
        """Return what the code, its peers and whoever knows all got on a set."""
        runs = {peer.name: self.peer(name, protocol, peer) for peer in self.rivals}
        runs |= {OURS.name: self.ours(name, protocol)}
        oracle = self.oracle(name, protocol)
        runs |= {ORACLE: oracle} if oracle else {}
        return {each: run.views[view] for each, run in runs.items()}

    def measured(self, names: Sequence[str]) -> list[Choice]:
        """Return the other values of constants that all sets were asked with."""
        return [each for each in variants() if all((name, CHOOSING, named(each)) in self.ledger.runs for name in names)]

    def gain(self, name: str, choice: Choice) -> float:
        """Return the mean share by which a choice is better on a set than the code, both views alike."""
        changed, code = (self.ours(name, CHOOSING, each).views for each in (choice, ()))
        return float(np.mean([(mean(changed[view]) + LEAST) / (mean(code[view]) + LEAST) for view in VIEWS])) - 1

    def chosen(self, names: Sequence[str], values: Sequence[Choice]) -> Choice:
        """Return the best value of each constant that is better than the code's on these sets beyond doubt."""
        best: dict[str, tuple[float, Choice]] = {}
        for choice in values if names else ():
            doubtless = beyond_doubt(np.array([self.gain(name, choice) for name in names]))
            constant = choice[0][0]
            best[constant] = max(best.get(constant, (0.0, ())), (doubtless, choice))
        return tuple(pair for _, choice in best.values() for pair in choice)


def _measured(name: str, protocol: str, peer: Peer, choice: Choice = ()) -> Run:
    data, cases = questions(name, protocol)
    start = time.process_time()
    with held(choice):
        model = peer.fit(data, SEED, PROTOCOLS[protocol])
        seconds = time.process_time() - start
        views = judge(model, cases, data.interactions.n_items, related=peer.related)
    print(f"{name}, {protocol}: {named(choice) if choice else peer.name}, fit {seconds:.1f} s", file=sys.stderr)
    return Run(views, seconds, str(getattr(model, "chosen", "")))


def measure(bench: Bench, names: Sequence[str], minutes: float) -> None:
    """Measure what needs no choice, other values of constants for so long only; all that is kept is not done again."""
    end = time.monotonic() + 60 * minutes
    for name, protocol in product(names, PROTOCOLS):
        bench.ours(name, protocol)
        bench.oracle(name, protocol)
    for name, protocol, peer in product(names, PROTOCOLS, bench.rivals):
        bench.peer(name, protocol, peer)
    for choice, name in product(variants(), names):
        if time.monotonic() < end:
            bench.ours(name, CHOOSING, choice)


def of_constants(
    bench: Bench, names: Sequence[str], values: Sequence[Choice], left: dict[str, Choice]
) -> Iterator[str]:
    """Yield what every other value of every constant does to the mean, and for how many sets it would be chosen."""
    yield f"\n{'constant, other value':<34}{'mean of sets':>14}{'worst':>9}{'best':>9}{'chosen for':>13}"
    taken = Counter(pair for choice in left.values() for pair in choice)
    for constant, each in CONSTANTS.items():
        yield f"{constant}: {each.purpose}"
        for label in each.others:
            if ((constant, label),) not in values:
                yield f"  {label:<32} not measured on all sets"
                continue
            gains = [bench.gain(name, ((constant, label),)) for name in names]
            yield (
                f"  {label:<32}{np.mean(gains):>+14.2%}{min(gains):>+9.1%}{max(gains):>+9.1%}"
                f"{taken[constant, label]:>7} of {len(names)}"
            )


def of_sets(bench: Bench, names: Sequence[str], left: dict[str, Choice]) -> Iterator[str]:
    """Yield every set, protocol and view: what was chosen without the set against the code, best part and best peer."""
    opponents = ["the best part", "the best peer"]
    tallies = {"chosen": Tally(["the code", *opponents]), "the code": Tally(opponents)}
    rows = []
    for name, (protocol, view) in product(names, CELLS):
        ours = bench.ours(name, protocol, left[name]).views[view]
        if not len(ours.ndcg):
            continue
        scores = bench.scores(name, protocol, view)
        part, peer = (best_of(scores, [each.name for each in some]) for some in (PARTS, bench.rivals))
        tallies["chosen"].add(ours, [scores[each] for each in (OURS.name, part, peer)])
        tallies["the code"].add(scores[OURS.name], [scores[each] for each in (part, peer)])
        parts = [against(ours, scores[OURS.name]), *(against(ours, scores[each], each) for each in (part, peer))]
        title = f"{name}, {protocol}, {view}"
        rows.append(f"{title:<36}{mean(ours):>8.4f}  {'  '.join(parts)}{of_possible(ours, scores)}")
    yield from (f"{title} {line}" for title, tally in tallies.items() for line in tally.lines())
    yield f"\n{'':<36}{'left out':>8}  {'against the code':<40}  {'against the best part':<61}  against the best peer"
    yield from rows


def report(bench: Bench, names: Sequence[str]) -> Iterator[str]:
    """Yield all tables."""
    values = bench.measured(names)
    left = {name: bench.chosen([other for other in names if other != name], values) for name in names}
    yield f"chosen on all {len(names)} sets: {named(bench.chosen(names, values))}"
    for choice, count in Counter(left.values()).most_common():
        yield f"chosen with one set left out, of {count} sets: {named(choice)}"
    yield from of_sets(bench, names, left)
    yield from of_constants(bench, names, values, left)


def main() -> None:
    """Measure what is not measured yet, choose, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="JSON lines of what was measured before and now")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--peers", nargs="+", default=[peer.name for peer in RIVALS], help="the parts always take part")
    parser.add_argument("--output", type=Path, default=RESULTS / "leave-one-out.txt")
    parser.add_argument("--minutes", type=float, default=600, help="after which no other values are measured any more")
    options = parser.parse_args()
    bench = Bench(Ledger(options.scores), [each for each in RIVALS if each in PARTS or each.name in options.peers])
    measure(bench, options.sets, options.minutes)
    head = [f"$ python -m bench.quality.leave_one_out {' '.join(sys.argv[1:])}", machine(), ABOUT]
    text = "\n".join([*head, *report(bench, options.sets)]) + "\n"
    print(text)
    options.output.write_text(text)


if __name__ == "__main__":
    main()
