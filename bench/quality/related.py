"""What is shown beside an item, judged by what people took next: SIMS, Similar-Items and Frequently bought together.

A tenth of the users is held out (Amazon's protocol). At up to EACH places in the newest tenth of each one's events the
item of that place is asked about, and the next NEXT events are the answers; which of the events of one moment come
first is drawn. Two views: all of those, and only what the user had not had before (as the use cases keep it out).
Rivals see the same users: item-kNN (cosine of the users in common), lift (shrunk by support) and popularity.

Trends: before each of WINDOWS moments of the newest fifth of the time a trending list and its rivals are made of what
came before, and judged by what different people take in the interval after it.

Run: .venv/bin/python -m bench.quality.related [--sets ml-100k films] [--seeds 0 1 2] [--part 8] [--trends news]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.quality.protocols import VIEWS, Values, interval
from bench.quality.sets import SETS, Unavailable
from bench.reports import RESULTS, machine
from tastemaker.recipes import registry
from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, TrainingData
from tastemaker.recipes.histories.popularity import best_first, distinct_users
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.evaluation import held_out
from tastemaker.recipes.popular.aws_trending_now import SECONDS, people
from tastemaker.recipes.related import tables
from tastemaker.recipes.related.bought_together import bought_together

EACH, NEXT = 5, 5
SUPPORT = 10.0
WINDOWS, DAYS = 60, 86400
OURS: Mapping[str, Recipe] = {
    "aws-sims": registry.get("aws-sims"),
    "aws-similar-items": registry.get("aws-similar-items"),
    "bought-together": bought_together,
}
RIVALS = ("item-knn", "lift", "popularity")
COLUMNS = ("HR@10", "HR@25", "NDCG@10")
Lists = Callable[["Question", Mask | None], Indices]


class Question(NamedTuple):
    """An item of a user, what the user had up to it, and what came next."""

    user: int
    item: int
    history: Indices
    relevant: Indices


@dataclass(frozen=True)
class Counts:
    """Who has what, to rank by: `member` (users, items) and its transpose, `users` (items,), the popular first."""

    member: Matrix
    of_items: Matrix
    users: Floats
    order: Indices

    @classmethod
    def of(cls, events: Interactions) -> "Counts":
        """Count who has what."""
        users = distinct_users(events)
        member = tables.groups(events.users.astype(np.int64), events.items, events.n_items)
        return cls(member, member.T.tocsr(), users.astype(np.float32), best_first(users))

    def together(self, item: int) -> Floats:
        """Return how many users have both an item and each other (items,)."""
        counts = np.asarray((self.of_items[[item]] @ self.member).toarray()).ravel()
        counts[item] = 0
        return counts.astype(np.float32)


def questions(events: Interactions, users: Indices, seed: int) -> Iterator[Question]:
    """Ask about items of the newest tenth of each user's events."""
    starts = events.starts()
    for user in users.tolist():
        begin, end = int(starts[user]), int(starts[user + 1])
        rng = np.random.default_rng((seed, user))
        order = begin + np.lexsort((rng.permutation(end - begin), events.timestamps[begin:end]))
        items = events.items[order]
        first = len(items) - max(1, len(items) // 10)
        for place in np.sort(rng.permutation(np.arange(first, len(items)))[:EACH]).tolist():
            yield Question(user, int(items[place - 1]), items[:place], np.unique(items[place : place + NEXT]))


def lists(counts: Counts, name: str) -> Lists:
    """Return what ranks by one of RIVALS."""

    def rank(question: Question, allowed: Mask | None) -> Indices:
        scores = _scores(counts, name, question.item)
        if allowed is not None:
            scores = np.where(allowed, scores, 0)
        best = np.argpartition(-scores, metrics.LENGTH)[: metrics.LENGTH] if len(scores) > metrics.LENGTH else None
        places = np.arange(len(scores)) if best is None else np.sort(best)
        items = places[np.argsort(-scores[places], kind="stable")]
        items = items[scores[items] > 0]
        popular = counts.order if allowed is None else counts.order[allowed[counts.order]]
        popular = popular[: 2 * metrics.LENGTH + 1]
        rest = popular[~np.isin(popular, np.append(items, question.item))]
        return np.concatenate([items, rest])[: metrics.LENGTH].astype(np.int32)

    return rank


def _scores(counts: Counts, name: str, item: int) -> Floats:
    if name == "popularity":
        return np.zeros(len(counts.users), np.float32)
    both, users = counts.together(item), np.maximum(counts.users, 1)
    return both / np.sqrt(users) if name == "item-knn" else both / users * both / (both + np.float32(SUPPORT))


def ours(recipe: Recipe, training: TrainingData, seed: int) -> Lists:
    """Return a recipe's lists."""
    model = recipe.fit(training, seed=seed)
    return lambda question, allowed: model.recommend(Query.of(item=question.item), metrics.LENGTH, allowed).items


def judge(rank: Lists, asked: Sequence[Question], n_items: int) -> dict[str, Values]:
    """Return by view (questions, COLUMNS); nan where nothing is to be found."""
    rows = {view: np.full((len(asked), len(COLUMNS)), np.nan) for view in VIEWS}
    allowed = np.ones(n_items, bool)
    for number, each in enumerate(asked):
        for view in VIEWS:
            own = each.history if view == "excluded" else each.history[:0]
            relevant = np.setdiff1d(each.relevant, np.append(own, each.item))
            if not len(relevant):
                continue
            allowed[own] = False
            hits = np.isin(rank(each, allowed if len(own) else None), relevant)
            allowed[own] = True
            rows[view][number] = hits[:10].any(), hits.any(), metrics.ndcg(hits, len(relevant), 10)
    return rows


Runs = dict[str, dict[str, Values]]


def measure(
    name: str, seeds: Sequence[int], recipes: Sequence[str], part: int
) -> tuple[Runs, Indices, dict[str, float]]:
    """Return what everybody got, on the questions of all seeds, who asked them, and seconds of fitting."""
    results: dict[str, list[dict[str, Values]]] = {}
    users, seconds = [], dict[str, float]()
    for seed in seeds:
        data = SETS[name](seed)
        data = data.where(data.interactions.users % part == 0)
        out = held_out(data.user_ids, data.interactions, seed=seed)
        asked = list(questions(data.interactions, out, seed))
        training = data.where(~np.isin(data.interactions.users, out))
        users.append(np.array([each.user for each in asked], np.int32))
        counts = Counts.of(training.interactions)
        for each in (*recipes, *RIVALS):
            start = time.process_time()
            rank = ours(OURS[each], training, seed) if each in OURS else lists(counts, each)
            seconds[each] = time.process_time() - start
            results.setdefault(each, []).append(judge(rank, asked, data.interactions.n_items))
            print(f"  {name}, seed {seed}: {each} {seconds[each]:.1f} s", file=sys.stderr)
    together = {
        each: {view: np.concatenate([run[view] for run in runs]) for view in VIEWS} for each, runs in results.items()
    }
    return together, np.concatenate(users), seconds


def table(name: str, runs: Runs, users: Indices, seconds: Mapping[str, float], view: str) -> Iterator[str]:
    """Yield one view: what everybody got, and each of ours minus each rival on the same questions."""
    some = ~np.isnan(next(iter(runs.values()))[view][:, 0])
    if not some.any():
        return
    title = "all that came next" if view == "allowed" else "what was new to the user"
    yield f"\n{name}, {title}: {int(some.sum())} questions of {len(np.unique(users[some]))} users"
    rivals = [each for each in runs if each in RIVALS]
    yield f"{'':<20}{'HR@10':>8}{'HR@25':>8}{'NDCG@10':>9}{'fit':>8}   NDCG@10 less {', '.join(rivals)}"
    for each, rows in runs.items():
        means = rows[view][some].mean(axis=0)
        line = f"{each:<20}{means[0]:>8.4f}{means[1]:>8.4f}{means[2]:>9.4f}{seconds[each]:>6.1f} s"
        if each in OURS:
            gaps = [rows[view][some, 2] - runs[rival][view][some, 2] for rival in rivals]
            line += "   " + "  ".join(_signed(*interval(gap, users[some])) for gap in gaps)
        yield line


def _signed(mean: float, low: float, high: float) -> str:
    mark = "LOSS" if high < 0 else "win" if low > 0 else "tie"
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}] {mark:<4}"


