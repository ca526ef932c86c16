"""Compare user-personalization-v2 with its parts and with known models, tuned, on several data sets by two protocols.

Run: make bench-quality, or
.venv/bin/python -m bench.quality.compare [--sets ml-100k films] [--protocols time] [--seeds 0 1] [--scores FILE]
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from bench.quality.ledgers import Ledger, Run
from bench.quality.peers.scored import Missing
from bench.quality.peers.table import OPTIONAL, OURS, PARTS, PEERS, RIVALS, Peer
from bench.quality.protocols import MAX_QUESTIONS, PROTOCOLS, VIEWS, Judged, difference, interval, judge, pooled
from bench.quality.sets import SETS, Unavailable
from bench.quality.verdicts import ORACLE, Tally, against, best_of, mean, of_possible
from bench.quality.worlds import SHAPES, Oracle, known
from bench.reports import RESULTS, machine
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring.evaluation import Case

REPEATED = {"tiny": 10}
Results = Mapping[str, list[Run]]
World = tuple[TrainingData, Oracle | None]


@cache
def world(name: str, seed: int) -> World:
    """Return a set, and who knows it if it is generated."""
    return known(SHAPES[name], seed) if name in SHAPES else (SETS[name](seed), None)


@dataclass(frozen=True)
class Split:
    """A set, the protocol that makes training data and questions of it, the seed, and how many questions at most."""

    name: str
    protocol: str
    seed: int
    most: int

    def measure(self, ledger: Ledger, peers: Sequence[Peer]) -> dict[str, Run]:
        """Fit and judge every model, and who knows all about a generated world."""
        data, oracle = world(self.name, self.seed)
        training, cases = PROTOCOLS[self.protocol](data, self.seed)
        cases = cases[:: max(1, -(-len(cases) // self.most))]
        key, results = (self.name, self.protocol, str(self.seed), str(self.most)), dict[str, Run]()
        if oracle is not None:
            views = partial(judge, oracle, cases, data.interactions.n_items, related=False)
            results[ORACLE] = ledger.run((*key, ORACLE), lambda: Run(views()))
        for peer in peers:
            try:
                results[peer.name] = ledger.run((*key, peer.name), partial(self._asked, peer, training, cases))
            except Missing as reason:
                print(f"  {peer.name} left out: {reason}", file=sys.stderr)
        return results

    def _asked(self, peer: Peer, training: TrainingData, cases: list[Case]) -> Run:
        start = time.process_time()
        model = peer.fit(training, self.seed, PROTOCOLS[self.protocol])
        seconds = time.process_time() - start
        views = judge(model, cases, training.interactions.n_items, related=peer.related)
        print(f"  {self.name}, {self.protocol}, seed {self.seed}: {peer.name}, {seconds:.1f} s", file=sys.stderr)
        return Run(views, seconds, str(getattr(model, "chosen", "")))


def scores_of(results: Results, view: str) -> dict[str, Judged]:
    """Put together what every model got in one view with all seeds."""
    return {name: pooled(run.views[view] for run in runs) for name, runs in results.items()}


def table(title: str, results: Results, view: str) -> Iterator[str]:
    """Yield one view of one set and protocol: every model, and ours minus it on the same questions."""
    scores = scores_of(results, view)
    ours = scores[OURS.name]
    yield f"\n{title}, seen items {view}: {len(ours.ndcg)} questions of {len(np.unique(ours.users))} users"
    yield f"{'':<28}{'NDCG@10':>24}{'HR@10':>9}{'MRR@25':>9}{'fit, CPU':>11}   ours minus it, NDCG@10"
    for name, each in scores.items():
        seconds = float(np.mean([run.seconds for run in results[name]]))
        cell = _cell(*interval(each.ndcg, each.users))
        line = f"{name:<28}{cell:>24}{each.hit.mean():>9.4f}{each.reciprocal.mean():>9.4f}{seconds:>9.1f} s"
        chosen = results[name][0].chosen.split(" / ")[VIEWS.index(view) :][:1]
        yield line if each is ours else f"{line}   {_signed(*difference(ours, each))}  {''.join(chosen)}".rstrip()


def verdict(title: str, scores: Mapping[str, Judged], tally: Tally) -> str:
    """Return ours against the best of its parts and the best of all peers in one line."""
    ours = scores[OURS.name]
    best = [best_of(scores, [peer.name for peer in some]) for some in (PARTS, RIVALS)]
    tally.add(ours, [scores[each] for each in best])
    cells = "  ".join(against(ours, scores[each], each) for each in best)
    return f"{title:<36}{mean(ours):.4f}  {cells}{of_possible(ours, scores)}"


def _cell(mean: float, low: float, high: float) -> str:
    return f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def _signed(mean: float, low: float, high: float) -> str:
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def _more_of_the_small(name: str, seeds: Sequence[int]) -> list[int]:
    """Ask several worlds where one has only a handful of test users."""
    return [1000 * again + seed for seed in seeds for again in range(REPEATED.get(name, 1))]


class Comparison:
    """What is compared, and what was found so far."""

    def __init__(self, ledger: Ledger, peers: Sequence[Peer], most: int) -> None:
        self.ledger, self.peers, self.most = ledger, peers, most
        self.tally = Tally(["the best part", "the best peer"])
        self.tables: list[str] = []
        self.verdicts: list[str] = []

    def add(self, name: str, protocols: Sequence[str], seeds: Sequence[int]) -> None:
        """Compare on one data set."""
        seeds = _more_of_the_small(name, seeds)
        try:
            counts = world(name, seeds[0])[0].interactions
        except Unavailable as reason:
            self.tables.append(f"\n{name}: left out, {reason}")
            return
        self.tables.append(f"\n{name}: {len(counts):,} events, {counts.n_users:,} users, {counts.n_items:,} items")
        for protocol in protocols:
            splits = [Split(name, protocol, seed, self.most) for seed in seeds]
            runs = [split.measure(self.ledger, self.peers) for split in splits]
            self._add_views(f"{name}, {protocol}", {each: [run[each] for run in runs] for each in runs[0]})
        world.cache_clear()

    def _add_views(self, title: str, results: Results) -> None:
        for view in VIEWS:
            scores = scores_of(results, view)
            if not len(scores[OURS.name].ndcg):
                continue
            self.tables += table(title, results, view)
            if any(peer.name in scores for peer in PARTS):
                self.verdicts.append(verdict(f"{title}, {view}", scores, self.tally))

    def lines(self) -> Iterator[str]:
        """Yield the verdicts and the tables."""
        yield f"\n{OURS.name} against the best of its parts and the best of all peers, NDCG@10; intervals of 95 %"
        yield "by bootstrap over users, paired; peers are tuned by the protocol on the training data, for each view"
        yield from self.tally.lines()
        yield f"\n{'':<36}{'ours':<8}{'against the best part':<63}against the best peer"
        yield from self.verdicts
        yield from self.tables


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--protocols", nargs="+", default=list(PROTOCOLS), choices=list(PROTOCOLS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--peers", nargs="+", default=[peer.name for peer in PEERS], help="ours always takes part")
    parser.add_argument("--questions", type=int, default=MAX_QUESTIONS, help="of a protocol, at most")
    parser.add_argument("--scores", type=Path, help="JSON lines of what was measured: a run that was cut goes on")
    parser.add_argument("--output", type=Path, default=RESULTS / "quality.txt")
    options = parser.parse_args()
    peers = [peer for peer in (*OPTIONAL, *PEERS) if peer.name in options.peers or peer is OURS]
    comparison = Comparison(Ledger(options.scores), peers, options.questions)
    for name in options.sets:
        comparison.add(name, options.protocols, options.seeds)
        head = [f"$ python -m bench.quality.compare {' '.join(sys.argv[1:])}".rstrip(), machine()]
        text = "\n".join([*head, *comparison.lines()]) + "\n"
        options.output.parent.mkdir(exist_ok=True)
        options.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
