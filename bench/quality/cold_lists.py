"""Items that nobody had in training, in lists of everything that is new to a user: by exploration and beside an item.

A tenth of the items is hidden from training (`cold_items`); held-out users (Amazon's protocol) are asked for lists of
10, 25 and 100 of all items that they do not have, and the hidden ones are to be found that each ever took. What a
draw shows is not drawn: hits are expected ones, by the probabilities of each place. The same places are given to young
items in other ways: in turn (those seen least first, as before decision 0048), at random, or by what their
descriptions say of their popularity. 'known' is the NDCG@10 of the other items that are new to the user.

Run: .venv/bin/python -m bench.quality.cold_lists [--sets catalogue] [--seeds 0 1 2] [--recipes ...]
     --keep FILE writes what each user got; --before FILE compares Similar-Items with what other code got.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.quality.cold_items import World, described, hide, without
from bench.quality.protocols import interval
from bench.quality.sets import SETS
from bench.reports import RESULTS, machine
from tastemaker.domain.answers.exploration import Exploring
from tastemaker.recipes import registry
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Indices, Mask
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.evaluation import Case, split
from tastemaker.recipes.personal.engine import Personal
from tastemaker.serving import exploration
from tastemaker.serving.exploration import Freshness

CUTOFFS = (10, 25, 100)
COLUMNS = (*(f"hits@{cutoff}" for cutoff in CUTOFFS), "known")
POPULAR, RELATED, OURS = "aws-popularity-count", "aws-similar-items", "aws-user-personalization"
WEIGHTS = ("0.3", "1.0")
DAYS = 30.0
Values = NDArray[np.float64]
Ways = dict[str, Values]
Rows = dict[str, list[Values]]


class InTurn:
    """A model whose young items cannot be told by what they are when it is chosen which take part."""

    describes = False

    def __init__(self, model: Model) -> None:
        self.rank = model.rank


def judge(model: Model, world: World) -> Rows:
    """Return COLUMNS by case for a model that leaves nothing to chance."""
    rows = []
    for case, unseen in _questions(world):
        hits = np.zeros((2, CUTOFFS[-1]))
        answer = model.recommend(case.query, CUTOFFS[-1], unseen).items
        hits[:, : len(answer)] = _hits(answer, case, world, unseen)
        rows.append(_row([hits] * len(CUTOFFS), case, world, unseen))
    return {"": rows}


def explore(model: Model, world: World) -> Rows:
    """Return COLUMNS by case for each weight and way to choose young items."""
    fresh = Freshness(
        **{
            {"seen": "counts"}.get(name, name): array if name != "newest" else float(array[0])
            for name, array in exploration.measure(world.training).items()
        }
    )
    rows: Rows = {}
    for case, unseen in _questions(world):
        young = fresh.young(DAYS)
        young = young[unseen[young]]
        by_length = [_ways(model, case, world, (unseen, young, fresh), cutoff) for cutoff in CUTOFFS]
        for way in by_length[0]:
            rows.setdefault(way, []).append(_row([ways[way] for ways in by_length], case, world, unseen))
    return rows


def _questions(world: World) -> Iterator[tuple[Case, Mask]]:
    for case in world.cases:
        unseen = np.ones(len(world.hidden), bool)
        unseen[case.query.history_items] = False
        yield case, unseen


def _ways(model: Model, case: Case, world: World, around: tuple[Mask, Indices, Freshness], length: int) -> Ways:
    """Return expected hits (2, length) on hidden and on known items, by weight and way."""
    unseen, young, fresh = around
    ranking = model.recommend(case.query, length, unseen)
    own = _hits(ranking.items, case, world, unseen)
    young = young[~np.isin(young, ranking.items)]
    dealt = {
        "fitting": exploration.deal(model, case.query, ranking, fresh, young),
        "in turn": exploration.deal(InTurn(model), case.query, ranking, fresh, young),  # type: ignore[arg-type]
    }
    if isinstance(model, Personal) and model.sources.discovery.contents is not None:
        dealt["popular"] = _by_share(model.sources.discovery.contents.share, young)
    found = {way: _dealt_hits(deal, case, world, unseen, length) for way, deal in dealt.items()}
    found["random"] = np.repeat(_hits(young, case, world, unseen).mean(axis=1)[:, None], length, axis=1)
    chances = {weight: Exploring.of(_settings(weight)).chance for weight in WEIGHTS}
    mixed = {
        f"{weight}, {way}": (1 - chance) * own + chance * hits
        for weight, chance in chances.items()
        for way, hits in found.items()
    }
    return {"0": own, **mixed}


def _settings(weight: str) -> dict[str, str]:
    return {"explorationWeight": weight, "explorationItemAgeCutOff": str(DAYS)}


def _by_share(share: NDArray[np.float32], young: Indices) -> "exploration.Deal":
    best = young[np.argsort(-share[young], kind="stable")[: exploration.POOL]]
    weights = share[best].astype(np.float64)
    return exploration.Deal(best, share[best], weights, np.arange(len(best)))


def _dealt_hits(deal: "exploration.Deal", case: Case, world: World, unseen: Mask, length: int) -> Values:
    young = _hits(deal.young, case, world, unseen)
    hits = np.zeros((2, length))
    for place in range(min(length, len(deal.young))):
        cards, shares = deal.at(place, length)
        hits[:, place] = young[:, cards] @ shares
    return hits


def _hits(items: Indices, case: Case, world: World, unseen: Mask) -> Values:
    """Return (2, items): hits on hidden and on known items that are new to the user."""
    relevant = case.relevant[unseen[case.relevant]]
    hidden = world.hidden[relevant]
    return np.array([np.isin(items, relevant[hidden]), np.isin(items, relevant[~hidden])], np.float64)


def _row(by_length: list[Values], case: Case, world: World, unseen: Mask) -> Values:
    known = int((unseen[case.relevant] & ~world.hidden[case.relevant]).sum())
    ndcg = metrics.ndcg(by_length[1][1], known, 10) if known else np.nan
    pairs = zip(by_length, CUTOFFS, strict=True)
    return np.array([*(hits[0, :cutoff].sum() for hits, cutoff in pairs), ndcg])


JUDGES: dict[str, Callable[[Model, World], Rows]] = {POPULAR: judge, RELATED: judge, OURS: explore}


def measure(name: str, seeds: list[int], recipes: list[str], part: int) -> tuple[dict[str, Values], NDArray[np.int32]]:
    """Return COLUMNS by what made the lists, on the questions of all seeds, and who asked them."""
    rows: dict[str, list[Values]] = {}
    users = []
    for seed in seeds:
        world = _world(name, seed, part)
        users += [case.query.user or 0 for case in world.cases]
        for recipe in recipes:
            model = registry.get(recipe).fit(world.training, seed=seed)
            print(f"  {name}, seed {seed}: {recipe} fitted", file=sys.stderr)
            for way, each in JUDGES[recipe](model, world).items():
                rows.setdefault(f"{recipe} {way}".strip(), []).extend(each)
    return {way: np.array(each) for way, each in rows.items()}, np.array(users, np.int32)


def _world(name: str, seed: int, part: int) -> World:
    data = SETS[name](seed)
    data = described(data) if name == "complete-journey" else data
    data = data.where(data.interactions.users % part == 0)
    world, events, starts = hide(data, seed), data.interactions, data.interactions.starts()
    cases = []
    for case in split(data, seed=seed)[1]:
        user = case.query.user or 0
        items = np.unique(events.items[starts[user] : starts[user + 1]])
        hidden = items[world.hidden[items]]
        if len(hidden):
            cases.append(Case(without(case.query, world.hidden), np.union1d(hidden, case.relevant).astype(np.int32)))
    return World(world.training, world.hidden, cases)


def table(name: str, rows: dict[str, Values], users: NDArray[np.int32]) -> Iterator[str]:
    """Yield what was found, and how much more than in the same places given away otherwise."""
    yield f"\n{name}: {len(users)} questions of {len(np.unique(users))} users"
    yield f"{'':<42}" + "".join(f"{column:>10}" for column in COLUMNS) + "   fitting less it: hits@25, known"
    for way, values in rows.items():
        line = f"{way:<42}" + "".join(f"{mean:>10.4f}" for mean in np.nanmean(values, axis=0))
        best = f"{way.split(',')[0]}, fitting"
        if best in rows and best != way:
            line += "   " + _less(rows[best], values, users)
        yield line


def _less(first: Values, second: Values, users: NDArray[np.int32]) -> str:
    cells = []
    for column in (1, 3):
        gaps = (first - second)[:, column]
        some = ~np.isnan(gaps)
        mean, low, high = interval(gaps[some], users[some])
        cells.append(f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]")
    return "  ".join(cells)


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=["catalogue", "complete-journey"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--recipes", nargs="+", default=list(JUDGES), choices=list(JUDGES))
    parser.add_argument("--part", type=int, default=1, help="learn from and ask one of so many users only")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--output", type=Path, default=RESULTS / "cold-lists.txt")
    options = parser.parse_args()
    before = dict(np.load(options.before)) if options.before else {}
    lines, kept = [f"$ python -m bench.quality.cold_lists {' '.join(sys.argv[1:])}".rstrip(), machine()], {}
    for name in options.sets:
        rows, users = measure(name, options.seeds, options.recipes, options.part)
        lines += table(name, rows, users)
        kept |= {f"{name} {way}": values for way, values in rows.items()}
        if (key := f"{name} {RELATED}") in before and key in kept:
            lines.append(f"{RELATED} less what it was: hits@25, known   {_less(kept[key], before[key], users)}")
    text = "\n".join(lines) + "\n"
    print(text)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(text)
    if options.keep:
        np.savez(options.keep, **kept)


if __name__ == "__main__":
    main()
