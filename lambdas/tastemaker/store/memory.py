"""The stores as dictionaries: fakes for unit tests, kept equal to the real ones by a shared contract suite."""

import copy
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from math import inf
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO, Self

from tastemaker.domain.answers.histories import thinned
from tastemaker.domain.resources import arns
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.errors import ResourceAlreadyExists, ResourceNotFound
from tastemaker.store.contract import already_exists, changed_record, each_once, moment_of, require_status
from tastemaker.store.ports import Changes, Datum, Ending, Event, EventKey, JobEnd, Record, microsecond

_EVERYTHING = 10**9


class MemoryResources:
    """The resources table as a dictionary by ARN."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._claims: dict[str, str] = {}
        self._lock = RLock()

    def create(self, record: Record) -> None:
        """Store a new record and what it claims, or raise ResourceAlreadyExists."""
        with self._lock:
            arn, claims = record["_arn"], record.get("_claims", ())
            holders = [self._claims[claim] for claim in claims if claim in self._claims]
            if holders or arn in self._records:
                raise ResourceAlreadyExists(already_exists(holders[0] if holders else arn))
            self._records[arn] = copy.deepcopy(record)
            self._claims.update(dict.fromkeys(claims, arn))

    def find(self, arn: str) -> Record | None:
        """Return a record, or None."""
        return copy.deepcopy(self._records.get(arn))

    def get(self, arn: str) -> Record:
        """Return a record, or raise ResourceNotFound."""
        if arn not in self._records:
            raise ResourceNotFound(arns.not_found(arn))
        return copy.deepcopy(self._records[arn])

    def page(
        self,
        kind: str,
        *,
        parent: str | None = None,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> tuple[list[Record], str | None]:
        """Return up to `limit` records in the order of creation, and where to go on."""
        rows = [r for r in list(self._records.values()) if r["_kind"] == kind and parent in {None, r.get("_parent")}]
        rows.sort(key=lambda r: str(r["_created"]), reverse=newest_first)
        if after:
            rows = [r for r in rows if (r["_created"] < after if newest_first else r["_created"] > after)]
        more = rows[limit - 1]["_created"] if len(rows) > limit else None
        return copy.deepcopy(rows[:limit]), more

    def every(self, kind: str, *, parent: str | None = None) -> Iterator[Record]:
        """Walk through all records of a kind."""
        yield from self.page(kind, parent=parent, limit=len(self._records) + 1)[0]

    def update(
        self, arn: str, changes: Changes, *, when: Collection[str] | None = None, drop: Collection[str] = ()
    ) -> Record:
        """Set and drop members if the status is one of `when`."""
        with self._lock:
            record = self.get(arn)
            require_status(record, when)
            self._records[arn] = copy.deepcopy(changed_record(record, changes, drop))
            return self.get(arn)

    def delete(self, arn: str, *, when: Collection[str] | None = None) -> None:
        """Remove a record if its status is one of `when`."""
        with self._lock:
            if record := self._records.get(arn):
                require_status(record, when)
                del self._records[arn]
                self._claims = {claim: holder for claim, holder in self._claims.items() if holder != arn}


class MemoryEvents:
    """The events table as a dictionary by history and moment."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], dict[tuple[int, str], Event]] = {}

    def put(self, group_arn: str, events: Sequence[Event]) -> None:
        """Keep events; what is there already stays as it is."""
        for event in events:
            history = self._events.setdefault((group_arn, event["user_id"]), {})
            history.setdefault((event["timestamp"], event["event_id"]), dict(event))

    def history(self, group_arn: str, user_id: str, *, limit: int) -> list[Event]:
        """Return a user's newest events, oldest first."""
        history = self._events.get((group_arn, user_id), {})
        return [history[key] for key in sorted(history)][-limit:]

    def since(
        self, group_arn: str, user_id: str, *, recorded_from: float, limit: int | None = None, whole: bool = False
    ) -> list[Event]:
        """Return what was recorded of a user from a moment on, oldest event first, each event id once."""
        history = self._events.get((group_arn, user_id), {}).values()
        begin = microsecond(recorded_from)
        fresh = sorted((e for e in history if microsecond(e["recorded"]) >= begin), key=lambda e: float(e["recorded"]))
        return each_once(fresh[-limit:] if limit else fresh) if limit or whole else thinned(fresh)

    def recorded(self, group_arn: str, *, before: float, since: float = 0.0) -> Iterator[Event]:
        """Walk through a group's events in the order of recording."""
        events = [e for (group, _), history in self._events.items() if group == group_arn for e in history.values()]
        begin, end = microsecond(since), microsecond(before)
        found = (e for e in events if begin <= microsecond(e["recorded"]) < end)
        yield from sorted(found, key=lambda e: float(e["recorded"]))

    def newest(self, group_arn: str, *, since: float, most: int) -> Iterator[Event]:
        """Walk through what was recorded of a group from a moment on, newest first."""
        yield from [*self.recorded(group_arn, before=inf, since=since)][: -most - 1 : -1]

    def any_since(self, group_arn: str, moment: float) -> bool:
        """Whether any event of a group was recorded at a moment or after it."""
        return any(True for _ in self.recorded(group_arn, before=inf, since=moment))

    def count(self, group_arn: str, *, most: int) -> int:
        """Count a group's events, but no further than `most`."""
        return min(most, sum(len(history) for (group, _), history in self._events.items() if group == group_arn))

    def sessions(self, group_arn: str, user_ids: Collection[str]) -> set[str]:
        """Return the sessions in which users did something."""
        own = [event for user in user_ids for event in self.history(group_arn, user, limit=_EVERYTHING)]
        return {event["session_id"] for event in own if event.get("session_id")} - {*user_ids}

    def traces(self, group_arn: str, user_ids: Collection[str]) -> list[EventKey]:
        """Return the keys of all that users did, and of what was done in their sessions before they were known."""
        own = [(user, event) for user in user_ids for event in self.history(group_arn, user, limit=_EVERYTHING)]
        sessions = self.sessions(group_arn, user_ids)
        before = [(s, e) for s in sessions for e in self.history(group_arn, s, limit=_EVERYTHING) if e.get("anonymous")]
        return [(f"{group_arn}#{owner}", f"{e['timestamp']:012d}#{e['event_id']}") for owner, e in own + before]

    def delete(self, keys: Collection[EventKey]) -> None:
        """Forget events."""
        for history, moment in keys:
            group, _, user = history.partition("#")
            timestamp, _, event_id = moment.partition("#")
            self._events.get((group, user), {}).pop((int(timestamp), event_id), None)
        self._events = {key: history for key, history in self._events.items() if history}

    def drop(self, group_arn: str, events: Iterable[Event]) -> None:
        """Forget these events of a dataset group."""
        for event in events:
            self._events.get((group_arn, event["user_id"]), {}).pop((event["timestamp"], event["event_id"]), None)
        self._events = {key: history for key, history in self._events.items() if history}

    def delete_group(self, group_arn: str) -> None:
        """Forget all events of a dataset group."""
        self._events = {key: value for key, value in self._events.items() if key[0] != group_arn}


