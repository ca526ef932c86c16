"""Time, memory and size of one whole training, and how fast its model answers, beside what was predicted.

Run: .venv/bin/python -m bench.training.fits [--recipe aws-user-personalization-v2] [--generated EVENTS ITEMS]
    [--fit-only]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.quality.sets import complete_journey
from bench.reports import RESULTS, machine
from bench.training.generated import generated
from tastemaker.recipes import registry
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import forecast
from tastemaker.recipes.measuring.evaluation import evaluate
from tastemaker.recipes.measuring.metrics import NDCG
from tastemaker.serving import artifacts
from tastemaker.serving.artifacts import Artifact

QUESTIONS = 1_000


class Phases:
    """Notes when each phase of a training began, by wall clock and by the processor time of all threads."""

    def __init__(self) -> None:
        self.marks = [("", time.perf_counter(), time.process_time())]

    def __call__(self, fraction: float, phrase: str) -> None:
        """Take part as a progress callback."""
        del fraction
        if phrase != self.marks[-1][0]:
            self.marks.append((phrase, time.perf_counter(), time.process_time()))

    def lines(self) -> list[str]:
        """Say how long each phase took."""
        self(1.0, "end")
        pairs = zip(self.marks[1:], self.marks[2:], strict=False)
        return [f"  {one[0]}: {two[1] - one[1]:.1f} s, processor {two[2] - one[2]:.1f} s" for one, two in pairs]


def peak() -> int:
    """Return the most memory this process has held since `forget_peak`, in MB."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


def forget_peak() -> None:
    """Start measuring the peak anew: what made the data is not what is measured."""
    Path("/proc/self/clear_refs").write_text("5")


def latencies(artifact: Artifact, rounds: int = 2) -> np.ndarray:
    """Return milliseconds from user id to 25 items, one entry per question."""
    users = artifact.user_ids[:: max(1, len(artifact.user_ids) // QUESTIONS)].tolist()
    times = []
    for user in users * rounds:
        start = time.perf_counter()
        artifact.model.recommend(artifact.query(user), 25)
        times.append(time.perf_counter() - start)
    return np.array(times[len(users) :]) * 1e3


def train(recipe: Recipe, data: TrainingData, *, fit_only: bool) -> list[str]:
    """Train as the training workflow does, then serve; return what there is to say."""
    forget_peak()
    before, phases, accuracy = peak(), Phases(), "not measured"
    if not fit_only:
        evaluation = evaluate(recipe, data, {}, seed=0, progress=phases)
        data = replace(data, like=evaluation.model)  # as the workflow does: what was chosen is not searched for again
        accuracy = f"{evaluation.metrics[f'{NDCG}10']} of {len(evaluation.users)} users"
    model = recipe.fit(data, progress=phases)
    lines = phases.lines()
    whole = phases.marks[-1][1] - phases.marks[0][1], phases.marks[-1][2] - phases.marks[0][2]
    most = peak()
    with TemporaryDirectory() as folder:
        manifest = artifacts.save(Path(folder), recipe=recipe, model=model, data=data)
        p50, p99 = np.percentile(latencies(artifacts.load(Path(folder))), [50, 99])
    megabytes = sum(file["bytes"] for file in manifest["files"].values()) / 1e6
    counts = data.interactions
    cost = forecast.training(recipe, Counts.of(counts))
    return [
        *lines,
        f"together {whole[0]:.1f} s, processor {whole[1]:.1f} s; predicted {cost.seconds:.0f} s of one core with both",
        f"peak memory {most} MB, of which {before} MB the data and the libraries; predicted {cost.memory / 1e6:.0f} MB",
        f"artifact {megabytes:.1f} MB, NDCG@10 {accuracy}",
        f"user id to 25 items: p50 {p50:.2f} ms, p99 {p99:.2f} ms",
        f"how it was chosen: {model.settings}",
    ]


def chosen(options: argparse.Namespace) -> tuple[str, str, Callable[[], TrainingData]]:
    """Return the command's options, the name of the results file and the data."""
    arguments = "".join([f" --recipe {options.recipe}", " --fit-only" * options.fit_only])
    if not options.generated:
        return arguments, f"training-{options.recipe}", complete_journey
    events, items = (int(float(each)) for each in options.generated)
    name = f"training-{events}-{items}"
    return f"{arguments} --generated {events} {items}", name, lambda: generated(events, items)


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="aws-user-personalization-v2")
    parser.add_argument("--generated", nargs=2, metavar=("EVENTS", "ITEMS"))
    parser.add_argument("--fit-only", action="store_true", help="leave out the measurement on held-out users")
    options = parser.parse_args()
    arguments, name, read = chosen(options)
    data = read()
    counts = data.interactions
    lines = [
        f"$ python -m bench.training.fits{arguments}",
        machine(),
        f"{len(counts):,} events, {counts.n_users:,} users, {counts.n_items:,} items",
        *train(registry.get(options.recipe), data, fit_only=options.fit_only),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(text)


if __name__ == "__main__":
    main()
