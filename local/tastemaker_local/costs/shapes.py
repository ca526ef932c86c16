"""How much there is, and what answers from a model of that size take."""

from dataclasses import dataclass, replace
from typing import Final, Self

from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.serving.artifacts import KEPT_EVENTS
from tastemaker.serving.shelf import LARGEST
from tastemaker_local.costs import bills, prices
from tastemaker_local.costs.trainings import STORED_EVENT

# Of users that nobody has counted: interactions of each.
USUAL_EVENTS: Final = 60
# Bytes of a model beside what the recipe learns: an event that is kept, an id of ten characters, a user's row; and for
# filters each item that a user had an event of a type with, and the user once more.
_HISTORY, _ID, _ROW, _TOUCHED = 16, 40, 8, 8
# Bytes that a large model has fetched at once for each item, at most, and for each byte of blocks that come as they are
# read (serving/fetching.py): the sums of these.
_WHOLE, _SUM = 48, 1 / 2048
# Bytes that a function fetches and verifies in a second.
FETCHED: Final = 100e6
# The function that answers (infra/functions.py): its memory, and the room for all models that it keeps; in MB.
RUNTIME_MEMORY, RUNTIME_ROOM = 1_769, 3_072


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is: interactions, items, and users."""

    rows: int
    items: int
    users: int

    @property
    def counts(self) -> Counts:
        """What a training learns from."""
        return Counts(self.rows, self.users, self.items)

    @property
    def csv(self) -> float:
        """Bytes of the interactions' CSV."""
        return float(self.rows * bills.INTERACTION)

    @property
    def parquet(self) -> float:
        """Bytes of their snapshot."""
        return self.rows * STORED_EVENT

    def grown(self, rows: int) -> Self:
        """Return the same items with other interactions, as many of each user."""
        return replace(self, rows=rows, users=max(1, rows * self.users // self.rows))


@dataclass(frozen=True, slots=True)
class Serving:
    """Answers from a model: bytes of what users did, with all ids, of it for filters, and of what its recipe learns.

    None: nobody has worked out how much that is at most for the recipe. Of a large model `whole` bytes are arrays that
    are read whole.
    """

    histories: float
    touched: float
    learned: float | None
    whole: float

    @property
    def bytes(self) -> float:
        """Of all files that are foreseen, without descriptions of items."""
        return self.histories + self.touched + (self.learned or 0.0)

    @property
    def paged(self) -> bool:
        """Whether it is read by blocks."""
        return self.bytes > LARGEST << 20

    @property
    def at_once(self) -> float:
        """Bytes that are fetched before the first answer."""
        return self.whole + _SUM * self.bytes if self.paged else self.bytes

    @property
    def fits(self) -> bool:
        """Whether the function takes the model."""
        return self.at_once <= LARGEST << 20

    @property
    def first_answer(self) -> float:
        """Seconds until the first answer, in which files are fetched."""
        return self.at_once / FETCHED

    @property
    def dollars(self) -> float:
        """What a million answers cost: requests, and the function's time."""
        asked = 1e6
        time = asked * bills.REQUEST * RUNTIME_MEMORY / 1024
        return prices.REQUEST.of(asked) + prices.INVOCATION.of(asked) + prices.COMPUTE.of(time)


def serving_of(shape: Shape, recipe: Recipe) -> Serving:
    """Return what answers from a recipe's model take."""
    kept = _HISTORY * min(shape.rows, KEPT_EVENTS * shape.users) + _ROW * shape.users
    touched = _TOUCHED * shape.rows + (_ID + _ROW) * shape.users
    learned = recipe.costs.stored(shape.counts) if recipe.costs.stored else None
    return Serving(kept + _ID * (shape.users + shape.items), touched, learned, _WHOLE * shape.items)
