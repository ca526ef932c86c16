"""What a model is asked: who asks, about which item, and which items an answer may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.domain.filters.expressions import Filter
from tastemaker.store.ports import Event, Record


@dataclass(frozen=True, slots=True)
class Asking:
    """What recommending, exploring, ranking, giving reasons and explaining a filter have in common.

    `events` are those of the user that were recorded since the model was trained, oldest first. `item_id` is the item
    that an answer is about, and CurrentItem in the filter `rule`. `context` has columns of Interactions by the names of
    their schema. `record` is the user's own, if it was put since the training and a filter looks at it.
    `influence` says how far POPULARITY and FRESHNESS count, from 0 to 1.
    """

    user_id: str | None = None
    events: Sequence[Event] = ()
    item_id: str | None = None
    rule: Filter | None = None
    context: Mapping[str, str] | None = None
    record: Record | None = None
    influence: Mapping[str, float] | None = None
