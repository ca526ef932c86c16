"""One clock that is wrong changes nothing of what others are trained on, nor what its own user did next."""

import numpy as np
import pytest

from tastemaker.pipelines.datasets.snapshots import ColumnInfo, open_session
from tastemaker.pipelines.datasets.tables import Table
from tastemaker.pipelines.training import clocks
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.selections import Selection

NAMES = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE")
COLUMNS = tuple(ColumnInfo(n, "string", nullable=False, categorical=False, textual=False) for n in NAMES)
YEAR = 365 * 86_400
# Thirty events of as many users, an hour apart; the newest is years older than the training.
NEWEST, IMPORTED, TRAINED = 1_600_000_000, 1_699_000_000, 1_700_000_000
OLD = [(f"u{n}", "i", NEWEST - n * 3_600, "View") for n in range(30)]


@pytest.fixture
def moments(tmp_path):
    """Return when each (user, item) was, out of imported rows and recorded events."""

    def of(rows, recordings=(), *, until=TRAINED, **members):
        values = ", ".join(str(row) for row in rows)
        scan = f"(SELECT * FROM (VALUES {values}) AS rows({', '.join(NAMES)}))"  # noqa: S608
        with open_session(tmp_path) as session:
            table = Table("INTERACTIONS", COLUMNS, scan, IMPORTED)
            tables = EventTables(session, tmp_path, iter(recordings), table, Selection(), until=until, **members)
            found = session.execute(f'SELECT user_id, item_id, "timestamp" FROM {tables.selected}').fetchall()  # noqa: S608
        return {(user, item): moment for user, item, moment in found}

    return of


def a_recording(user, item, at, recorded):
    members = {"user_id": user, "session_id": "s", "anonymous": False, "item_id": item, "event_type": "View"}
    return {**members, "timestamp": at, "recorded": recorded, "event_id": f"{user}{item}{at}"}


def test_data_that_ended_years_ago_are_as_they_were(moments):
    assert moments(OLD) == {(user, item): moment for user, item, moment, _ in OLD}


@pytest.mark.parametrize("ahead", [2 * 3_600, 43 * 86_400, 30 * YEAR, 10**6 * YEAR])
def test_an_imported_event_of_the_future_is_as_old_as_the_newest_that_is_not(moments, ahead):
    found = moments([*OLD, ("u7", "wrong", IMPORTED + ahead, "View")])

    assert found.pop(("u7", "wrong")) == NEWEST
    assert found == {(user, item): moment for user, item, moment, _ in OLD}


def test_what_was_in_the_future_when_it_was_imported_is_not_believed_later_on(moments):
    found = moments([*OLD, ("u7", "wrong", IMPORTED + 3_600, "View")], until=IMPORTED + YEAR)

    assert max(found.values()) == NEWEST


def test_a_recorded_event_of_the_future_was_when_it_was_recorded(moments):
    found = moments(OLD, [a_recording("u1", "wrong", TRAINED + YEAR, IMPORTED + 60.5)])

    assert found["u1", "wrong"] == IMPORTED + 60


def test_what_a_user_does_next_comes_after_what_was_in_the_future(moments):
    wrong = ("u1", "bulk", IMPORTED + YEAR, "View")
    recordings = [
        a_recording("u1", "wrong", IMPORTED + 2 * YEAR, IMPORTED + 100.0),
        a_recording("u1", "next", IMPORTED + 50, IMPORTED + 101.0),
        a_recording("u1", "backfill", NEWEST - 60, IMPORTED + 102.0),
        a_recording("u2", "other", 5, IMPORTED + 103.0),
    ]

    found = moments([*OLD, wrong], recordings)

    assert found["u1", "next"] == IMPORTED + 50
    assert found["u1", "bulk"] < found["u1", "next"]
    assert found["u1", "wrong"] < found["u1", "next"]
    assert found["u2", "i"] == NEWEST - 2 * 3_600


@pytest.mark.parametrize("unit", [1_000, 1_000_000, 1_000_000_000])
def test_smaller_units_are_read_as_what_they_are(moments, unit):
    rows = [
        (user, item, moment * unit if n % 3 else moment, type_) for n, (user, item, moment, type_) in enumerate(OLD)
    ]

    assert moments(rows) == moments(OLD)


def test_a_file_that_is_ahead_as_a_whole_keeps_its_distances(moments):
    found = moments([(user, item, moment + 10 * YEAR, type_) for user, item, moment, type_ in OLD])

    assert max(found.values()) == IMPORTED
    assert found["u0", "i"] - found["u29", "i"] == 29 * 3_600


def test_the_same_event_imported_and_recorded_is_one_event_however_wrong(moments):
    wrong = IMPORTED + YEAR
    rows = [*OLD, ("u1", "wrong", wrong, "View")]

    assert len(moments(rows, [a_recording("u1", "wrong", wrong, IMPORTED - 5.0)])) == 31


def test_dates_of_items_that_cannot_be_are_none():
    values = np.array([1e9, 1e12, TRAINED + 60.0, 4_102_444_800, 4_102_444_800_000, np.nan])

    assert clocks.dates(values, TRAINED).tolist() == pytest.approx([1e9, 1e9, *[np.nan] * 4], nan_ok=True)
