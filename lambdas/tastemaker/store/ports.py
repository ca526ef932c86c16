"""What the service needs of the world outside, as protocols: `dynamo_*.py`, `s3.py` and `memory.py` keep them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

# A resource as it is stored: the API's members, and our own under names that begin with an underscore
# (`_arn`, `_kind`, `_parent`, ...), which no reply ever shows.
Record = dict[str, Any]
# What an update sets: the members, or a function of the record as it is in that moment, which may refuse by raising.
Changes = Mapping[str, Any] | Callable[[Record], Mapping[str, Any]]
# A recorded event: user_id, item_id, event_type, event_value, timestamp, event_id, session_id, recorded, ...
Event = dict[str, Any]
# What names one event in its store, and nowhere else.
EventKey = tuple[str, str]


def microsecond(moment: float) -> float:
    """Return a moment of recording as stores tell it from others."""
    return round(moment, 6)


class Resources(Protocol):
    """The resources table: one record per ARN, every change conditional."""

    def create(self, record: Record) -> None:
        """Store a new record under `record["_arn"]`, or raise ResourceAlreadyExists.

        No two records have one ARN or share one of their `_claims`, which are given back when a record is removed.
        """

    def find(self, arn: str) -> Record | None:
        """Return a record, or None."""

    def get(self, arn: str) -> Record:
        """Return a record, or raise ResourceNotFound."""

    def page(
        self,
        kind: str,
        *,
        parent: str | None = None,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> tuple[list[Record], str | None]:
        """Return up to `limit` records of a kind (below one parent) in the order of creation, and where to go on."""

    def every(self, kind: str, *, parent: str | None = None) -> Iterator[Record]:
        """Walk through all records of a kind (below one parent)."""

    def update(
        self, arn: str, changes: Changes, *, when: Collection[str] | None = None, drop: Collection[str] = ()
    ) -> Record:
        """Set and drop members if the status is one of `when`; raise ResourceInUse or ResourceNotFound otherwise.

        Nobody else's change goes between the record that `when` and a function of `changes` see and what is stored;
        such a function may run more than once.
        """

    def delete(self, arn: str, *, when: Collection[str] | None = None) -> None:
        """Remove a record if its status is one of `when`; a record that is gone already is no error."""


class Events(Protocol):
    """The events table: durable before `put` returns, each event id kept once.

    Moments of recording are told apart to the microsecond.
    """

    def put(self, group_arn: str, events: Sequence[Event]) -> None:
        """Keep events of one dataset group; what is there already (same user, moment and event id) stays as it is."""

    def history(self, group_arn: str, user_id: str, *, limit: int) -> list[Event]:
        """Return a user's newest events, oldest first."""

    def since(
        self, group_arn: str, user_id: str, *, recorded_from: float, limit: int | None = None, whole: bool = False
    ) -> list[Event]:
        """Return what was recorded of a user from a moment on, oldest event first, each event id once.

        With a limit only what was recorded last is read, without one all: but of what lies before the last 500 events
        only one of each item and type is returned, unless the `whole` is asked for. Of two events with one id, the one
        recorded first counts.
        """

    def recorded(self, group_arn: str, *, before: float, since: float = 0.0) -> Iterator[Event]:
        """Walk through a group's events that were recorded from a moment on and before another, in that order."""

    def newest(self, group_arn: str, *, since: float, most: int) -> Iterator[Event]:
        """Walk through what was recorded of a group from a moment on, newest first, no further than `most` events."""

    def any_since(self, group_arn: str, moment: float) -> bool:
        """Whether any event of a group was recorded at a moment or after it."""

    def count(self, group_arn: str, *, most: int) -> int:
        """Count a group's events, but no further than `most`."""

    def sessions(self, group_arn: str, user_ids: Collection[str]) -> set[str]:
        """Return the sessions in which users did something, but for those that have a user's own name."""

    def traces(self, group_arn: str, user_ids: Collection[str]) -> list[EventKey]:
        """Return the keys of all that users did, and of what was done in their sessions before they were known."""

    def delete(self, keys: Collection[EventKey]) -> None:
        """Forget events; one that is gone already is no error."""

    def drop(self, group_arn: str, events: Iterable[Event]) -> None:
        """Forget these events of a dataset group; one that is gone already is no error."""

    def delete_group(self, group_arn: str) -> None:
        """Forget all events of a dataset group."""


class Records(Protocol):
    """Items, users and actions put one by one: the newest record per id."""

    def put(self, dataset_arn: str, records: Mapping[str, Record]) -> None:
        """Keep records by id, each replacing its predecessor wholly."""

    def every(self, dataset_arn: str) -> Iterator[tuple[str, Record]]:
        """Walk through a dataset's ids and records."""

    def since(self, dataset_arn: str, *, recorded_from: float, recorded_until: float, most: int) -> dict[str, Record]:
        """Return the `most` records put last between two moments, both included, newest first.

        It may be some seconds behind; `news` tells of what this process has put itself.
        """

    def news(self, dataset_arn: str) -> int:
        """Return a number that changes when this process puts records into a dataset."""

    def count(self, dataset_arn: str, *, most: int) -> int:
        """Count a dataset's records, but no further than `most`."""

    def found(self, dataset_arn: str, ids: Collection[str]) -> dict[str, Record]:
        """Return the records of those ids that have one, in the order of the ids."""

    def delete(self, dataset_arn: str, ids: Iterable[str]) -> None:
        """Forget records by id; one that is gone already is no error."""

    def delete_dataset(self, dataset_arn: str) -> None:
        """Forget all records of a dataset."""