class MemoryRecords:
    """The records table as a dictionary by dataset."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Record]] = {}
        self._news = Counter[str]()

    def put(self, dataset_arn: str, records: Mapping[str, Record]) -> None:
        """Keep records by id."""
        self._records.setdefault(dataset_arn, {}).update(records)
        self._news[dataset_arn] += 1

    def every(self, dataset_arn: str) -> Iterator[tuple[str, Record]]:
        """Walk through a dataset's ids and records."""
        yield from sorted(self._records.get(dataset_arn, {}).items())

    def since(self, dataset_arn: str, *, recorded_from: float, recorded_until: float, most: int) -> dict[str, Record]:
        """Return the `most` records put last between two moments, newest first."""
        records = self._records.get(dataset_arn, {}).items()
        put = [(id_, r) for id_, r in records if RECORDED in r and recorded_from <= r[RECORDED] <= recorded_until]
        return dict(sorted(put, key=lambda each: float(each[1][RECORDED]), reverse=True)[:most])

    def news(self, dataset_arn: str) -> int:
        """Return a number that changes when this process puts records into a dataset."""
        return self._news[dataset_arn]

    def count(self, dataset_arn: str, *, most: int) -> int:
        """Count a dataset's records, but no further than `most`."""
        return min(most, len(self._records.get(dataset_arn, {})))

    def found(self, dataset_arn: str, ids: Collection[str]) -> dict[str, Record]:
        """Return the records of those ids that have one."""
        records = self._records.get(dataset_arn, {})
        return {id_: records[id_] for id_ in ids if id_ in records}

    def delete(self, dataset_arn: str, ids: Iterable[str]) -> None:
        """Forget records by id."""
        for id_ in ids:
            self._records.get(dataset_arn, {}).pop(id_, None)

    def delete_dataset(self, dataset_arn: str) -> None:
        """Forget all records of a dataset."""
        self._records.pop(dataset_arn, None)


