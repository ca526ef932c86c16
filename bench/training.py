"""Time, memory and size of one whole training on Complete Journey, and how fast its model answers.

Run: .venv/bin/python bench/training.py [--recipe aws-user-personalization-v2]
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from quality import RESULTS, complete_journey, machine

from tastemaker.recipes import artifacts, registry
from tastemaker.recipes.artifacts import Artifact
from tastemaker.recipes.evaluation import evaluate
from tastemaker.recipes.metrics import NDCG


def latencies(artifact: Artifact, rounds: int = 2) -> np.ndarray:
    """Return milliseconds from user id to 25 items, one entry per question."""
    users = artifact.user_ids[::5].tolist()
    taken = []
    for user in users * rounds:
        started = time.perf_counter()
        artifact.model.recommend(artifact.query(user), 25)
        taken.append(time.perf_counter() - started)
    return np.array(taken[len(users) :]) * 1e3


def main() -> None:
    """Train as the training workflow does, then serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="aws-user-personalization-v2")
    recipe = registry.get(parser.parse_args().recipe)
    data = complete_journey()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    clock = [time.perf_counter()]
    measured = evaluate(recipe, data, {}, seed=0)
    clock.append(time.perf_counter())
    model = recipe.fit(data)
    clock.append(time.perf_counter())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with TemporaryDirectory() as folder:
        manifest = artifacts.save(Path(folder), recipe=recipe, model=model, data=data)
        taken = latencies(artifacts.load(Path(folder)))
    p50, p99 = np.percentile(taken, [50, 99])
    evaluation, fit = np.diff(clock)
    megabytes = sum(file["bytes"] for file in manifest["files"].values()) / 1e6
    text = "\n".join(
        [
            f"$ python bench/training.py --recipe {recipe.name}",
            machine(),
            f"evaluation {evaluation:.1f} s, final fit {fit:.1f} s, together {evaluation + fit:.1f} s",
            f"peak memory {peak} MB, of which {before} MB after reading the data",
            f"artifact {megabytes:.1f} MB, NDCG@10 {measured.metrics[f'{NDCG}10']}",
            f"user id to 25 items: p50 {p50:.2f} ms, p99 {p99:.2f} ms ({len(taken)} questions)",
            f"how it was chosen: {model.settings}",
        ]
    )
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"training-{recipe.name}.txt").write_text(text + "\n")


if __name__ == "__main__":
    main()
