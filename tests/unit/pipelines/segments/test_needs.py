"""What a batch segment job takes is known by its model's manifest and the sizes of its input."""

import json

import pytest

from tastemaker.domain.training import rungs
from tastemaker.pipelines.segments.needs import need_of
from tests.unit.pipelines.fakes import HOME, a_world

VERSION = f"{HOME}:solution/shop/1"
LADDER = rungs.ladder(3_008, containers=True)


def need(users, lines, *, best=1_000, megabytes=801, recipe="aws-item-affinity"):
    deps = a_world().deps
    artifact, starts = {"prefix": "m/", "sha256": "-"}, 8 * (users + 1)
    files = {"history_starts": {"bytes": starts}, "rest": {"bytes": (megabytes << 20) - starts}}
    deps.objects.write(deps.config.models_bucket, "m/manifest.json", json.dumps({"files": files}).encode())
    about = {"_artifact": artifact, "_recipe": {"name": recipe}, "status": "ACTIVE"}
    deps.resources.create({"_arn": VERSION, "_kind": "solution-version", "_created": "1", "_parent": HOME, **about})
    return need_of(deps, {"solutionVersionArn": VERSION, "numResults": best}, {"items.json": 14 * (lines - 1)})


def test_what_was_measured_fits_into_a_function_and_is_foreseen_with_room():
    taken = need(2_000_000, 100)

    assert taken.memory > 983
    assert taken.seconds > 12.1
    assert rungs.choose(LADDER, taken) == LADDER[0]


def test_many_users_times_many_lines_go_into_a_container():
    assert rungs.choose(LADDER, need(20_000_000, 500)) == LADDER[1]


def test_a_line_is_not_counted_above_what_an_object_may_have():
    assert need(1_000, 10_000).seconds == need(1_000, 501).seconds
    assert need(1_000, 10_000, recipe="aws-item-attribute-affinity").seconds < need(1_000, 10_000).seconds


@pytest.mark.parametrize(("best", "most"), [(1_000, 1_200), (5_000_000, 2_000)])
def test_what_is_kept_of_users_is_bounded_whatever_is_asked_for(best, most):
    assert need(5_000_000, 500, best=best).memory < most
