"""Tables of events come into being in whatever order they are asked for."""

import itertools

import pytest

from tastemaker.pipelines.datasets.snapshots import open_session
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.selections import Selection

TABLES = ("recorded", "imported", "selected", "excluded")
EVENT = {"user_id": "u", "session_id": "s", "anonymous": False, "item_id": "i", "timestamp": 1, "event_type": "View"}


@pytest.mark.parametrize("names", list(itertools.permutations(TABLES)), ids="-".join)
def test_the_order_in_which_tables_are_asked_for_does_not_matter(tmp_path, names):
    events = [{**EVENT, "event_id": str(n), "timestamp": n, "recorded": float(n)} for n in (1, 2, 2)]
    with open_session(tmp_path) as session:
        tables = EventTables(session, tmp_path, iter(events), None, Selection(), excluded_event="view")

        counts = {name: session.execute(f"SELECT count(*) FROM {getattr(tables, name)}").fetchall() for name in names}  # noqa: S608

    assert counts == {"recorded": [(2,)], "imported": [(0,)], "selected": [(2,)], "excluded": [(2,)]}
