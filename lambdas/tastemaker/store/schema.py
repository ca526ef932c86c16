"""Tables as data: names, keys and indexes, read by the CDK app and by the adapters alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index, of all attributes or keys alone. Keys are strings. A local one has its table's hash key."""

    name: str
    hash: str
    range: str
    local: bool = False
    keys_only: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table per access pattern. Keys are strings."""

    name: str
    hash: str
    range: str | None = None
    indexes: tuple[Index, ...] = ()
    # The attribute with the second after which DynamoDB may remove an item.
    expires: str | None = None
    # Whether each change, with the item as it was and as it is, can be read from a stream for a day.
    streams: bool = False


# Every resource of the control plane, by ARN; lists go through the indexes, in the order of creation.
RESOURCES = Table(
    "tastemaker-resources",
    hash="arn",
    indexes=(Index("by-kind", "kind", "created"), Index("by-parent", "parent", "created")),
    streams=True,
)
# Recorded events: one user's history in the order of time. An answer reads what was recorded since the model was
# trained, and at once: hence a local index, which alone can be read consistently. Training reads a whole dataset group
# as it was recorded, from shards: one value of `group` would take no more than 1,000 write units a second.
EVENTS = Table(
    "tastemaker-events",
    hash="history",
    range="moment",
    indexes=(Index("by-recorded", "history", "recorded", local=True), Index("by-group", "group", "recorded")),
)
EVENT_SHARDS = 16
# Items, users and actions put one by one; what was put since a model was trained, in the order of putting.
RECORDS = Table(
    "tastemaker-records", hash="dataset", range="id", indexes=(Index("by-recorded", "dataset", "recorded"),)
)
# The log of answers, by recommendationId; those of a dataset group in the order of time, from shards as events; and
# those to one user, so that a user can be forgotten without a look at what all others were answered.
ANSWERS = Table(
    "tastemaker-answers",
    hash="id",
    indexes=(Index("by-group", "shard", "moment"), Index("by-user", "owner", "moment", keys_only=True)),
    expires="expires",
)
ANSWER_SHARDS = 16

TABLES = (RESOURCES, EVENTS, RECORDS, ANSWERS)
