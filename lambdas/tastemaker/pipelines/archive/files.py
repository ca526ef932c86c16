"""Which files hold the recorded events of a dataset, up to which moment; and which of them the table still has.

The dataset's record names a manifest, which names Parquet files. Every change is one conditional write of the record
under a number of its own, its `turn`; what is stored for it has the turn in its key, so that what lost a race, or died
on its way, can be told from what is read.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Self

from tastemaker.domain.resources.arns import dataset_of, kind_of
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.pipelines.places import archive_folder
from tastemaker.store.ports import Objects, Record

# Of which datasets events are recorded.
TYPES = ("INTERACTIONS", "ACTION_INTERACTIONS")
MEMBER = "_archive"


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file: so many events, recorded from `since` to `until` (both included), in the order of recording.

    A late one has what the index of the table showed only after its time had been archived.
    """

    key: str
    rows: int
    since: float
    until: float
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of a dataset's events."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Read a stored manifest."""
        return cls(tuple(Part(**part) for part in json.loads(body)["parts"]))

    def to_json(self) -> bytes:
        """Return the manifest as it is stored."""
        return json.dumps(asdict(self), indent=1).encode()

    def between(self, since: float, before: float) -> list[Part]:
        """Return the parts that may have something of a time."""
        return [part for part in self.parts if part.until >= since and part.since < before]


@dataclass(frozen=True, slots=True)
class State:
    """What a dataset's record says: which files have all that was recorded before `until`, and what left the table.

    `manifest` names them, where there are any; `written` is when they were last added to. The table has everything
    recorded from `kept_from` on; `gone` of the archived events are older. Before `cleared` nothing is left in it.
    """

    turn: int = 0
    manifest: str | None = None
    until: float = 0.0
    written: float = 0.0
    kept_from: float = 0.0
    cleared: float = 0.0
    gone: int = 0

    @classmethod
    def of(cls, dataset: Record | None) -> Self:
        """Return what a record says; nothing is archived of a dataset that there is not."""
        return cls(**(dataset or {}).get(MEMBER, {}))

    @property
    def next_turn(self) -> int:
        """The turn of whoever changes it now."""
        return self.turn + 1

    def to_member(self) -> Record:
        """Return the members by which the record says it."""
        return {MEMBER: asdict(self)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the archive of a dataset lies."""

    objects: Objects
    bucket: str
    dataset: str

    @property
    def folder(self) -> str:
        """Below which all of it is."""
        return archive_folder(self.dataset)

    def read(self, state: State) -> Archive:
        """Return the archive that a state names."""
        return Archive.from_json(self.objects.read(self.bucket, state.manifest)) if state.manifest else Archive()

    def write(self, archive: Archive, turn: int) -> str | None:
        """Store the manifest of a turn; return its key, or None where there are no files."""
        if not archive.parts:
            return None
        body = archive.to_json()
        key = f"{self.key(turn, hashlib.sha256(body).hexdigest())}.json"
        self.objects.write(self.bucket, key, body)
        return key

    def key(self, turn: int, digest: str) -> str:
        """Return how the keys of a turn's objects begin; the same content has the same one."""
        return f"{self.folder}{turn:08d}-{digest[:16]}"

    def sweep(self, turn: int, keep: Collection[str]) -> None:
        """Remove what turns up to this one have stored, but for some keys: whoever is at work is at a later one."""
        last = self.key(turn + 1, "")
        for key, _, _ in self.objects.list(self.bucket, self.folder):
            if key < last and key not in keep:
                self.objects.delete(self.bucket, key)


def dataset_arn(owner: str) -> str:
    """Return the dataset whose recorded events are kept under an owner: a dataset group, or a dataset of actions."""
    return owner if kind_of(owner) is KINDS["dataset"] else dataset_of(owner, "INTERACTIONS")
