"""What a killed process leaves on Lambda's disk is gone when the next one begins."""

import fcntl
import os
import tempfile

import pytest

from tastemaker.serving.folders import own_folder
from tests.unit.pipelines.fakes import a_world


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Folders of a process that was killed in the middle of its work, and of one that lives."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home = tmp_path / f"tastemaker-work-{os.getuid()}"
    for name in ("killed", "alive"):
        (home / name / "step").mkdir(parents=True)
        (home / name / "step" / "events.parquet").write_text("half")
    handle = os.open(home / "alive", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    own_folder.cache_clear()
    yield home
    own_folder.cache_clear()
    os.close(handle)


def test_what_killed_processes_left_is_removed_and_what_others_hold_is_not(home):
    own = own_folder("work")

    assert sorted(path.name for path in home.iterdir()) == sorted(["alive", own.name])
    assert list(own.iterdir()) == []


def test_a_step_works_in_a_folder_that_would_be_swept(home):
    deps = a_world().deps

    with deps.workdir() as folder:
        assert folder.parent == own_folder("work")
        assert folder.parent.parent == home
    assert not folder.exists()
