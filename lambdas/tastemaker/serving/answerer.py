"""What answers a question, be it a request's or a line of a batch job: all that both decide alike is decided here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.contexts import context_of
from tastemaker.domain.answers.exploration import Exploring, Shown
from tastemaker.domain.answers.histories import Cut, most_events
from tastemaker.domain.answers.moments import believed
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.serving.asking import Asking
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Event, Events, Record, Records

_DIGITS = 7  # of a score


@dataclass(frozen=True, slots=True)
class Reading:
    """Which recorded events a model does not know of: those `since` its training, and a session's without a user."""

    begin: float
    since: float

    @classmethod
    def of(cls, model: Served, user_id: str, *, signals: bool = False) -> Self:
        """Decide from which recording on a user or session is read; `signals` are what is done with items, not actions.

        Who was in the training is read from there on only: others may have more before it than they have since.
        """
        since = model.recorded_before
        return cls(0.0 if model.misses(user_id, signals=signals) else since, since)

    def events(self, recordings: Iterable[Event]) -> list[Event]:
        """Return those of some recordings that the model does not know of, at moments that can be believed."""
        return believed([each for each in recordings if each["recorded"] >= self.since or each.get("anonymous")])


@dataclass(frozen=True, slots=True)
class Answerer:
    """A model of a recipe, and the events of the dataset group that it is of; `exploring` where answers explore."""

    model: Served
    recipe: str
    events: Events
    group: str
    exploring: Exploring | None = None

    def context(self, context: Mapping[str, str] | None) -> dict[str, str]:
        """Return a context under the names of the model's columns, or raise UnknownContext."""
        return context_of(context, self.model.context_columns)

    def history(self, user_id: str | None, rules: Iterable[Filter], cut: Cut | None = None) -> list[Event]:
        """Return what was recorded last of a user since the training, or all of it where a filter asks for that.

        Of a session that never became a user's, what was recorded before it as well: no model learns from that.
        With a cut, what was there then.
        """
        if not user_id:
            return []
        most, reading = most_events(rules), Reading.of(self.model, user_id)
        if cut is None:
            return reading.events(self.events.since(self.group, user_id, recorded_from=reading.begin, limit=most))
        whole = self.events.since(self.group, user_id, recorded_from=reading.begin, whole=True)
        return reading.events(cut.within(whole, most))

    def answer(self, asking: Asking, k: int, *, item_ids: Iterable[str] | None = None, seed: str = "") -> list[Shown]:
        """Return those of `item_ids` that pass the filter, or else the k best items, best first.

        Recommendations are explored where answers explore: alike for the same seed.
        """
        if item_ids is not None:
            return _certain(self.model.rank(asking, list(dict.fromkeys(item_ids))))
        if self.exploring is None:
            return self.best(asking, k)
        return _drawn(self.model.explore(asking, k, self.exploring, seed))

    def best(self, asking: Asking, k: int) -> list[Shown]:
        """Return the k best items, none of them by chance."""
        items = _certain(self.model.recommend(asking, k))
        if self.recipe not in reasons.RECIPES:
            return items
        return [each if each.score is not None else each._replace(placeholder=True) for each in items]

    def actions(self, asking: Asking, k: int, *, now: float, seed: str) -> list[Shown]:
        """Return the k likeliest actions, explored alike for the same seed."""
        chance = self.exploring.chance if self.exploring else 0.0
        return _drawn(self.model.recommend_actions(asking, k, now=now, chance=chance, seed=seed))


def put_user(
    records: Records, group: str, model: Served, user_id: str | None, rules: Iterable[Filter]
) -> Record | None:
    """Return the record of a user who was put since the training of a model, where filters look at that: one read."""
    if not user_id or not any(dataset == "USERS" for rule in rules for dataset, _ in rule.fields):
        return None
    record = records.found(dataset_of(group, "USERS"), [user_id]).get(user_id)
    return record if record is not None and record.get(RECORDED, 0.0) >= model.recorded_before else None


def _certain(items: Sequence[tuple[str, float | None]]) -> list[Shown]:
    """Return what nothing was left to chance for."""
    return [Shown(item_id, _rounded(score)) for item_id, score in items]


def _drawn(items: Sequence[Shown]) -> list[Shown]:
    """Return what chance had a part in."""
    return [Shown(each.item_id, _rounded(each.score), each.propensity, each.explored) for each in items]


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, _DIGITS)