class Answers(Protocol):
    """The log of what was recommended: answers {id, group, user, source, time, expires, ...} until they expire."""

    def keep(self, answer: Record) -> None:
        """Keep an answer. Never raises: one that cannot be logged is an answer all the same."""

    def find(self, id_: str) -> Record | None:
        """Return an answer by its recommendationId, or None; one that has expired may still be there."""

    def sources(self, group_arn: str, ids: Iterable[str]) -> dict[str, str]:
        """Return the ARN of what gave each answer of a dataset group that is still in the log, by recommendationId."""

    def page(
        self, group_arn: str, source: str, *, since: float, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Return answers of a campaign or recommender in the order of time, and where to go on.

        They are found among the next `limit` answers of its dataset group, so a page may have none and not be the last.
        """

    def forget(self, group_arn: str, user_ids: Collection[str] | None = None) -> None:
        """Remove what a dataset group's campaigns and recommenders answered to users; None: to anybody."""


class Objects(Protocol):
    """S3. A missing bucket or key raises FileNotFoundError, a refused one PermissionError, a KMS key KeyUnusable."""

    def under(self, kms_key: str | None) -> Self:
        """Return the same port storing everything under a KMS key; None: under the bucket's own.

        Pipeline steps are given one that stores nothing before it was told this (`Deps.of`).
        """

    def for_role(self, role_arn: str | None) -> Self:
        """Return the same port acting under another role; None keeps this one."""

    def list(self, bucket: str, prefix: str) -> list[tuple[str, int, str]]:
        """Return (key, bytes, etag) of every object below a prefix, ordered by key."""

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""

    def read_range(self, bucket: str, key: str, begin: int, size: int, *, etag: str = "") -> bytes:
        """Return up to `size` bytes from one on; of an object that is not that of an `etag` FileNotFoundError."""

    def write(self, bucket: str, key: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Store an object whole."""

    def create(self, bucket: str, key: str, body: bytes) -> bool:
        """Store an object whole, unless there is one of its name; return whether there was none."""

    def begin_upload(self, bucket: str, key: str, *, kms_key: str | None = None) -> str:
        """Begin an object that comes in parts, which nobody sees before all are there; return the upload's id."""

    def upload_part(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> str:
        """Store a part, from 1 on, again over itself if it is repeated; return its tag.

        Every part but the last has at least 5 MB. FileNotFoundError if there is no such upload.
        """

    def finish_upload(self, bucket: str, key: str, upload: str, tags: Sequence[str]) -> None:
        """Make an object of the parts with these tags, in their order."""

    def abandon_upload(self, bucket: str, key: str, upload: str) -> None:
        """Forget an upload with its parts; one that is gone, or that may not be forgotten, is no error."""

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Copy an object to a file."""

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Copy a file to an object."""

    def upload_stream(self, stream: BinaryIO, bucket: str, key: str, *, kms_key: str | None = None) -> None:
        """Store what a stream gives, however long, as one object; if the stream fails, nothing is stored."""

    def delete(self, bucket: str, prefix: str) -> None:
        """Remove every object below a prefix, in all its versions."""


class Keys(Protocol):
    """KMS: the keys under which dataset groups keep their data. One that cannot be used raises KeyUnusable."""

    def new_data_key(self, group_arn: str, kms_key: str, role_arn: str) -> str:
        """Return a fresh data key of a dataset group, enciphered under its KMS key, made as its role."""

    def check(self, group_arn: str, kms_key: str, role_arn: str, data_key: str) -> None:
        """Make sure that the role may still encipher under the key, and both it and this service decipher."""


@dataclass(frozen=True, slots=True)
class Datum:
    """What was measured in one window of a metric: how many values, their sum, the least and the largest.

    `time` is where the window begins, in seconds since 1970.
    """

    name: str
    dimensions: Mapping[str, str]
    time: int
    count: int
    sum: float
    least: float
    largest: float


class Metrics(Protocol):
    """CloudWatch: what is put of one window adds up. A refused call raises PermissionError."""

    def for_role(self, role_arn: str) -> Self:
        """Return the same port acting under another role."""

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        """Publish data in one attempt: all or none. If it raises, nobody knows which, but after PermissionError."""

    def count(self, namespace: str, datum: Datum, *, seconds: int) -> float:
        """Return how many values the window of a datum has by now, in a namespace; it lasts so many seconds."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an execution ended: SUCCEEDED, FAILED, TIMED_OUT or ABORTED, by which error; UNKNOWN: there is none."""

    execution: str
    status: str
    error: str = ""
    cause: str = ""


class Workflows(Protocol):
    """Step Functions: a workflow is started once per name, duplicates collapse."""

    def start(self, workflow: str, arn: str, change: str, **details: object) -> None:
        """Start a workflow (lifecycle, import, training, ...) for a change of one resource."""

    def ending(self, workflow: str, arn: str, change: str, **details: object) -> Ending | None:
        """Return how what was started with the same arguments has ended, or None while it runs."""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a container ended: whether well, and if not, the reason in AWS Batch's words."""

    succeeded: bool
    reason: str = ""
    exit_code: int | None = None


class Jobs(Protocol):
    """AWS Batch, or EMR Serverless: work known by its name; a name that was given out is not started twice."""

    def start(self, name: str, document: str, *, memory: int, vcpus: int, seconds: int) -> str:
        """Let a container, or executors, of so many MB and vCPUs do what an object's JSON says; return its id.

        It is ended after so many seconds.
        """

    def look(self, id_: str) -> JobEnd | None:
        """Return how a container ended, or None while it waits or works."""

    def stop(self, id_: str, reason: str) -> None:
        """End a container, if it has not ended."""
