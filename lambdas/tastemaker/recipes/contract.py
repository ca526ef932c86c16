"""What a recipe and its model are to everybody else."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from tastemaker.recipes import workers
from tastemaker.recipes.costs import COUNTING, Costs, Counts
from tastemaker.recipes.data import Cause, Ids, Indices, Mask, Newcomers, Query, Ranking, TrainingData
from tastemaker.recipes.metadata import Metadata

Arrays = Mapping[str, NDArray[Any]]
Progress = Callable[[float, str], None]
Told = Callable[[Ids, Ids], Mask]


class Model(Protocol):
    """What fitting returns: answers queries, and is arrays plus a few JSON-able settings."""

    @property
    def settings(self) -> dict[str, Any]:
        """Return what is needed beside the arrays to build the model again."""

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return up to k distinct items, best first, all of them allowed; `allowed` has shape (n_items,)."""

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, best first."""

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return what speaks for each item of an answer, or of a ranking where they were `listed`; strongest first."""

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same model with more items, numbered behind its own, that nobody has met yet."""

    def with_users(self, keep: Mask, told: Told) -> Self:
        """Return the same model without what it holds of the users that are not kept; `keep` is (users,).

        The others are numbered anew, in their order, and answered as before. `told` says of columns and values of
        interactions, both (values,), which anybody who is left has told.
        """

    @property
    def describes(self) -> bool:
        """Whether it can tell such an item by its description."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array the model needs."""

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the model again; the arrays may be memory-mapped and read-only."""


class Impersonal:
    """A model that holds nothing of any one user: what it learned from all of them stays when some leave."""

    __slots__ = ()

    def with_users(self, keep: Mask, told: Told) -> Self:
        """Return the same model."""
        del keep, told
        return self


class Fit(Protocol):
    """How a recipe learns: the same data, parameters and seed give the same arrays."""

    def __call__(
        self, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
    ) -> Model: ...


class Spread(Protocol):
    """How a recipe learns where many machines count: what a sample of users has chosen, all events are counted by.

    Models, kernels and counts are those of the recipe's family.
    """

    def memory(self, counts: Counts) -> float:
        """Return the bytes that learning from what was counted needs at its peak."""

    def counting_seconds(self, counts: Counts) -> float:
        """Return the seconds of cores that counting takes."""

    def kernel(self, like: Any) -> Any:  # noqa: ANN401
        """Return how pairs of events are counted, as a model of a sample has chosen."""

    def learn(self, like: Any, counted: Any, data: TrainingData, *, progress: Progress) -> Model:  # noqa: ANN401
        """Learn of all users from what was counted; `data` has what describes them and the items, and no events."""


@dataclass(frozen=True, slots=True)
class Essence:
    """What a recipe's learning comes to on some data: where `what` is equal for two of them, they learn the same.

    `why` names what the data lack that could set it apart from others; `described`: whether items or users are known
    by more than their ids.
    """

    what: Hashable
    why: str = ""
    described: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe: what it says about itself, how it learns, and how its model is read back."""

    metadata: Metadata
    learn: Fit
    model: type[Model]
    # What its training takes.
    costs: Costs = COUNTING
    # How it is judged where that is not by lists of items.
    measure: Callable[..., Any] | None = None
    # Of recipes that share an engine: what is left of their differences on some data.
    essence: Callable[[TrainingData, Mapping[str, str]], Essence] | None = None
    # How it learns from what many machines have counted, if it can.
    spread: Spread | None = None

    @property
    def name(self) -> str:
        """Return the name AWS gave it."""
        return self.metadata.name

    def fit(
        self,
        data: TrainingData,
        parameters: Mapping[str, str] | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Model:
        """Learn a model; settings that are not given take their defaults."""
        settings = self.metadata.resolve(parameters or {})
        with workers.one_blas_thread():
            return self.learn(data, settings, seed=seed, progress=progress or silent)


def recipe(
    metadata: Metadata, model: type[Model], *, costs: Costs = COUNTING, measure: Callable[..., Any] | None = None
) -> Callable[[Fit], Recipe]:
    """Turn a fit function into the recipe of its module."""

    def decorate(learn: Fit) -> Recipe:
        return Recipe(metadata, learn, model, costs, measure)

    return decorate


def silent(fraction: float, phrase: str) -> None:
    """Report progress to nobody."""


def share(progress: Progress, low: float, high: float) -> Progress:
    """Return a progress callback for the part of a longer work between two fractions."""
    return lambda fraction, phrase: progress(low + (high - low) * fraction, phrase)