def trend_rows(data: TrainingData, frequency: str) -> dict[str, Values]:
    """Return (windows, 2) by kind of list: shares of what people take in the next interval, and of what is risen."""
    events, span = data.interactions, SECONDS[frequency]
    low, high = (int(np.quantile(events.timestamps, part)) for part in (0.8, 1.0))
    rows: dict[str, list[tuple[float, float]]] = {}
    for moment in np.linspace(low, high - span, WINDOWS).astype(np.int64).tolist():
        past = data.where(events.timestamps < moment)
        after = events.where((events.timestamps >= moment) & (events.timestamps < moment + span))
        if not len(after):
            continue
        taken = people(after.users, after.items, events.n_items)
        before = past.interactions
        usual = np.bincount(before.items, minlength=events.n_items) * (len(after) / max(1, len(before)))
        risen = np.maximum(taken - usual, 0)
        for name, items in _trending_lists(past, frequency, moment).items():
            shares = float(taken[items].sum() / taken.sum()), float(risen[items].sum() / max(risen.sum(), 1e-9))
            rows.setdefault(name, []).append(shares)
    return {name: np.array(each) for name, each in rows.items()}


def _trending_lists(past: TrainingData, frequency: str, moment: int) -> dict[str, Indices]:
    events, span = past.interactions, SECONDS[frequency]
    trending = registry.get("aws-trending-now").fit(past, {"trend_discovery_frequency": frequency})
    last = events.where(events.timestamps >= moment - span)
    ever = distinct_users(events)
    lately = people(last.users, last.items, events.n_items)
    return {
        "aws-trending-now": trending.recommend(Query.of(), metrics.LENGTH).items,
        "popular last window": np.lexsort((-ever, -lately))[: metrics.LENGTH].astype(np.int32),
        "popular of all time": best_first(ever)[: metrics.LENGTH],
    }


