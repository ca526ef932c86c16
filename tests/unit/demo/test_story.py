"""The frame of the story: options, the data folder, and failures before anything starts."""

from pathlib import Path

import pytest

from tastemaker_local.demo.options import Options, parse
from tastemaker_local.demo.story import FolderTaken, make_room, run
from tastemaker_local.persistence.data_folder import DataFolder, FolderInUse


def test_the_defaults_keep_data_in_the_working_folder():
    assert parse([]) == Options(Path(".tastemaker/demo"), 0, keep=False, households=None)


def test_quick_samples_300_households():
    assert parse(["--quick", "--keep", "--port", "8000", "--data", "x"]) == Options(
        Path("x"), 8000, keep=True, households=300
    )


def test_room_is_made_where_nothing_was(tmp_path):
    make_room(tmp_path / "new" / "demo")

    assert (tmp_path / "new" / "demo").is_dir()


def test_an_earlier_demo_is_replaced(tmp_path):
    folder = tmp_path / "demo"
    make_room(folder)
    (folder / "state").write_text("old")

    make_room(folder)

    assert not (folder / "state").exists()


def test_somebody_elses_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(FolderTaken, match="choose another folder"):
        make_room(tmp_path)

    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_folder_of_a_running_service_is_left_alone(tmp_path):
    make_room(tmp_path / "demo")
    running = DataFolder(tmp_path / "demo")

    with pytest.raises(FolderInUse):
        make_room(tmp_path / "demo")

    assert (tmp_path / "demo" / "state.sqlite3").exists()
    running.close()


def test_a_reason_to_stop_is_printed_and_the_status_is_1(tmp_path, capsys):
    (tmp_path / "thesis.txt").touch()

    status = run(["--data", str(tmp_path)])

    assert status == 1
    assert "choose another folder" in " ".join(capsys.readouterr().out.split())
