"""What the service needs of the world outside, as protocols; `dynamo.py`, `s3.py` and `memory.py` keep them."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from tastemaker.domain.additions import Known
from tastemaker.domain.exploration import Exploring, Shown
from tastemaker.domain.filters import Filter
from tastemaker.domain.reasons import Reason

# A resource as it is stored: the API's members, and our own under names that begin with an underscore
# (`_arn`, `_kind`, `_parent`, ...), which no reply ever shows.
Record = dict[str, Any]
# What an update sets: the members, or a function of the record as it is in that moment, which may refuse by raising.
Changes = Mapping[str, Any] | Callable[[Record], Mapping[str, Any]]
# A recorded event: user_id, item_id, event_type, event_value, timestamp, event_id, session_id, recorded, ...
Event = dict[str, Any]
# What names one event in its store, and nowhere else.
EventKey = tuple[str, str]


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
    """The events table: durable before `put` returns, each event id kept once."""

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

    def recorded(self, group_arn: str, *, before: float) -> Iterator[Event]:
        """Walk through a group's events that were recorded before a moment, in the order of recording."""

    def newest(self, group_arn: str, *, since: float, most: int) -> Iterator[Event]:
        """Walk through what was recorded of a group from a moment on, newest first, no further than `most` events."""

    def any_since(self, group_arn: str, moment: float) -> bool:
        """Whether any event of a group was recorded at a moment or after it."""

    def count(self, group_arn: str, *, most: int) -> int:
        """Count a group's events, but no further than `most`."""

    def traces(self, group_arn: str, user_ids: Collection[str]) -> list[EventKey]:
        """Return the keys of all that users did, and of what was done in their sessions before they were known."""

    def delete(self, keys: Collection[EventKey]) -> None:
        """Forget events; one that is gone already is no error."""

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

    def page(
        self, group_arn: str, source: str, *, since: float, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Return answers of a campaign or recommender in the order of time, and where to go on.

        They are found among the next `limit` answers of its dataset group, so a page may have none and not be the last.
        """

    def forget(self, group_arn: str, user_ids: Collection[str] | None = None) -> None:
        """Remove what a dataset group's campaigns and recommenders answered to users; None: to anybody."""


class Objects(Protocol):
    """S3. A missing bucket or key raises FileNotFoundError, a refused one PermissionError."""

    def for_role(self, role_arn: str | None) -> Self:
        """Return the same port acting under another role; None keeps this one."""

    def list(self, bucket: str, prefix: str) -> list[tuple[str, int, str]]:
        """Return (key, bytes, etag) of every object below a prefix, ordered by key."""

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object whole."""

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Copy an object to a file."""

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Copy a file to an object."""

    def upload_stream(self, stream: BinaryIO, bucket: str, key: str, *, kms_key: str | None = None) -> None:
        """Store what a stream gives, however long, as one object; if the stream fails, nothing is stored."""

    def delete(self, bucket: str, prefix: str) -> None:
        """Remove every object below a prefix, in all its versions."""


class Workflows(Protocol):
    """Step Functions: a workflow is started once per name, duplicates collapse."""

    def start(self, workflow: str, arn: str, change: str, **details: object) -> None:
        """Start a workflow (lifecycle, import, training, ...) for a change of one resource."""


class Served(Protocol):
    """A model in memory that speaks in ids."""

    def with_items(self, items: Mapping[str, Record]) -> "Served":
        """Return this model with items that were put since its training, by id; those it has not are new to it."""

    def with_user(self, user_id: str, record: Record) -> "Served":
        """Return this model for one user, who was put since its training."""

    @property
    def known(self) -> Known | None:
        """Which items that were put since its training it knows; None if there are none."""

    @property
    def user(self) -> Mapping[str, Any] | None:
        """The record of its one user, if it was given one."""

    def lacks(self, rule: Filter) -> list[str]:
        """Name the fields that a filter reads and the model knows nothing of."""

    def recommend(
        self,
        user_id: str | None,
        events: Sequence[Event],
        *,
        item_id: str | None,
        k: int,
        rule: Filter | None = None,
        context: Mapping[str, str] | None = None,
    ) -> list[tuple[str, float | None]]:
        """Return up to k (item id, score), best first; `events` are those recorded since the model was trained."""

    def explore(
        self,
        user_id: str | None,
        events: Sequence[Event],
        *,
        k: int,
        exploring: Exploring,
        seed: str,
        rule: Filter | None = None,
        context: Mapping[str, str] | None = None,
    ) -> list[Shown]:
        """Return what `recommend` does, with some places given to young items: the same ones for the same seed."""

    def recommend_actions(
        self,
        user_id: str,
        signals: Sequence[Event],
        dealings: Sequence[Event],
        *,
        k: int,
        now: float,
        chance: float,
        seed: str,
        rule: Filter | None = None,
    ) -> list[Shown]:
        """Return up to k actions with their propensities, likeliest first; places are explored with a `chance`.

        `signals` and `dealings` are what the user did with items and actions since the model was trained; of the
        latter `item_id` is the action's, and a rule speaks of items too (`domain.filters.on_items`).
        """

    def rank(
        self,
        user_id: str,
        events: Sequence[Event],
        item_ids: Sequence[str],
        *,
        rule: Filter | None = None,
        context: Mapping[str, str] | None = None,
    ) -> list[tuple[str, float | None]]:
        """Return the given items, best first, unknown ones at the end without a score."""

    def reasons(
        self,
        user_id: str | None,
        events: Sequence[Event],
        item_ids: Sequence[str],
        *,
        item_id: str | None,
        rule: Filter | None = None,
        context: Mapping[str, str] | None = None,
        listed: bool = False,
    ) -> list[list[Reason]]:
        """Return what speaks for each item of an answer, strongest first; nothing for items that are not known."""

    def explain(
        self,
        rule: Filter,
        user_id: str | None,
        events: Sequence[Event],
        *,
        item_id: str | None,
        current_item_id: str | None,
    ) -> Mapping[str, Any]:
        """Return how many items pass a filter and each condition of it, and how an item fares."""

    @property
    def context_columns(self) -> Sequence[str] | None:
        """Name the columns of Interactions that a context may tell; None of a model that does not know them."""

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of ITEMS that `cells` can give, in capitals."""

    def cells(self, item_ids: Sequence[str], names: Sequence[str]) -> list[dict[str, str]]:
        """Return what each item has in columns of ITEMS, as text; an empty cell and an unknown item have nothing."""

    def lately(self, seconds: int) -> tuple[Sequence[str], Sequence[int], Sequence[int]]:
        """Return what was done in the last seconds before the newest event in training.

        Ids of items, and of each event the place of its item among them, and its time.
        """

    def ordered_by_now(self, rising: Sequence[str], falling: Sequence[str]) -> Self:
        """Return a trending model whose list has what rises by now first, known or not, and what falls last."""

    @property
    def has_trends(self) -> bool:
        """Whether trends of after its training order it."""

    @property
    def made(self) -> OrderedDict[str, Any]:
        """What was made of it by name, the newest last: given up when the model is."""

    @property
    def model(self) -> object:
        """What was learned, for a training that continues it."""

    @property
    def recorded_before(self) -> float:
        """Events recorded before this moment are in the model's histories already."""


class Models(Protocol):
    """Trained models, fetched once and verified."""

    def get(self, artifact: Mapping[str, str]) -> Served:
        """Return the model of an artifact record {prefix, sha256}, or raise FileNotFoundError or ValueError."""

    def verify(self, artifact: Mapping[str, str]) -> None:
        """Fetch an artifact whether or not it is here, and raise what `get` would of one that did not arrive whole."""

    def ordered(self, model: Served, trends: Mapping[str, str]) -> Served:
        """Return a model in the order that trends {key, sha256} say, or as it is where they cannot be read."""


class LiveModels(Models, Protocol):
    """Trained models with the items that were put since, dataset by dataset: the newest of them, if they are many."""

    def live(self, artifact: Mapping[str, str], items_arn: str) -> Served:
        """Return a model that knows the items as they are now, but for the newest seconds of other processes."""

    def as_of(self, artifact: Mapping[str, str], items_arn: str, until: float) -> Served:
        """Return a model that knows the items that were put until a moment, as far as they were not put again."""
