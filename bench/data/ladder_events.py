"""Made-up events of any number for `bench.data.ladder`, and what some of their users do last."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

ROWS = 10_000_000  # of a file
ITEMS, USERS_ASKED = 20_000, 1_000
# A hundred events of each user on average, in two of sixty-four themes, whose items are popular by a power law.
# 43 bytes each.
EVENTS = """
SELECT printf('user-%08d', (h % {users})::BIGINT) AS USER_ID,
       printf('item-%06d', (theme * {size} + floor({size} * pow(r, 3)))::BIGINT) AS ITEM_ID,
       CASE WHEN n % 4 = 0 THEN 'order' ELSE 'click' END AS EVENT_TYPE,
       1600000000 + (n * 7919 % {events}) * 60000000 // {events} AS TIMESTAMP
FROM (SELECT n, h, ((h % {users}) * 31 + CASE WHEN n % 3 = 0 THEN 17 ELSE 0 END) % 64 AS theme,
             (hash(n + 1) % 1000000) / 1000000.0 AS r
      FROM (SELECT range AS n, hash(range * 2654435761 + 12345) AS h FROM range({begin}, {end})))
"""


def _late(events: int) -> str:
    """Return what is true of an event that is kept back: of some users, what they did in the last tenth of the time."""
    step = max(1, users_of(events) // USERS_ASKED)
    return f"CAST(substring(USER_ID, 6) AS INT) % {step} = 0 AND TIMESTAMP > 1654000000"


def users_of(events: int) -> int:
    """Return how many users have so many events."""
    return max(100, events // 100)


def _rows(events: int, items: int, begin: int, end: int) -> str:
    return EVENTS.format(users=users_of(events), size=items // 64, events=events, begin=begin, end=end)


def files(folder: Path, events: int, items: int, *, early: bool) -> Iterator[Path]:
    """Yield files of events, perhaps without what some users did last."""
    chosen = f"NOT ({_late(events)})" if early else "true"
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as session:
        for number, begin in enumerate(range(0, events, ROWS)):
            path = folder / f"{number:03d}.csv"
            query = _rows(events, items, begin, min(events, begin + ROWS))
            session.execute(f"COPY (SELECT * FROM ({query}) WHERE {chosen}) TO '{path}' (HEADER)")  # noqa: S608 - ours
            yield path
            path.unlink()


def kept_back(events: int, items: int) -> dict[str, set[str]]:
    """Return what some users did last."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as session:
        late = f"SELECT DISTINCT USER_ID, ITEM_ID FROM ({_rows(events, items, 0, events)}) WHERE {_late(events)}"  # noqa: S608 - ours
        rows = session.execute(f"SELECT USER_ID, list(ITEM_ID) FROM ({late}) GROUP BY 1 ORDER BY 1").fetchall()  # noqa: S608 - ours
    return {user: set(its) for user, its in rows[:USERS_ASKED]}
