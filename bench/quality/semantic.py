"""Similarity by meaning: on product names of Complete Journey, and among a million made-up names.

    OPENBLAS_NUM_THREADS=1 python -m bench.quality.semantic

Whose category have the ten nearest, against word overlap: each name is in the catalogue once, the same ones are asked
about for all methods, and intervals are paired over them. Of 1,000,000 names: search and memory, against a bare product
in the same process, a question each in turn.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from bench import reports
from bench.quality.sets import product_names
from tastemaker.recipes import registry
from tastemaker.recipes.data import Interactions, Query, TrainingData
from tastemaker.recipes.measuring.metrics import intervals, paired_difference
from tastemaker.recipes.semantic import model as engine
from tastemaker.recipes.semantic.words import words_of
from tastemaker.serving import artifacts

RECIPE = "aws-semantic-similarity"
ASKED, NEAREST, LISTED = 3_000, 10, 25
# The constants of the engine were picked with those drawn by seed 0.
SEED = 1
MANY, QUESTIONS = 1_000_000, 100
WORDS = 60_000
STORY = "story.json"


def catalogue(names: list[str]) -> TrainingData:
    """Return items that nobody has met."""
    none = np.empty(0, np.int32)
    events = Interactions(none, none, np.empty(0, np.int64), np.empty(0, np.float32), 0, len(names))
    ids = np.array([f"i{number:07d}" for number in range(len(names))])
    return TrainingData(events, np.empty(0, np.str_), ids, item_words={"NAME": names})


def on_names() -> Iterator[str]:
    names, categories = product_names()
    codes = np.unique(categories, return_inverse=True)[1]
    asked = np.sort(np.random.default_rng(SEED).choice(len(names), ASKED, replace=False))
    chance = float((np.bincount(codes)[codes[asked]] - 1).mean() / (len(names) - 1))
    yield f"{len(names):,} names in {codes.max() + 1} categories, {ASKED:,} asked; chance {chance:.4f}"
    nearest = {**overlaps(names, asked), **ours(names, asked)}
    shares = {name: (codes[items] == codes[asked, None]).mean(axis=1) for name, items in nearest.items()}
    base = shares["words, TF-IDF cosine"]
    for name, share in shares.items():
        [(low, high)] = intervals(share[:, None], SEED).tolist()
        mean, least, most = paired_difference(share, base, SEED)
        paired = "" if share is base else f"   against TF-IDF {mean:+.4f} ({least:+.4f} to {most:+.4f})"
        yield f"  {name:36s} {share.mean():.4f} ({low:.4f} to {high:.4f}){paired}"


def overlaps(names: list[str], asked: np.ndarray) -> dict[str, np.ndarray]:
    """Return (asked, NEAREST) by word overlap alone."""
    texts = [sorted(set(words_of(name))) for name in names]
    codes = {word: number for number, word in enumerate(sorted({word for text in texts for word in text}))}
    cells = [codes[word] for text in texts for word in text]
    starts = np.cumsum([0, *map(len, texts)])
    has = csr_matrix((np.ones(len(cells), np.float32), cells, starts), (len(names), len(codes)))
    lengths = np.asarray(has.sum(axis=1)).ravel()
    both = (has[asked] @ has.T).toarray()
    jaccard = both / np.maximum(lengths[asked, None] + lengths - both, 1)
    rare = has.multiply(np.log1p(len(names) / has.getnnz(axis=0))).tocsr()
    unit = rare.multiply(1 / np.sqrt(np.maximum(rare.multiply(rare).sum(axis=1), 1e-9))).tocsr()
    cosine = (unit[asked] @ unit.T).toarray()
    return {"words, Jaccard": best(jaccard, asked), "words, TF-IDF cosine": best(cosine, asked)}


def best(scores: np.ndarray, asked: np.ndarray) -> np.ndarray:
    scores[np.arange(len(asked)), asked] = -1
    return np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]


def ours(names: list[str], asked: np.ndarray) -> dict[str, np.ndarray]:
    """Return (asked, NEAREST) of the recipe, and of its two parts alone."""
    model = registry.get(RECIPE).fit(catalogue(names))
    share, found = engine.WORDS, {}
    for name, words in ((RECIPE, share), ("  what names mean alone (SVD)", 0.0), ("  what they say alone", 1.0)):
        engine.WORDS = words
        found[name] = np.array([model.recommend(Query.of(item=int(item)), NEAREST).items for item in asked])
    engine.WORDS = share
    return found


def made_up(count: int, seed: int) -> list[str]:
    """Return names of 6 to 13 words, of which some are frequent and most are rare."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(letters[rng.integers(26, size=size)]) for size in rng.integers(3, 10, WORDS)])
    chances = np.arange(1, WORDS + 1) ** -0.9
    lengths = rng.integers(6, 14, count)
    drawn = np.split(rng.choice(WORDS, int(lengths.sum()), p=chances / chances.sum()), np.cumsum(lengths)[:-1])
    return [" ".join(words[each]) for each in drawn]


