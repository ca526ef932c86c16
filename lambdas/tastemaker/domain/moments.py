"""Moments are seconds since 1970: what is no second is named as the unit that it looks like, wherever it comes from."""

# The year 5138 in seconds is 1973 in milliseconds; the same step leads on to the smaller units.
LAST_SECOND = 10**11
UNITS = {"milliseconds": LAST_SECOND, "microseconds": 10**14, "nanoseconds": 10**17}
# Columns that hold moments; those that may lie ahead are not among them.
MOMENTS = ("TIMESTAMP", "CREATION_TIMESTAMP")
AHEAD = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")


def unit_of(moment: float) -> str | None:
    """Return the unit that a number of seconds must have been meant in; None if they are seconds."""
    return next((unit for unit, least in reversed(UNITS.items()) if moment >= least), None)


def in_seconds(unit: str) -> str:
    """Say what a moment looks like, and what it must be."""
    return f"looks like {unit}; it must be in seconds"