def trend_table(name: str, frequency: str) -> Iterator[str]:
    """Yield how lists of 25 made before a window catch what is taken in it."""
    rows = trend_rows(SETS[name](0), frequency)
    first = rows["aws-trending-now"]
    windows = np.arange(len(first), dtype=np.int32)
    yield f"\n{name}, windows of {frequency}: {len(first)}"
    yield f"{'':<22}{'of what is taken':>17}{'of what rises':>15}   ours less it, of both"
    for each, values in rows.items():
        line = f"{each:<22}{values[:, 0].mean():>17.4f}{values[:, 1].mean():>15.4f}"
        gaps = "" if values is first else "  ".join(_signed(*interval(gap, windows)) for gap in (first - values).T)
        yield f"{line}   {gaps}".rstrip()


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=["complete-journey", "ml-100k", "films", "groceries"])
    parser.add_argument("--trends", nargs="*", default=["complete-journey", "groceries", "news"])
    parser.add_argument("--frequencies", nargs="+", default=["1 day"], choices=list(SECONDS))
    parser.add_argument("--recipes", nargs="*", default=list(OURS), choices=list(OURS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--part", type=int, default=1, help="learn from and ask one of so many users only")
    parser.add_argument("--output", type=Path, default=RESULTS / "related.txt")
    options = parser.parse_args()
    lines = [f"$ python -m bench.quality.related {' '.join(sys.argv[1:])}".rstrip(), machine()]
    for name in options.sets:
        try:
            runs, users, seconds = measure(name, options.seeds, options.recipes, options.part)
        except Unavailable as reason:
            lines.append(f"\n{name}: left out, {reason}")
            continue
        lines += [line for view in VIEWS for line in table(name, runs, users, seconds, view)]
    for name in options.trends:
        lines += [line for frequency in options.frequencies for line in trend_table(name, frequency)]
    text = "\n".join(lines) + "\n"
    print(text)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(text)


if __name__ == "__main__":
    main()
