"""The ids of counted events: sorted hashes of 64 bits in a file a day, for as many days as CloudWatch takes data."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.pipelines.places import moment_of_batch
from tastemaker.store.ports import Event

Ids = NDArray[np.uint64]
DAYS = 14  # that ids are known for
_BLOCK = 4_096  # events looked up at once


@dataclass
class Seen:
    """`load` reads the files: it is called once, and not at all where no event is asked for."""

    load: Callable[[], Sequence[Ids]]
    # Those that were not there.
    news: set[int] = field(default_factory=set)

    @cached_property
    def known(self) -> Sequence[Ids]:
        """Return what is in the files, the newest last."""
        return self.load()

    def new(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass on the events whose ids were not there; they are from now on."""
        rest = iter(events)
        for block in iter(lambda: list(islice(rest, _BLOCK)), []):
            ids = np.fromiter(map(_hash, block), np.uint64, len(block))
            known = np.any([np.zeros(len(ids), np.bool_), *(_among(ids, file) for file in self.known)], axis=0)
            for event, id_, is_known in zip(block, ids.tolist(), known.tolist(), strict=True):
                if not is_known and id_ not in self.news:
                    self.news.add(id_)
                    yield event

    def newest(self, *, with_file: bool) -> bytes:
        """Return the newest file with the news in it, or one of the news alone."""
        ids = np.fromiter(self.news, np.uint64, len(self.news))
        file = BytesIO()
        # No id is in both.
        np.save(file, np.sort(np.concatenate([ids, *self.known[-1:]]) if with_file else ids), allow_pickle=False)
        return file.getvalue()


def ids_of(body: bytes) -> Ids:
    """Read a file."""
    ids: Any = np.load(BytesIO(body), allow_pickle=False)
    return np.asarray(ids, np.uint64)


def following(keys: Sequence[str], key: str, *, day: float) -> tuple[str, ...]:
    """Return the files that there are with a new one, which takes the place of one of the same day."""
    until = moment_of_batch(key)
    others = keys[:-1] if is_of_day(keys, key, day=day) else keys
    return *(other for other in others if moment_of_batch(other) >= until - DAYS * day), key


def is_of_day(keys: Sequence[str], key: str, *, day: float) -> bool:
    """Whether the newest file is of a new one's day."""
    return bool(keys) and moment_of_batch(keys[-1]) // day == moment_of_batch(key) // day


def _hash(event: Event) -> int:
    return int.from_bytes(hashlib.blake2b(str(event["event_id"]).encode(), digest_size=8).digest())


def _among(ids: Ids, file: Ids) -> NDArray[np.bool_]:
    """Return which ids a sorted file has."""
    if not len(file):
        return np.zeros(len(ids), np.bool_)
    found: NDArray[np.bool_] = file[np.minimum(np.searchsorted(file, ids), len(file) - 1)] == ids
    return found
