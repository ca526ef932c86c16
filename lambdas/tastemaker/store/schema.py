"""Tables as data: names, keys and indexes, read by the CDK app and by the adapters alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index; all attributes are projected. Keys are strings."""

    name: str
    hash: str
    range: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table per access pattern. Keys are strings."""

    name: str
    hash: str
    range: str | None = None
    indexes: tuple[Index, ...] = ()


# Every resource of the control plane, by ARN; lists go through the indexes, in the order of creation.
RESOURCES = Table(
    "tastemaker-resources",
    hash="arn",
    indexes=(Index("by-kind", "kind", "created"), Index("by-parent", "parent", "created")),
)
# Recorded events: one user's history in the order of time; training reads a whole dataset group as it was recorded.
EVENTS = Table(
    "tastemaker-events",
    hash="history",
    range="moment",
    indexes=(Index("by-group", "group", "recorded"),),
)
# Items, users and actions put one by one.
RECORDS = Table("tastemaker-records", hash="dataset", range="id")

TABLES = (RESOURCES, EVENTS, RECORDS)
