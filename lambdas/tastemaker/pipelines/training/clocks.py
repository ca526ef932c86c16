"""Moments that a training believes: none is later than it was recorded, imported or trained on (`domain` says why).

"Now" is for all that is learned the newest of these moments, so that data that ended years ago are as fresh as they
were then, and one event of the year 2100 makes nobody old.
"""

from typing import Final

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from tastemaker.domain.answers.moments import SMALLER_UNITS
from tastemaker.pipelines.datasets.staging import temp_table

# Of imported events, where more are ahead than this share, it is no single clock but the file's.
_MANY: Final = 0.1


def seconds(expression: str) -> str:
    """Return an SQL expression of seconds for one that may tell smaller units."""
    units = ((1_000**power, SMALLER_UNITS * 1_000 ** (power - 1)) for power in (3, 2, 1))
    cases = " ".join(f"WHEN {expression} >= {least} THEN {expression} // {unit}" for unit, least in units)
    return f"CASE {cases} ELSE {expression} END"


def dates(values: NDArray[np.float64], until: float) -> NDArray[np.float64]:
    """Return since when items are there, in seconds; a date that has not come yet is none."""
    values = values.copy()
    while (smaller := values >= SMALLER_UNITS).any():
        values[smaller] /= 1000
    return np.where(values > until, np.nan, values)


def timely(session: DuckDBPyConnection, events: str, imported: float) -> str:
    """Return a table of events at moments that can be believed; of most data it is the one that was given.

    Of imported events, whose `recorded` is null, all were there by a moment, and the newest that is not after it is
    what those after it come to. Where they are many, all imported events keep their distances.
    """
    ahead = f'"timestamp" > coalesce(recorded, {imported!r})'
    ours = "FILTER (WHERE recorded IS NULL)"
    query = f"""
        SELECT count(*) FILTER (WHERE {ahead}), count(*) FILTER (WHERE {ahead} AND recorded IS NULL), count(*) {ours},
        max("timestamp") {ours}, max("timestamp") FILTER (WHERE recorded IS NULL AND NOT {ahead})
        FROM {events}
    """  # noqa: S608
    [(wrong, bulk_wrong, bulk, last, newest)] = session.execute(query).fetchall()
    if not wrong:
        return events
    if bulk_wrong > _MANY * bulk:
        return _believed(session, events, imported, f'"timestamp" - {last - int(imported)}', "true")
    return _believed(session, events, imported, str(newest or int(imported)), ahead)


def _believed(session: DuckDBPyConnection, events: str, imported: float, latest: str, bulk_ahead: str) -> str:
    """Write events anew: what was ahead comes before what its user did next, by what was recorded later."""
    query = f"""
        WITH marked AS (
            SELECT *, coalesce(recorded, {imported!r}) AS known, "timestamp" > known AS ahead,
            CASE WHEN recorded IS NOT NULL THEN CAST(floor(recorded) AS BIGINT) ELSE {latest} END AS latest,
            if(recorded IS NULL, {bulk_ahead}, ahead) AS moved
            FROM {events}
        ), followed AS (
            SELECT *, min(if(ahead, NULL, "timestamp")) OVER (
                PARTITION BY user_id ORDER BY known GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS following
            FROM marked WHERE user_id IN (SELECT user_id FROM marked WHERE moved)
        ), moments AS (
            SELECT * REPLACE (
                if(moved, least(latest, coalesce(following - 1, latest)), "timestamp") AS "timestamp"
            ) FROM followed
            UNION ALL
            SELECT *, NULL AS following FROM marked WHERE user_id NOT IN (SELECT user_id FROM marked WHERE moved)
        )
        SELECT * EXCLUDE (known, ahead, latest, moved, following) FROM moments
    """  # noqa: S608
    return temp_table(session, "timely", query)
