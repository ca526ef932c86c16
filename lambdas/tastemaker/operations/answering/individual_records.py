"""What PutItems and PutUsers said since a model was trained, as an answer knows it and as a replay finds it again."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Self

from tastemaker.domain.answers.additions import Known
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.recipe_types import ACTIONS
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.operations.call import Call
from tastemaker.serving import answerer
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Record


@dataclass(frozen=True, slots=True)
class View:
    """What an answer sees: which items, and when its user was put, where a filter looks at that.

    None: nothing that was put since the training of its model.
    """

    items: Known | None = None
    user: float | None = None

    @classmethod
    def of(cls, model: Served, record: Record | None) -> Self:
        """Say what an answer of this model for a user with this record sees."""
        return cls(model.known, record[RECORDED] if record else None)

    @classmethod
    def from_json(cls, value: Record) -> Self:
        """Read what `to_json` gave."""
        return cls(Known(*value["items"]) if "items" in value else None, value.get("user"))

    def to_json(self) -> Record:
        """Return what a log keeps, short: nothing of nothing."""
        members = {"items": self.items and astuple(self.items), "user": self.user}
        return {name: value for name, value in members.items() if value is not None}


def live_model(call: Call, serving: Record) -> Served:
    """Return the model of a campaign or recommender, with the items that were put since its training and its trends."""
    return _ordered(call, serving, call.models.live(serving["artifact"], _described(serving)))


def put_user(call: Call, serving: Record, model: Served, user_id: str | None, rules: Iterable[Filter]) -> Record | None:
    """Return the record of a user who was put since the training of a model, where filters look at that: one read."""
    return answerer.put_user(call.records, serving["group"], model, user_id, rules)


def model_of_then(call: Call, serving: Record, view: View) -> Served:
    """Return a model with the items that an answer saw, as far as they are still as they were, and its trends."""
    return _ordered(call, serving, _with_items_of_then(call, serving, view.items))


def _with_items_of_then(call: Call, serving: Record, items: Known | None) -> Served:
    artifact, dataset = serving["artifact"], _described(serving)
    if items is None:
        return call.models.get(artifact)
    live = call.models.live(artifact, dataset)
    return live if live.known == items else call.models.as_of(artifact, dataset, items.until)


def _ordered(call: Call, serving: Record, model: Served) -> Served:
    trends = serving.get("trends")
    return call.models.ordered(model, trends) if trends else model


def losses(then: View, now: View) -> list[str]:
    """Say which records that an answer saw are not as they were."""
    differences = []
    if then.items and then.items != now.items:
        rest = now.items.items if now.items else 0
        differences.append(
            f"The answer knew {then.items.items} items put since the training; of those put until then {rest} are "
            "found now: some have been put again since, were deleted, or were not seen yet."
        )
    if then.user is not None and then.user != now.user:
        differences.append("The answer knew its user by PutUsers; that record has been put again since, or is deleted.")
    return differences


def _described(serving: Record) -> str:
    """Return the dataset of what is recommended."""
    return dataset_of(serving["group"], "ACTIONS" if serving["recipe_type"] == ACTIONS else "ITEMS")
