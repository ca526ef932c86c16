"""The main job with the functions as Lambda runs them."""

import pytest

from tests.e2e.packaged import walk
from tests.e2e.packaged.assets import bundled
from tests.e2e.packaged.template import declared
from tests.integration.client import readings

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """What the main job has shown, and the functions that did it."""
    folder = tmp_path_factory.mktemp("packaged")
    with walk.service(bundled(folder / "assets"), folder) as guarded:
        return walk.walk(guarded.tastemaker), guarded


def test_the_main_job_goes_through_the_packaged_asset(walked):
    seen, _ = walked

    assert seen.after != seen.before
    assert not {"book-1-3", "book-1-4"} & set(seen.unread)
    assert seen.batch == seen.answers
    assert len(seen.exported) == len(readings().splitlines()) - 1 + 2
    assert "popular" in seen.summary
    assert seen.insights == 1200
    assert "schema" in seen.refusal.lower()
    assert seen.stacked == "CREATE_COMPLETE"
    assert (seen.deleted["status"], seen.deleted["numDeleted"]) == ("COMPLETED", 20)


def test_every_function_ran_in_a_process_that_started_once_and_stayed_within_its_memory(walked):
    packaged = walked[1].packaged

    assert set(packaged.runtimes) == set(declared())
    assert {len(each.cold_starts) for each in packaged.runtimes.values()} == {1}
    assert all(each.peak < each.limits.megabytes << 20 for each in packaged.runtimes.values())
