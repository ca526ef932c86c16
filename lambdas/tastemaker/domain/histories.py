"""Which recorded events an answer looks at: what a user did since the model was trained."""

from collections.abc import Iterable

from tastemaker.domain.filters import Filter

# So many of a user's events since the training decide an answer; a filter looks at the others too.
NEWEST = 500


def most_events(rules: Iterable[Filter]) -> int | None:
    """Return how many of a user's newest events an answer reads; None is all, where a filter asks what the user did."""
    return None if any(rule.needs_history for rule in rules) else NEWEST