class MemoryAnswers:
    """The log of answers as a dictionary."""

    def __init__(self) -> None:
        self._answers: dict[str, Record] = {}

    def keep(self, answer: Record) -> None:
        """Keep an answer."""
        self._answers[answer["id"]] = copy.deepcopy(answer)

    def find(self, id_: str) -> Record | None:
        """Return an answer, or None."""
        return copy.deepcopy(self._answers.get(id_))

    def sources(self, group_arn: str, ids: Iterable[str]) -> dict[str, str]:
        """Return what gave each answer of a dataset group, by id."""
        answers = (self._answers.get(id_) for id_ in ids)
        return {a["id"]: a["source"] for a in answers if a and a["group"] == group_arn}

    def page(
        self, group_arn: str, source: str, *, since: float, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Return the source's answers among the next `limit` of its group, and where to go on."""
        of_group = [(moment_of(a), a) for a in self._answers.values() if a["group"] == group_arn]
        answers = sorted((moment, a) for moment, a in of_group if a["time"] >= since and moment > (after or ""))
        more = answers[limit - 1][0] if len(answers) > limit else None
        return [copy.deepcopy(answer) for _, answer in answers[:limit] if answer["source"] == source], more

    def forget(self, group_arn: str, user_ids: Collection[str] | None = None) -> None:
        """Remove what a dataset group answered to users, or to anybody."""
        for id_, answer in list(self._answers.items()):
            if answer["group"] == group_arn and (user_ids is None or answer["user"] in user_ids):
                del self._answers[id_]


class MemoryObjects:
    """S3 as a dictionary; buckets are made by the first write."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.keys: dict[tuple[str, str], str | None] = {}
        self._uploads: dict[tuple[str, str, str], dict[int, bytes] | None] = {}
        self._kms_key: str | None = None

    def under(self, kms_key: str | None) -> Self:
        """Return the same objects, noting for each that is stored under which key it is."""
        other = copy.copy(self)
        other._kms_key = kms_key  # noqa: SLF001 - its own
        return other

    def for_role(self, role_arn: str | None) -> Self:
        """Return itself: memory knows no permissions."""
        del role_arn
        return self

    def list(self, bucket: str, prefix: str) -> list[tuple[str, int, str]]:
        """Return (key, bytes, etag) below a prefix."""
        return sorted(
            (key, len(body), md5(body, usedforsecurity=False).hexdigest())
            for (b, key), body in self.objects.items()
            if b == bucket and key.startswith(prefix)
        )

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        try:
            return self.objects[bucket, key]
        except KeyError:
            raise FileNotFoundError(f"s3://{bucket}/{key}") from None

    def read_range(self, bucket: str, key: str, begin: int, size: int, *, etag: str = "") -> bytes:
        """Return some of an object's bytes, if it is still that of a tag."""
        body = self.read(bucket, key)
        if etag and md5(body, usedforsecurity=False).hexdigest() != etag:
            raise FileNotFoundError(f"s3://{bucket}/{key}")
        return body[begin : begin + size]

    def write(self, bucket: str, key: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Store an object whole; memory knows no encryption but remembers the key."""
        self.objects[bucket, key] = body
        self.keys[bucket, key] = kms_key or self._kms_key

    def create(self, bucket: str, key: str, body: bytes) -> bool:
        """Store an object, unless there is one of its name."""
        is_new = (bucket, key) not in self.objects
        if is_new:
            self.write(bucket, key, body)
        return is_new

    def begin_upload(self, bucket: str, key: str, *, kms_key: str | None = None) -> str:
        """Begin an object that comes in parts."""
        upload = f"{len(self._uploads)}"
        self._uploads[bucket, key, upload] = {}
        self.keys[bucket, key] = kms_key or self._kms_key
        return upload

    def upload_part(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> str:
        """Store a part and return its tag."""
        self._parts(bucket, key, upload)[number] = body
        return md5(body, usedforsecurity=False).hexdigest()

    def finish_upload(self, bucket: str, key: str, upload: str, tags: Sequence[str]) -> None:
        """Make an object of parts."""
        parts = self._parts(bucket, key, upload)
        self.objects[bucket, key] = b"".join(parts[n] for n in range(1, len(tags) + 1))
        self.abandon_upload(bucket, key, upload)

    def abandon_upload(self, bucket: str, key: str, upload: str) -> None:
        """Forget an upload with its parts."""
        self._uploads[bucket, key, upload] = None

    def _parts(self, bucket: str, key: str, upload: str) -> dict[int, bytes]:
        parts = self._uploads.get((bucket, key, upload))
        if parts is None:
            raise FileNotFoundError(f"s3://{bucket}/{key} has no upload {upload}")
        return parts

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Copy an object to a file."""
        path.write_bytes(self.read(bucket, key))

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Copy a file to an object."""
        self.write(bucket, key, path.read_bytes())

    def upload_stream(self, stream: BinaryIO, bucket: str, key: str, *, kms_key: str | None = None) -> None:
        """Store what a stream gives; memory enciphers nothing."""
        self.under(kms_key or self._kms_key).write(bucket, key, stream.read())

    def delete(self, bucket: str, prefix: str) -> None:
        """Remove every object below a prefix."""
        for key, _, _ in self.list(bucket, prefix):
            del self.objects[bucket, key]
            self.keys.pop((bucket, key), None)


class MemoryMetrics:
    """CloudWatch as a list of what was put, in each namespace."""

    def __init__(self) -> None:
        self.data: list[tuple[str, Datum]] = []

    def for_role(self, role_arn: str) -> Self:
        """Return itself: memory knows no permissions."""
        del role_arn
        return self

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        """Keep data."""
        self.data += [(namespace, datum) for datum in data]

    def count(self, namespace: str, datum: Datum, *, seconds: int) -> float:
        """Return how many values the window of a datum has."""
        end, whose = datum.time + seconds, (namespace, datum.name, datum.dimensions)
        return float(
            sum(
                other.count
                for place, other in self.data
                if (place, other.name, other.dimensions) == whose and datum.time <= other.time < end
            )
        )


@dataclass(slots=True)
class MemoryWorkflows:
    """Remembers what was started, for tests to look at or to run."""

    started: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # How executions ended, by resource; where nothing is said they run.
    endings: dict[str, Ending] = field(default_factory=dict)

    def start(self, workflow: str, arn: str, change: str, **details: object) -> None:
        """Note a start."""
        self.started.append((workflow, {"arn": arn, "change": change, **details}))

    def ending(self, workflow: str, arn: str, change: str, **details: object) -> Ending | None:
        """Return how a resource's execution ended, if a test has said so."""
        del workflow, change, details
        return self.endings.get(arn)


@dataclass
class MemoryJobs:
    """Remembers what containers are to do, for tests to look at or to run."""

    started: dict[str, dict[str, Any]] = field(default_factory=dict)
    # How containers ended, by name; where nothing is said they work.
    ends: dict[str, JobEnd] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    def start(self, name: str, document: str, *, memory: int, vcpus: int, seconds: int) -> str:
        """Note a start; its id is its name."""
        self.started.setdefault(name, {"document": document, "memory": memory, "vcpus": vcpus, "seconds": seconds})
        return name

    def look(self, id_: str) -> JobEnd | None:
        """Return how a container ended, if a test has said so."""
        return self.ends.get(id_)

    def stop(self, id_: str, reason: str) -> None:
        """End a container."""
        self.stopped.append(id_)
        self.ends.setdefault(id_, JobEnd(succeeded=False, reason=reason))
