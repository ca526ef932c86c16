"""Where a snapshot's insights lie: written by pipelines, read by an operation that may read nothing else there."""

# What is described by which other dataset's rows, and the id that both share.
COMPARED = {
    "ITEMS": ("INTERACTIONS", "ITEM_ID"),
    "USERS": ("INTERACTIONS", "USER_ID"),
    "ACTIONS": ("ACTION_INTERACTIONS", "ACTION_ID"),
}


def key_of(manifest_key: str) -> str:
    """Return the key of what one snapshot holds; it goes when the snapshot goes."""
    return f"{_folder(manifest_key)}/insights.json"


def comparison_key(manifest_key: str, events_manifest_key: str) -> str:
    """Return the key of what a snapshot of items or users looks like beside one of interactions."""
    type_, snapshot = _folder(events_manifest_key).split("/")[-2:]
    return f"{_folder(manifest_key)}/insights-{type_}-{snapshot}.json"


def _folder(manifest_key: str) -> str:
    return manifest_key.rpartition("/")[0]
