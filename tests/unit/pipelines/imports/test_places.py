"""On which rung an import is done."""

import pytest

from tastemaker.domain.training.rungs import CONTAINER, PIN, SPARK
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.csv_files import Source
from tastemaker.pipelines.imports import steps
from tastemaker.pipelines.imports.sources import need_of
from tests.unit.pipelines.fakes import GROUP, INTERACTIONS, a_world


def pinned(world, **group):
    """An import that is to be done by Spark, of a dataset group."""
    world.put("data.csv", "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\nu,i,1,,\n")
    world.deps.resources.create({"_arn": GROUP, "_kind": "dataset-group", "_created": "1", **group})
    work = world.job(world.dataset("INTERACTIONS", INTERACTIONS))
    world.deps.resources.update(work["arn"], {"_tags": {PIN: SPARK}})
    return work


def test_twenty_million_rows_take_what_was_measured():
    """By bench/results/spark.txt: 143 seconds of executors' cores."""
    need = need_of([Source("b", "k", 865_000_000, "e")], ())

    assert (need.seconds, need.spread) == (pytest.approx(29, abs=0.5), pytest.approx(143, rel=0.05))


def test_what_is_to_be_done_by_spark_has_its_three_legs():
    world = a_world()

    placed = steps.place(world.deps, pinned(world))

    assert [leg["rung"]["name"] for leg in placed["legs"]] == [CONTAINER, SPARK, CONTAINER]


def test_what_is_under_a_key_is_not_given_to_spark():
    world = a_world()

    with pytest.raises(JobFailed, match="spark, which cannot do this: its dataset group has a key"):
        steps.place(world.deps, pinned(world, kmsKeyArn="arn:aws:kms:us-east-1:123456789012:key/1"))
