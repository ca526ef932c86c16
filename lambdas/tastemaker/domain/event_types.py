"""Types of events that mean something."""

# "Creating schema JSON files": names that may not be values. An event called impression is nobody's mistake.
RESERVED_TYPES = frozenset(
    {"USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"}
)
# The real service's words (aws-samples/amazon-personalize-samples, issue 142).
NO_TYPES = "All values in the event_type column are either reserved keywords or null"


def is_type(value: str) -> bool:
    """Whether a value is the type of an event, and neither blank nor the name of a column."""
    return bool(value.strip()) and value.strip().upper() not in RESERVED_TYPES
