"""Numbers for the story: offline metrics with their intervals, paired differences, and how fast answers come."""

import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from botocore.client import BaseClient
from numpy.typing import NDArray

from tastemaker.recipes.measuring.metrics import NDCG, paired_difference
from tastemaker_local.demo.building import models_bucket

HEADLINE = f"{NDCG}10"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a training measured: means and intervals by metric, and the headline metric of each held-out user."""

    metrics: Mapping[str, float]
    intervals: Mapping[str, Sequence[float]]
    by_user: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired comparison on the same users, with its 95 % interval."""

    mean: float
    low: float
    high: float
    users: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Latency:
    """How long calls took, in milliseconds."""

    calls: int
    p50: float
    p99: float
    per_second: float


def read_evaluation(s3: BaseClient, version: str, metrics: Mapping[str, float]) -> Evaluation:
    """Read what Tastemaker keeps beside a model; `metrics` are those of GetSolutionMetrics."""
    summary = json.loads(read_beside(s3, version, "evaluation.json"))
    arrays = np.load(io.BytesIO(read_beside(s3, version, "evaluation.npz")), allow_pickle=False)
    by_user = dict(zip(arrays["users"].tolist(), arrays[HEADLINE].tolist(), strict=True))
    return Evaluation(metrics, summary["intervals"], by_user)


def read_beside(s3: BaseClient, version: str, name: str) -> bytes:
    """Read a file that lies beside a version's model, in a folder that is named by the model's digest."""
    bucket, prefix = models_bucket(version), f"{version.partition(':solution/')[2]}/"
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    [key] = [key for key in keys if key.endswith(f"/{name}")]
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def compare(first: Evaluation, second: Evaluation) -> Difference:
    """Return how much better the first is than the second on the users that both were measured on."""
    users = sorted(first.by_user.keys() & second.by_user.keys())
    return Difference(*paired_difference(_values(first, users), _values(second, users)), len(users))


def _values(evaluation: Evaluation, users: Sequence[str]) -> Floats:
    return np.array([evaluation.by_user[user] for user in users], np.float32)


def time_calls(call: Callable[[str], object], users: Sequence[str], tick: Callable[[int], None]) -> Latency:
    """Ask once per user, one after the other, and time each answer."""
    seconds = []
    for number, user in enumerate(users, 1):
        start = time.perf_counter()
        call(user)
        seconds.append(time.perf_counter() - start)
        tick(number)
    return summarize(seconds)


def summarize(seconds: Sequence[float]) -> Latency:
    """Return the percentiles people ask for."""
    p50, p99 = (float(value) * 1000 for value in np.percentile(seconds, [50, 99]))
    return Latency(len(seconds), p50, p99, len(seconds) / sum(seconds))
