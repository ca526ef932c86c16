"""Tells EventBridge what the stream of the resources table says has changed: at least once, each resource in order."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from tastemaker.domain.resources.announcements import announcements

SOURCE = "tastemaker"
_AT_ONCE = 10  # PutEvents' limit


class NotTold(Exception):
    """EventBridge has not taken everything; the stream is read again from there."""


class Announcer:
    """Turns items as they were and as they are into events of the account's default bus."""

    def __init__(self, client: Any, deployment: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        # Several in an account share a bus, and ARNs where resources are called alike.
        self._deployment = deployment

    def announce(self, changes: Iterable[Mapping[str, Any]]) -> int:
        """Put an event for every status that is another one; return how many, or raise NotTold."""
        count, entries = 0, (entry for change in changes for entry in self._entries(change))
        while batch := list(islice(entries, _AT_ONCE)):
            reply = self._client.put_events(Entries=batch)
            if failed := [entry for entry in reply["Entries"] if entry.get("ErrorCode")]:
                raise NotTold(f"{len(failed)} of {len(batch)} events: {failed[0].get('ErrorMessage')}")
            count += len(batch)
        return count

    def _entries(self, change: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        stream = change["dynamodb"]
        before, after = (stream.get(image) or {} for image in ("OldImage", "NewImage"))
        moment = datetime.fromtimestamp(float(stream["ApproximateCreationDateTime"]), UTC)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # What is removed has no revision of its own.
        last = int(before.get("revision", {"N": 0})["N"])
        revision = int(after["revision"]["N"]) if "revision" in after else last + 1
        for one in announcements(_record(before), _record(after), revision):
            yield {
                "Source": SOURCE,
                "DetailType": one.detail_type,
                "Resources": [one.arn],
                "Time": moment,
                "Detail": json.dumps({**one.detail, "time": time, "deployment": self._deployment}),
            }


def _record(image: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an item's record; a claim has none."""
    record: dict[str, Any] | None = json.loads(image["body"]["S"]) if "body" in image else None
    return record
