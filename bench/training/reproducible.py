"""Two trainings of the same data from two clean clones: the same SHA-256 of every file, or what differs.

Run: make reproducible. The clones run with different hash seeds, numbers of threads and working folders; the packages
are those of the environment that runs this.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.reports import RESULTS, ROOT

RECIPES = ("aws-user-personalization-v2", "aws-user-personalization", "aws-similar-items", "aws-sims")
SETS = ("ml-100k", "complete-journey")
# What two checkouts may differ in: the environment, and how many threads share the work.
CHECKOUTS = (
    {"PYTHONHASHSEED": "1", "OPENBLAS_NUM_THREADS": "1", "BENCH_THREADS": "1"},
    {"PYTHONHASHSEED": "77", "OPENBLAS_NUM_THREADS": "4", "BENCH_THREADS": "5"},
)
Digests = dict[str, str]


def train(clone: Path, name: str, recipe: str, environment: dict[str, str]) -> Digests:
    """Train in a process of its own that imports the clone's code; return the digest of the manifest and its files."""
    command = [sys.executable, "-m", "bench.training.reproducible", "--train", name, recipe]
    inside = os.environ | environment | {"PYTHONPATH": os.pathsep.join([str(clone / "lambdas"), str(clone)])}
    training = subprocess.run(command, env=inside, cwd=clone, capture_output=True, text=True, check=True)  # noqa: S603
    digests: Digests = json.loads(training.stdout.splitlines()[-1])
    return digests


def train_here(name: str, recipe_name: str) -> Digests:
    """Measure, fit and store as the training workflow does."""
    from dataclasses import replace  # noqa: PLC0415  only the processes that train need all this
    from hashlib import sha256  # noqa: PLC0415

    from bench.quality.sets import SETS as DATA  # noqa: PLC0415
    from tastemaker.recipes import registry, workers  # noqa: PLC0415
    from tastemaker.recipes.measuring.evaluation import evaluate  # noqa: PLC0415
    from tastemaker.serving import artifacts  # noqa: PLC0415

    if not Path(registry.__file__).is_relative_to(ROOT):
        raise SystemExit(f"the code of {registry.__file__} would be trained, not the clone's")
    threads = int(os.environ["BENCH_THREADS"])
    workers.threads = lambda: threads
    data, recipe = DATA[name](0), registry.get(recipe_name)
    evaluation = evaluate(recipe, data, {}, seed=0)
    model = recipe.fit(replace(data, like=evaluation.model), seed=0)
    with TemporaryDirectory() as folder:
        extra = {"metrics": evaluation.metrics}
        manifest = artifacts.save(Path(folder), recipe=recipe, model=model, data=data, manifest_extra=extra)
        whole = sha256((Path(folder) / artifacts.MANIFEST).read_bytes()).hexdigest()
    return {"manifest": whole} | {file: about["sha256"] for file, about in manifest["files"].items()}


def clones(folder: Path) -> Iterator[Path]:
    """Clone what is committed, once per checkout."""
    for number in range(len(CHECKOUTS)):
        place = folder / ("a" * (1 + 7 * number)) / "tastemaker"  # paths of different length
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)  # noqa: S603, S607
        yield place


def compare(name: str, recipe: str, places: list[Path]) -> str:
    """Train in every clone; return a line that says whether all files are the same."""
    digests = [train(place, name, recipe, environment) for place, environment in zip(places, CHECKOUTS, strict=True)]
    differing = sorted(
        key for key in digests[0].keys() | digests[1].keys() if digests[0].get(key) != digests[1].get(key)
    )
    verdict = f"DIFFERENT: {', '.join(differing)}" if differing else f"the same {len(digests[0]) - 1} files"
    return f"{name:<17} {recipe:<28} {digests[0]['manifest']}  {verdict}"


def main() -> int:
    """Compare, print and keep the results; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--train", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        print(json.dumps(train_here(*options.train)))
        return 0
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    lines = [
        "$ make reproducible",
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, two clones of {head.stdout.strip()}, the second with",
        "another PYTHONHASHSEED, 5 threads instead of 1, 4 BLAS threads instead of 1 and a longer path",
        "data              recipe                       SHA-256 of the manifest, which holds those of all files",
    ]
    with TemporaryDirectory() as folder:
        places = list(clones(Path(folder)))
        for name in options.sets:
            for recipe in options.recipes:
                lines.append(compare(name, recipe, places))
                print(lines[-1], flush=True)
    (RESULTS / "reproducible.txt").write_text("\n".join(lines) + "\n")
    return int(any("DIFFERENT" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
