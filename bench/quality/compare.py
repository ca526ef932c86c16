"""Compare user-personalization-v2 with its parts and with known models on several data sets, by two protocols.

Run: make bench-quality, or
.venv/bin/python -m bench.quality.compare [--sets ml-100k films] [--protocols time] [--seeds 0 1]
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.quality.peers import OURS, PEERS, RIVALS, Missing, Peer
from bench.quality.protocols import PROTOCOLS, VIEWS, Judged, difference, interval, judge, pooled
from bench.quality.sasrec import sasrec
from bench.quality.sets import SETS, Unavailable
from bench.quality.worlds import SHAPES, Oracle, known
from bench.reports import RESULTS, machine
from tastemaker.recipes.data import TrainingData

REPEATED = {"tiny": 10}
# Asked for by name only: it takes minutes where the others take seconds.
OPTIONAL = (Peer("sasrec", sasrec),)
Views = dict[str, Judged]
Results = dict[str, tuple[Views, float]]
World = tuple[TrainingData, Oracle | None]
ORACLE = "oracle"


def measure(world: World, protocol: str, seed: int, peers: Sequence[Peer]) -> Results:
    """Fit and judge every model on one split, and who knows all about a generated world."""
    data, oracle = world
    training, cases = PROTOCOLS[protocol](data, seed)
    results: Results = {}
    if oracle is not None:
        results[ORACLE] = judge(oracle, cases, data.interactions.n_items, related=False), 0.0
    for peer in peers:
        start = time.perf_counter()
        try:
            model = peer.fit(training, seed)
        except Missing as reason:
            print(f"  {peer.name} left out: {reason}", file=sys.stderr)
            continue
        fit_end = time.perf_counter()
        results[peer.name] = judge(model, cases, data.interactions.n_items, related=peer.related), fit_end - start
        asking = time.perf_counter() - fit_end
        print(
            f"  {protocol}, seed {seed}: {peer.name}, fit {fit_end - start:.1f} s, asked {asking:.1f} s",
            file=sys.stderr,
        )
    return results


def table(title: str, results: dict[str, list[tuple[Views, float]]], view: str) -> Iterator[str]:
    """Yield one view of one set and protocol: every model, and ours minus it on the same questions."""
    scores = {name: pooled(views[view] for views, _ in runs) for name, runs in results.items()}
    ours = scores[OURS.name]
    yield f"\n{title}, seen items {view}: {len(ours.ndcg)} questions of {len(np.unique(ours.users))} users"
    yield f"{'':<28}{'NDCG@10':>24}{'HR@10':>9}{'MRR@25':>9}{'fit':>9}   ours minus it, NDCG@10"
    for name, each in scores.items():
        seconds = float(np.mean([fit for _, fit in results[name]]))
        cell = _cell(*interval(each.ndcg, each.users))
        line = f"{name:<28}{cell:>24}{each.hit.mean():>9.4f}{each.reciprocal.mean():>9.4f}{seconds:>7.1f} s"
        yield line if each is ours else f"{line}   {_signed(*difference(ours, each))}"


def verdict(title: str, results: dict[str, list[tuple[Views, float]]], view: str) -> str:
    """Return ours against the best of its parts and peers in one line."""
    scores = {name: pooled(views[view] for views, _ in runs) for name, runs in results.items()}
    best = max((peer.name for peer in RIVALS if peer.name in scores), key=lambda name: float(scores[name].ndcg.mean()))
    mean, low, high = difference(scores[OURS.name], scores[best])
    word = "win" if low > 0 else "LOSS" if high < 0 else "tie"
    ours, part = (float(scores[name].ndcg.mean()) for name in (OURS.name, best))
    line = f"{title + ', ' + view:<36}{word:<6}{ours:.4f} against {part:.4f} of {best:<24}{_signed(mean, low, high)}"
    return f"{line}   {ours / scores[ORACLE].ndcg.mean():4.0%} of possible" if ORACLE in scores else line


def _cell(mean: float, low: float, high: float) -> str:
    return f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def _signed(mean: float, low: float, high: float) -> str:
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def _more_of_the_small(name: str, seeds: Sequence[int]) -> list[int]:
    """Ask several worlds where one has only a handful of test users."""
    return [1000 * again + seed for seed in seeds for again in range(REPEATED.get(name, 1))]


def _world(name: str, seed: int) -> World:
    """Return a set, and who knows it if it is generated."""
    return known(SHAPES[name], seed) if name in SHAPES else (SETS[name](seed), None)


def run(
    name: str, protocols: Sequence[str], seeds: Sequence[int], peers: Sequence[Peer]
) -> tuple[list[str], list[str]]:
    """Return the tables and the verdicts of one data set."""
    tables, verdicts = [], []
    seeds = _more_of_the_small(name, seeds)
    try:
        worlds = {seed: _world(name, seed) for seed in seeds}
    except Unavailable as reason:
        return [f"\n{name}: left out, {reason}"], []
    counts = worlds[seeds[0]][0].interactions
    tables.append(f"\n{name}: {len(counts):,} events, {counts.n_users:,} users, {counts.n_items:,} items")
    for protocol in protocols:
        runs = [measure(worlds[seed], protocol, seed, peers) for seed in seeds]
        results = {each: [one[each] for one in runs] for each in runs[0]}
        for view in VIEWS:
            if len(results[OURS.name][0][0][view].ndcg):
                tables += table(f"{name}, {protocol}", results, view)
                if any(peer.name in results for peer in RIVALS):
                    verdicts.append(verdict(f"{name}, {protocol}", results, view))
    return tables, verdicts


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--protocols", nargs="+", default=list(PROTOCOLS), choices=list(PROTOCOLS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--peers", nargs="+", default=[peer.name for peer in PEERS], help="ours always takes part")
    parser.add_argument("--output", type=Path, default=RESULTS / "quality.txt")
    options = parser.parse_args()
    peers = [peer for peer in (*OPTIONAL, *PEERS) if peer.name in options.peers or peer is OURS]
    start = time.perf_counter()
    tables, verdicts = [], []
    for name in options.sets:
        print(name, file=sys.stderr)
        parts = run(name, options.protocols, options.seeds, peers)
        print("\n".join([*parts[0], *parts[1]]), file=sys.stderr)
        tables += parts[0]
        verdicts += parts[1]
    lines = [
        f"$ python -m bench.quality.compare {' '.join(sys.argv[1:])}".rstrip(),
        f"{machine()}, {(time.perf_counter() - start) / 60:.0f} minutes",
        f"\n{OURS.name} against the best of its parts and peers, NDCG@10; intervals of 95 % by bootstrap over users",
        *verdicts,
        *tables,
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(text)


if __name__ == "__main__":
    main()