def among_many(count: int, folder: Path) -> Iterator[str]:
    if not (folder / STORY).exists():
        learn(count, folder)
    told = json.loads((folder / STORY).read_text())
    yield f"{told['items']:,} names: learned in {told['seconds']:.0f} s of one core, {told['peak']:,} MB at the peak"
    files = sum(path.stat().st_size for path in folder.glob("model_*.npy"))
    yield f"  the model's arrays: {files / 1e6:,.0f} MB"
    command = [sys.executable, "-m", "bench.quality.semantic", "--child", str(folder)]
    yield from subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603


def learn(count: int, folder: Path) -> None:
    """Store a model of made-up names, and what it took."""
    data, recipe = catalogue(made_up(count, 0)), registry.get(RECIPE)
    began = time.process_time()
    model = recipe.fit(data)
    story = {"items": count, "seconds": time.process_time() - began, "peak": memory("VmHWM")}
    artifacts.save(folder, recipe=recipe, model=model, data=data)
    (folder / STORY).write_text(json.dumps(story))


def child(folder: str) -> Iterator[str]:
    """Answer from a mapped artifact, as the function does, and beside it by a bare product, a question each in turn."""
    before = memory("RssAnon")
    model = artifacts.load(Path(folder)).model
    [index] = model.indices
    asked = np.random.default_rng(SEED).choice(len(index), QUESTIONS, replace=False)
    allowed = np.arange(len(index)) % 2 == 0
    ways: dict[str, Callable[[int], object]] = {
        "the recipe": lambda item: model.recommend(Query.of(item=item), LISTED),
        "  half of the items allowed": lambda item: model.recommend(Query.of(item=item), LISTED, allowed),
    }
    for item in asked[:20].tolist():
        model.recommend(Query.of(item=item), LISTED)
    yield f"  memory of an answering process beside mapped files: {memory('RssAnon') - before:,} MB"
    whole = index.vectors.astype(np.float32)
    ways["bare product, 32-bit floats"] = lambda item: top(whole @ whole[item])
    ways["bare product, 8 bits made floats"] = lambda item: top(index.vectors.astype(np.float32) @ whole[item])
    times = np.array([[timed(way, item) for way in ways.values()] for item in asked.tolist()])
    spent = dict(zip(ways, times.T, strict=True))
    bare = np.median(spent["bare product, 32-bit floats"])
    for name, each in spent.items():
        p50, p99 = np.percentile(each, [50, 99]) * 1e3
        yield f"  {name:34s} p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {np.median(each) / bare:.2f} of the bare p50"


def top(scores: np.ndarray) -> np.ndarray:
    items = np.argpartition(-scores, LISTED)[:LISTED]
    return items[np.argsort(-scores[items])]


def timed(way: Callable[[int], object], item: int) -> float:
    began = time.perf_counter()
    way(item)
    return time.perf_counter() - began


def memory(name: str) -> int:
    """Return a number of MB from this process's status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Run both parts, and keep what they say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=MANY)
    parser.add_argument("--keep", type=Path, help="a folder for the model of the many, which is learned once")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(*child(options.child), sep="\n")
        return
    # The many first: their peak of memory is to be their own.
    with tempfile.TemporaryDirectory() as folder:
        many = list(among_many(options.items, options.keep or Path(folder)))
    names = list(on_names())
    text = "\n".join([f"{reports.machine()}", "", "Product names of Complete Journey", *names, "", *many])
    print(text)
    (reports.RESULTS / "semantic.txt").write_text(f"{text}\n")


if __name__ == "__main__":
    main()
