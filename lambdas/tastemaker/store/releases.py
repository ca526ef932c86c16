"""Other releases of this function, kept as its versions: each answers from models of its own format."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.domain.formats import reader_of

_logger = logging.getLogger(__name__)
# A version that was found stays one; what was not there is looked for again after so many seconds.
_AGAIN = 60.0
# A release hands a request on, another one back: a model may be replaced in between.
_MOST = 2
_HANDED_ON = "handedOn"

Event = Mapping[str, Any]


class OtherReleases:
    """Has a request answered by the newest version of a function that reads models of another format."""

    def __init__(self, client: Callable[[], Any], function: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._function = function
        self._clock = clock
        # By format: which version, and until when that is so.
        self._versions: dict[int, tuple[str | None, float]] = {}

    def answer(self, stored: int, event: Event) -> dict[str, Any] | None:
        """Return the reply of a release that reads this format; None where none is kept."""
        version = self._version(stored)
        if version is None:
            return None
        before = int(event.get(_HANDED_ON, 0))
        if before >= _MOST:
            raise RuntimeError(f"a model was replaced while version {version} of {self._function} was asked for it")
        payload = json.dumps({**event, _HANDED_ON: before + 1})
        try:
            reply = self._client().invoke(FunctionName=f"{self._function}:{version}", Payload=payload)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            del self._versions[stored]  # somebody has removed it
            return None
        answer: dict[str, Any] = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            raise RuntimeError(f"version {version} of {self._function} failed: {answer}")
        return answer

    def _version(self, stored: int) -> str | None:
        version, until = self._versions.get(stored, (None, 0.0))
        if version is None and self._clock() >= until:
            version = self._find(stored)
            self._versions[stored] = version, self._clock() + _AGAIN
            if version:
                _logger.warning("version %s of %s answers from models of format %s", version, self._function, stored)
        return version

    def _find(self, stored: int) -> str | None:
        """Return the newest version that reads a format: Lambda lists the oldest first."""
        pages = self._client().get_paginator("list_versions_by_function").paginate(FunctionName=self._function)
        versions = [one for page in pages for one in page["Versions"] if one["Version"] != "$LATEST"]
        reading = [one["Version"] for one in versions if one.get("Description") == reader_of(stored)]
        return max(reading, key=int, default=None)
