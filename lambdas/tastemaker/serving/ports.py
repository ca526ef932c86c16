"""What operations and pipelines ask of models."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from tastemaker.domain.answers.additions import Known
from tastemaker.domain.answers.exploration import Exploring, Shown
from tastemaker.domain.answers.reasons import Reason
from tastemaker.domain.filters.expressions import Filter
from tastemaker.serving.asking import Asking
from tastemaker.store.ports import Record

# What to do about such a model.
ADVICE = "train a new version"


class UnreadableModel(ValueError):
    """A model as another version of Tastemaker stored it, which this one does not read; the message says what to do.

    `stored` is its format where that is another one.
    """

    def __init__(self, message: str, stored: object = None) -> None:
        super().__init__(message)
        self.stored = stored


class ModelGone(FileNotFoundError):
    """What was not fetched yet of a model is not in the bucket any more: another one took its place."""


class TooLarge(ValueError):
    """A question goes through more of a model than there is room for."""


class Lately(NamedTuple):
    """Events as ids of users and items, and of each event the places of its user and item among them, and its time."""

    user_ids: Sequence[str]
    users: Collection[int]
    item_ids: Sequence[str]
    items: Collection[int]
    times: Collection[int]


class Found(NamedTuple):
    """Ids that a search found, and at which place of the model it goes on; None: there is no more."""

    ids: list[str]
    more: int | None


class Done(NamedTuple):
    """What a user did of which a model knows: an item, when, and how, which is empty where it is not known."""

    item_id: str
    time: float
    event_type: str


class Served(Protocol):
    """A model in memory that answers in ids."""

    @property
    def files(self) -> object:
        """What keeps the model's files where they are, as long as it lives."""

    @property
    def model(self) -> object:
        """What was learned, for a training that continues it."""

    @property
    def recorded_before(self) -> float:
        """Events recorded before this moment are in the model's histories already."""

    def misses(self, user_id: str, *, signals: bool = False) -> bool:
        """Whether a session of this id may have events without a user that training left out.

        `signals`: those with items, of a model that recommends actions.
        """

    @property
    def context_columns(self) -> Sequence[str] | None:
        """Name the columns of Interactions that a context may tell; None of a model that does not know them."""

    def lacks(self, rule: Filter) -> list[str]:
        """Name the fields that a filter reads and the model knows nothing of."""

    def with_items(self, items: Mapping[str, Record]) -> "Served":
        """Return this model with items that were put since its training, by id; those it has not are new to it."""

    @property
    def known(self) -> Known | None:
        """Which items that were put since its training it knows; None if there are none."""

    def ordered_by_now(self, rising: Sequence[str], falling: Sequence[str]) -> Self:
        """Return a trending model whose list has what rises by now first, known or not, and what falls last."""

    @property
    def has_trends(self) -> bool:
        """Whether trends of after its training order it."""

    def recommend(self, asking: Asking, k: int) -> list[tuple[str, float | None]]:
        """Return up to k (item id, score), best first."""

    def explore(self, asking: Asking, k: int, exploring: Exploring, seed: str) -> list[Shown]:
        """Return what `recommend` does, with some places given to young items: the same ones for the same seed."""

    def recommend_actions(self, asking: Asking, k: int, *, now: float, chance: float, seed: str) -> list[Shown]:
        """Return up to k actions with their propensities, likeliest first; places are explored with a `chance`.

        Events that have an `action_id` are what the user did with actions, the others with items; the filter speaks of
        actions as of items (`domain.filters.on_items`).
        """

    def rank(self, asking: Asking, item_ids: Sequence[str]) -> list[tuple[str, float | None]]:
        """Return those of some items that pass the filter, best first, unknown ones at the end without a score."""

    def reasons(self, asking: Asking, item_ids: Sequence[str], *, listed: bool = False) -> list[list[Reason]]:
        """Return what speaks for each item of an answer, strongest first; nothing for items that are not known.

        `listed`: they are a ranking of what was given.
        """

    def explain(self, asking: Asking, item_id: str | None) -> Mapping[str, Any]:
        """Return how many items pass the filter and each condition of it, and how an item fares."""

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of ITEMS that `cells` can give, in capitals."""

    def cells(self, item_ids: Sequence[str], names: Sequence[str]) -> list[dict[str, str]]:
        """Return what each item has in columns of ITEMS, as text; an empty cell and an unknown item have nothing."""

    def knows(self, item_id: str) -> bool:
        """Whether an item was there in the training or was put since."""

    def find_items(self, text: str, name_column: str | None, begin: int, most: int) -> Found:
        """Return items whose id begins with a text or whose name has it, from a place on, among some thousands."""

    def find_users(self, prefix: str, begin: int, most: int) -> Found:
        """Return users of the training whose ids begin with a text, in their order, from a place on."""

    def kept_events(self, user_id: str = "", *, item_id: str = "") -> int:
        """Return how many events of a user the model keeps, or of an item in the histories of all users."""

    def done(self, user_id: str, most: int) -> Iterable[Done]:
        """Return a user's newest events of the training, the last first."""

    def some_items(self, most: int) -> list[str]:
        """Return the ids of up to so many items of the training, from all over the catalogue."""

    def lately(self, seconds: int) -> Lately:
        """Return what was done in the last seconds before the newest event in training."""


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
