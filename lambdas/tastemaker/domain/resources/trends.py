"""Where a campaign or recommender remembers what was found to rise and to fall since its model was trained."""

from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]


def current_trends(record: Mapping[str, Any]) -> Record | None:
    """Return the newest trends {of, moment, key, sha256}, unless another model serves by now."""
    trends: Record | None = record.get("_trends")
    return trends if trends and trends["of"] == record["_serving"]["artifact"]["sha256"] else None
