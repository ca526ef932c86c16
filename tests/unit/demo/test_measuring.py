"""Comparing recipes and timing calls."""

import io
import json

import numpy as np
import pytest

from tastemaker_local.demo.measuring import HEADLINE, Evaluation, compare, read_evaluation, summarize, time_calls

VERSION = "arn:aws:personalize:us-east-1:123456789012:solution/for-you/1a2b3c4d"


class Bucket:
    """The part of an S3 client that reading needs."""

    def __init__(self, objects):
        self.objects = objects

    def list_objects_v2(self, *, Bucket, Prefix):  # noqa: N803 - boto3's names
        keys = [key.removeprefix(f"{Bucket}/") for key in self.objects]
        return {"Contents": [{"Key": key} for key in keys if key.startswith(Prefix)]}

    def get_object(self, *, Bucket, Key):  # noqa: N803 - boto3's names
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}


def evaluation(**by_user):
    return Evaluation({}, {}, by_user)


def test_an_evaluation_is_read_from_beside_the_model():
    arrays = io.BytesIO()
    np.savez_compressed(arrays, users=np.array(["u1", "u2"]), **{HEADLINE: np.array([0.5, 0.25], np.float32)})
    folder = "tastemaker-models-123456789012-us-east-1/for-you/1a2b3c4d/00ff"
    summary = json.dumps({"metrics": {}, "intervals": {HEADLINE: [0.1, 0.2]}, "users": 2}).encode()
    bucket = Bucket({f"{folder}/evaluation.json": summary, f"{folder}/evaluation.npz": arrays.getvalue()})

    found = read_evaluation(bucket, VERSION, {HEADLINE: 0.375})

    assert found == Evaluation({HEADLINE: 0.375}, {HEADLINE: [0.1, 0.2]}, {"u1": 0.5, "u2": 0.25})


def test_a_comparison_pairs_the_users_that_both_have():
    first = evaluation(a=0.9, b=0.8, c=0.7, only_here=0.0)
    second = evaluation(c=0.6, b=0.7, a=0.8, only_there=1.0)

    difference = compare(first, second)

    assert difference.users == 3
    assert difference.mean == pytest.approx(0.1)
    assert difference.certain


def test_a_difference_around_zero_is_not_certain():
    assert not compare(evaluation(a=0.0, b=1.0), evaluation(a=1.0, b=0.0)).certain


def test_percentiles_are_in_milliseconds():
    latency = summarize([0.001] * 99 + [0.101])

    assert latency.calls == 100
    assert latency.p50 == pytest.approx(1)
    assert 1 < latency.p99 < 101
    assert latency.per_second == pytest.approx(500)


def test_every_user_is_asked_once_in_order():
    asked, ticks = [], []

    latency = time_calls(asked.append, ["a", "b"], ticks.append)

    assert (asked, ticks, latency.calls) == (["a", "b"], [1, 2], 2)
