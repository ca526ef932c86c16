"""What is kept of a dataset group in DynamoDB: as it is, or under a data key of the group's KMS key.

A sealed body is a salt of 16 random bytes, then AES-256-GCM under a key of its own, made from the salt: no two bodies
share a key, so there is no number of them after which a nonce could come again. What stands in keys and indexes is an
HMAC of the name, the same for the same name: it can be asked for and not read. Moments stay as they are; they are
what items are in the order of.
"""

import hmac
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from tastemaker.domain.resources.arns import group_of
from tastemaker.errors import KeyUnusable
from tastemaker.store.kms import opened
from tastemaker.store.ports import Record

_SALT, _SHORTEST = 16, 32  # bytes: the salt, and the salt with GCM's tag
NO_DATA_KEY = (
    "Dataset group {group} has no data key of its KMS key {key}: it is not ACTIVE yet, or was made before Tastemaker "
    "kept data under keys; then delete it and make it again."
)
_NONCE = bytes(12)  # each body's key is used once
_SECONDS = 60.0  # for which an opened data key may be used: so long does a key that was disabled still open things


class Seal(Protocol):
    """How one dataset group's names and bodies are written."""

    def name(self, text: str) -> str:
        """Return what stands for an id in a key or an index."""

    def closed(self, body: bytes) -> bytes:
        """Return a body as it is kept."""

    def opened(self, body: bytes) -> bytes:
        """Return a body that was kept."""

    @property
    def is_open(self) -> bool:
        """Whether everything is kept as it is."""


class Plain:
    """Keeps everything as it is."""

    is_open = True

    def name(self, text: str) -> str:
        """Return the id itself."""
        return text

    def closed(self, body: bytes) -> bytes:
        """Return the body itself."""
        return body

    def opened(self, body: bytes) -> bytes:
        """Return the body itself."""
        return body


class UnderKey:
    """Seals with a data key of 32 bytes; what one dataset group's seal has closed, no other one's opens."""

    is_open = False

    def __init__(self, data_key: bytes, group_arn: str) -> None:
        # Where no dataset group has a key, no function needs the package.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        self._cipher = AESGCM
        self._bodies, self._names = (_derived(data_key, purpose) for purpose in (b"bodies", b"names"))
        self._group = group_arn.encode()

    def name(self, text: str) -> str:
        """Return a name's HMAC, which says nothing of it but that two are the same."""
        return urlsafe_b64encode(_derived(self._names, text.encode())).decode()

    def closed(self, body: bytes) -> bytes:
        """Encipher a body."""
        salt = os.urandom(_SALT)
        return salt + self._cipher(_derived(self._bodies, salt)).encrypt(_NONCE, body, self._group)

    def opened(self, body: bytes) -> bytes:
        """Decipher a body; one that somebody has changed is refused."""
        if len(body) < _SHORTEST:
            raise ValueError(f"a sealed body has at least {_SHORTEST} bytes, this one has {len(body)}")
        return self._cipher(_derived(self._bodies, body[:_SALT])).decrypt(_NONCE, body[_SALT:], self._group)


class Seals:
    """Finds each dataset group's seal; adapters ask for it by the group's ARN, or that of a dataset in it."""

    def __init__(
        self, find: Callable[[str], Record | None], kms: Callable[[], Any], clock: Callable[[], float] = monotonic
    ) -> None:
        self._find = find
        self._kms = kms
        self._clock = clock
        self._lock = Lock()
        self._open: dict[tuple[str, str], tuple[float, Seal]] = {}

    def of(self, arn: str) -> Seal:
        """Return the seal of a dataset group, or raise KeyUnusable."""
        group = group_of(arn)
        record = self._find(group) or {}
        if not record.get("kmsKeyArn"):
            return PLAIN
        if not record.get("_data_key"):
            raise KeyUnusable(NO_DATA_KEY.format(group=group, key=record["kmsKeyArn"]))
        return self._opened(group, record)

    def _opened(self, group: str, record: Record) -> Seal:
        place = (group, record["_data_key"])
        began = self._clock()
        with self._lock:
            when, seal = self._open.get(place, (began - _SECONDS, PLAIN))
        if began - when < _SECONDS:
            return seal
        seal = UnderKey(opened(self._kms(), group, record["kmsKeyArn"], record["_data_key"]), group)
        with self._lock:
            self._open = {other: row for other, row in self._open.items() if began - row[0] < _SECONDS}
            self._open[place] = began, seal
        return seal


class NoSeals:
    """Where no dataset group has a key."""

    def of(self, arn: str) -> Seal:
        """Return the seal that closes nothing."""
        del arn
        return PLAIN


PLAIN = Plain()
AnySeals = Seals | NoSeals


def attribute(seal: Seal, value: object) -> dict[str, Any]:
    """Return a value as DynamoDB's attribute: readable JSON, or what the seal makes of it."""
    text = json.dumps(value)
    return {"S": text} if seal.is_open else {"B": seal.closed(text.encode())}


def value_of(seal: Seal, stored: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever was kept
    """Return what an attribute holds."""
    return json.loads(stored["S"] if "S" in stored else seal.opened(bytes(stored["B"])))


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, "sha256")
