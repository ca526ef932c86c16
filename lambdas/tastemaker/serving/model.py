"""A model that answers in ids: what was learned, and laid over it what was put since and the order of trends."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.additions import Known
from tastemaker.domain.answers.exploration import Exploring, Shown
from tastemaker.domain.answers.reasons import Reason
from tastemaker.domain.filters.expressions import Filter
from tastemaker.recipes.additions import Additions
from tastemaker.recipes.attributes.cells import Cells
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import EXCLUDED_EVENTS, Cause, Mask, Query, Ranking, Value
from tastemaker.serving import browsing, exploration, filter_explanations
from tastemaker.serving.artifacts import Artifact, load
from tastemaker.serving.asking import Asking
from tastemaker.serving.event_rules import EventRules
from tastemaker.serving.filtering import Filtering, cells_of
from tastemaker.serving.ports import Done, Found, Lately
from tastemaker.serving.trend_order import Order
from tastemaker.store.ports import Record

if TYPE_CHECKING:
    from tastemaker.serving.actions import ServedActions

Answer = list[tuple[str, float | None]]


@dataclass(frozen=True, eq=False)
class ServedModel:
    """An artifact in memory, asked with ids and with the events recorded since it was trained.

    `additions` are the items that were put since, `known` says which these are; `order` is that of trends, if it has
    been laid over the model. `column` reads a text column of ITEMS, once for all models of one training.
    """

    artifact: Artifact
    filtering: Filtering
    event_rules: EventRules
    column: Callable[[str], Cells]
    additions: Additions
    known: Known | None = None
    order: Order | None = None

    @classmethod
    def of(cls, artifact: Artifact) -> Self:
        """Serve an artifact as it was trained."""
        return cls(
            artifact,
            Filtering(artifact),
            EventRules.of(artifact.manifest),
            cache(partial(artifact.catalogue.cells, "ITEMS")),
            Additions.of({}, artifact.item_ids),
        )

    def with_items(self, items: Mapping[str, Record]) -> Self:
        """Return this model with items that were put since its training, by id; those it has not are new to it."""
        rows = {id_: {**cells_of(record), "ITEM_ID": id_} for id_, record in items.items()}
        additions = Additions.of(rows, self.artifact.item_ids)
        artifact = self.artifact.grown(additions)
        filtering = Filtering(artifact, additions, self.filtering)
        return replace(self, artifact=artifact, filtering=filtering, additions=additions, known=Known.of(items))

    def ordered_by_now(self, rising: Sequence[str], falling: Sequence[str]) -> Self:
        """Return a trending model whose list has what rises by now first, known or not, and what falls last."""
        return replace(self, order=Order.of(self.artifact, rising, falling))

    @property
    def files(self) -> object:
        """What reads the model's files late, and is shared by all that is laid over it: while it lives, they stay."""
        return self.artifact.catalogue

    @property
    def model(self) -> Model:
        """What was learned, for a training that continues it."""
        return self.artifact.model

    @property
    def has_trends(self) -> bool:
        """Whether trends of after its training order it."""
        return self.order is not None

    @property
    def recorded_before(self) -> float:
        """Events recorded before this moment are in the model's histories already."""
        return self.event_rules.recorded_before

    def misses(self, user_id: str, *, signals: bool = False) -> bool:
        """Whether a session of this id may have events without a user that training left out."""
        return self._actions.misses(user_id) if signals else self.filtering.misses(user_id)

    @property
    def context_columns(self) -> Sequence[str] | None:
        """Name the columns of Interactions that a context may tell; None of a model that does not know them."""
        return self.event_rules.context_columns

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of ITEMS that `cells` can give, in capitals."""
        return self.artifact.catalogue.fields("ITEMS")

    def cells(self, item_ids: Sequence[str], names: Sequence[str]) -> list[dict[str, str]]:
        """Return what each item has in columns of ITEMS, as text; an empty cell and an unknown item have nothing."""
        columns = [(name, self.column(name)) for name in names]
        rows = [self._texts(item_id, columns) for item_id in item_ids]
        return [{name: text for name, text in row if text} for row in rows]

    def _texts(self, item_id: str, columns: Sequence[tuple[str, Cells]]) -> list[tuple[str, str]]:
        addition = self.additions.row(item_id)
        if addition is not None:
            return [(name, _text(addition.get(name, ""))) for name, _ in columns]
        item = self.artifact.item_index(item_id)
        return [] if item is None else [(name, cells.text(item)) for name, cells in columns]

    def knows(self, item_id: str) -> bool:
        """Whether an item was there in the training or was put since."""
        return self.artifact.item_index(item_id) is not None

    def find_items(self, text: str, name_column: str | None, begin: int, most: int) -> Found:
        """Return items whose id begins with a text or whose name in a column of `columns` has it, from a place on."""
        columns = [(name_column, self.column(name_column))] if name_column else []

        def name_of(item_id: str) -> str:
            return dict(self._texts(item_id, columns)).get(name_column or "", "")

        return browsing.items_with(self.artifact, name_of, text, begin, most)

    def find_users(self, prefix: str, begin: int, most: int) -> Found:
        """Return users of the training whose ids begin with a text, in their order, from a place on."""
        return browsing.users_with(self.artifact, prefix, begin, most)

    def kept_events(self, user_id: str = "", *, item_id: str = "") -> int:
        """Return how many events of a user the artifact keeps, or of an item in the histories of all users."""
        return browsing.events_with(self.artifact, item_id) if item_id else browsing.events_of(self.artifact, user_id)

    def done(self, user_id: str, most: int) -> Iterable[Done]:
        """Return a user's newest events of the training, the last first."""
        return browsing.history(self.artifact, user_id, most)

    def some_items(self, most: int) -> list[str]:
        """Return the ids of up to so many items of the training, from all over the catalogue."""
        item_ids = self.artifact.item_ids
        some: list[str] = item_ids[:: max(1, -(-len(item_ids) // most))].tolist()
        return some

    def lately(self, seconds: int) -> Lately:
        """Return what was done in the last seconds before the newest event in training.

        Of a user with more events than an artifact keeps, the older ones are missing.
        """
        times = self.artifact.history_times
        newest = np.flatnonzero(times > times.max(initial=0) - seconds)
        users, owners = np.unique(
            np.searchsorted(self.artifact.history_starts, newest, side="right") - 1, return_inverse=True
        )
        items, places = np.unique(self.artifact.history_items[newest], return_inverse=True)
        user_ids, item_ids = self.artifact.user_ids[users].tolist(), self.artifact.item_ids[items].tolist()
        return Lately(user_ids, owners, item_ids, places, times[newest])

    def lacks(self, rule: Filter) -> list[str]:
        """Name the fields that a filter reads and the model knows nothing of."""
        return self.filtering.lacks(rule)

    def recommend(self, asking: Asking, k: int) -> Answer:
        """Return up to k (item id, score), best first, none that the recipe or a filter keeps out for this user."""
        allowed = self._allowed(asking)
        if self.order is not None:
            return self.order.answer(k, allowed, self._allowed_strangers(asking, self.order))
        query = self._query(asking, self._item(asking))
        if asking.rule is not None and self.artifact.recipe.name in reasons.RECIPES:
            query = replace(query, placeholders=True)
        return self._answer(self.model.recommend(query, k, allowed))

    def explore(self, asking: Asking, k: int, exploring: Exploring, seed: str) -> list[Shown]:
        """Return what `recommend` does, with some places given to young items that may be shown too."""
        query, allowed, fresh = self._query(asking), self._allowed(asking), self.artifact.fresh
        ranking = self.model.recommend(query, k, allowed)
        if fresh is None or not exploring.chance:
            draw = exploration.certain(ranking)
        else:
            young = fresh.young(exploring.days)
            young = young if allowed is None else young[allowed[young]]
            number = exploration.seed_of(seed)
            draw = exploration.draw(self.model, query, ranking, fresh, young, chance=exploring.chance, seed=number)
        chances = zip(draw.propensities.tolist(), draw.explored.tolist(), strict=True)
        return [Shown(*item, *chance) for item, chance in zip(self._answer(draw.ranking), chances, strict=True)]

    def recommend_actions(self, asking: Asking, k: int, *, now: float, chance: float, seed: str) -> list[Shown]:
        """Return up to k actions with their propensities, likeliest first, of a model whose items are actions."""
        return self._actions.recommend(asking, k, now=int(now), chance=chance, seed=seed)

    @cached_property
    def _actions(self) -> "ServedActions":
        from tastemaker.serving.actions import ServedActions  # noqa: PLC0415  other cold starts wait less

        return ServedActions(self.artifact, self.filtering, self.additions)

    def rank(self, asking: Asking, item_ids: Sequence[str]) -> Answer:
        """Return the given items that pass a filter, best first; unknown ones at the end, without a score."""
        places = {item_id: self.artifact.item_index(item_id) for item_id in item_ids}
        if asking.rule is not None:
            places = self._passing(places, asking.rule, asking)
        trained = len(self.artifact.item_ids)
        # What is new to the model has a place of its own where it can be told by its description.
        ranks = {id_: i for id_, i in places.items() if i is not None and (i < trained or self.model.describes)}
        rest: Answer = [(item_id, None) for item_id in places if item_id not in ranks]
        if not ranks:
            return rest
        items = np.array(list(ranks.values()), np.int32)
        return self._answer(self.model.rank(self._query(asking), items)) + rest

    def _passing(self, places: Mapping[str, int | None], rule: Filter, asking: Asking) -> dict[str, int | None]:
        """Return which of some items pass a filter, whether the model knows them or not."""
        strangers = [item_id for item_id, place in places.items() if place is None]
        mask = self.filtering.allowed_strangers(rule, asking, strangers).tolist()
        passes = dict(zip(strangers, mask, strict=True))
        allowed = self.filtering.allowed(rule, asking)
        return {id_: i for id_, i in places.items() if (passes[id_] if i is None else allowed[i])}

    def reasons(self, asking: Asking, item_ids: Sequence[str], *, listed: bool = False) -> list[list[Reason]]:
        """Return what speaks for each item of an answer, or of a ranking where they were `listed`."""
        if self.order is not None:
            return [[Reason("Trend" if self.order.rises(each) else "Popularity", 1.0)] for each in item_ids]
        places = [self.artifact.item_index(each) for each in item_ids]
        items = np.array([place for place in places if place is not None], np.int32)
        if not len(items):
            return [[] for _ in places]
        query = self._query(asking, self._item(asking))
        allowed = None if listed else self._allowed(asking)
        causes = iter(self.model.causes(query, items, allowed, listed=listed))
        return [[] if place is None else [self._reason(cause) for cause in next(causes)] for place in places]

    def _reason(self, cause: Cause) -> Reason:
        item_id = None if cause.item is None else self.artifact.name(cause.item)
        return Reason(cause.kind, cause.share, item_id)

    def explain(self, asking: Asking, item_id: str | None) -> Mapping[str, Any]:
        """Return how many items pass the filter and each condition of it, and how an item fares."""
        rule = asking.rule or Filter(())
        return filter_explanations.explain(self.filtering, rule, asking, item_id, self._unused(asking))

    def _item(self, asking: Asking) -> int | None:
        return None if asking.item_id is None else self.artifact.item_index(asking.item_id)

    def _allowed(self, asking: Asking) -> Mask | None:
        """Leave out what the recipe or a filter keeps from this user; None where nothing is kept out."""
        unused = self._unused(asking)
        if asking.rule is None:
            return unused
        passing = self.filtering.allowed(asking.rule, asking)
        return passing if unused is None else passing & unused

    def _allowed_strangers(self, asking: Asking, order: Order) -> Mask | None:
        if asking.rule is None:
            return None
        return self.filtering.allowed_strangers(asking.rule, asking, order.strangers)

    def _unused(self, asking: Asking) -> Mask | None:
        """Leave out what the user watched or bought, as far back as filters look; None where nothing is kept out."""
        if self.event_rules.excluded_event is None:
            return None
        since = self.artifact.item_indices(self.event_rules.excluded_items(asking.events))
        taken = np.concatenate([self.artifact.taken(asking.user_id), since])[-EXCLUDED_EVENTS:]
        unused = np.ones(self.artifact.n_items, bool)
        unused[taken] = False
        return unused

    def _query(self, asking: Asking, item: int | None = None) -> Query:
        events = self.event_rules.history(asking.events)
        places = [(self.artifact.item_index(event["item_id"]), event["timestamp"]) for event in events]
        history = [(place, time) for place, time in places if place is not None]
        items, times = zip(*history, strict=True) if history else ((), ())
        query = self.artifact.query(asking.user_id, item=item, events=(items, times))
        if asking.influence:
            query = replace(query, influence=asking.influence)
        return replace(query, context=asking.context) if asking.context else query

    def _answer(self, ranking: Ranking) -> Answer:
        item_ids = self.artifact.names(ranking.items)
        # A use case has no scores, whatever its engine has.
        scores = ranking.scores if self.artifact.recipe.metadata.scores else None
        numbers = [math.nan] * len(item_ids) if scores is None else scores.tolist()
        return [(id_, None if math.isnan(number) else number) for id_, number in zip(item_ids, numbers, strict=True)]


def _text(cell: Value) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def open_model(folder: Path, paged: Mapping[str, Any] = MappingProxyType({})) -> ServedModel:
    """Map a downloaded artifact into memory; `paged` arrays are fetched as they are read."""
    return ServedModel.of(load(folder, paged))
