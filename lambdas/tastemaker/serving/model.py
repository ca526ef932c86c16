"""A model that speaks in ids: the last hop of a recommendation."""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.additions import Known
from tastemaker.domain.answers.exploration import Exploring, Shown
from tastemaker.domain.answers.histories import NEWEST
from tastemaker.domain.answers.reasons import Reason
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.recipes.additions import Additions, Row
from tastemaker.recipes.attributes.cells import Cells
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import EXCLUDED_EVENTS, Cause, Indices, Mask, Query, Ranking, Times, Value
from tastemaker.serving import exploration
from tastemaker.serving.artifacts import Artifact, load
from tastemaker.serving.filter_explanations import explain
from tastemaker.serving.filtering import Asker, Filtering
from tastemaker.serving.trend_order import Order

if TYPE_CHECKING:
    from tastemaker.serving.actions import ServedActions

Answer = list[tuple[str, float | None]]
Context = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class _Since:
    """What was put since the training: items, and the one user that a model is to answer, with the cells by column."""

    items: Additions
    known: Known | None = None
    user: Mapping[str, Any] | None = None
    row: Row | None = None


class ServedModel:
    """An artifact in memory, asked with ids and with the events recorded since it was trained."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._since = _Since(Additions.of({}, artifact.item_ids))
        self._filtering = Filtering(artifact)
        rules = artifact.manifest.get("events", {})
        self._recorded_before = float(rules.get("recorded_before", math.inf))
        self._event_type = rules.get("event_type")
        self._excluded = rules.get("excluded_event")
        self._context_columns: Sequence[str] | None = rules.get("context_columns")
        self._scored = artifact.recipe.metadata.scores
        self._cells = cache(partial(artifact.catalogue.cells, "ITEMS"))
        self._order: Order | None = None
        # What is made of a model keeps it: its files live as long as it does, and some are read late.
        self._trained = self
        self._made: OrderedDict[str, Any] = OrderedDict()

    def with_items(self, items: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return this model with items that were put since its training, by id; those it has not are new to it."""
        rows = {id_: {**_row(record), "ITEM_ID": id_} for id_, record in items.items()}
        added = Additions.of(rows, self._artifact.item_ids)
        artifact = self._artifact.grown(added)
        filtering = Filtering(artifact, added, self._filtering)
        return self._changed(artifact=artifact, since=_Since(added, Known.of(items)), filtering=filtering)

    def with_user(self, user_id: str, record: Mapping[str, Any]) -> Self:
        """Return this model for one user, who was put since its training."""
        return self._changed(since=replace(self._since, user=record, row={**_row(record), "USER_ID": user_id}))

    def ordered_by_now(self, rising: Sequence[str], falling: Sequence[str]) -> Self:
        """Return a trending model whose list has what rises by now first, known or not, and what falls last."""
        return self._changed(order=Order.of(self._artifact, rising, falling))

    def _changed(self, **parts: object) -> Self:
        changed = copy(self)
        vars(changed).update({f"_{name}": part for name, part in parts.items()}, _made=OrderedDict())
        return changed

    @property
    def known(self) -> Known | None:
        """Which items that were put since its training it knows."""
        return self._since.known

    @property
    def user(self) -> Mapping[str, Any] | None:
        """The record of its one user, if it has one."""
        return self._since.user

    @property
    def _actions(self) -> "ServedActions":
        from tastemaker.serving.actions import ServedActions  # noqa: PLC0415  other cold starts wait less

        found: ServedActions | None = self._made.get("actions")
        if found is None:
            found = ServedActions(self._artifact, self._filtering, self._since.items, self._since.row)
            self._made["actions"] = found
        return found

    @property
    def has_trends(self) -> bool:
        """Whether trends of after its training order it."""
        return self._order is not None

    @property
    def made(self) -> OrderedDict[str, Any]:
        """What was made of it by name, the newest last: given up when the model is."""
        return self._made

    @property
    def model(self) -> Model:
        """What was learned, for a training that continues it."""
        return self._artifact.model

    @property
    def recorded_before(self) -> float:
        """Events recorded before this moment are in the model's histories already."""
        return self._recorded_before

    @property
    def context_columns(self) -> Sequence[str] | None:
        """Name the columns of Interactions that a context may tell; None of a model that does not know them."""
        return self._context_columns

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of ITEMS that `cells` can give, in capitals."""
        return self._artifact.catalogue.fields("ITEMS")

    def cells(self, item_ids: Sequence[str], names: Sequence[str]) -> list[dict[str, str]]:
        """Return what each item has in columns of ITEMS, as text; an empty cell and an unknown item have nothing."""
        columns = [(name, self._cells(name)) for name in names]
        found = [self._texts(item_id, columns) for item_id in item_ids]
        return [{name: text for name, text in each if text} for each in found]

    def _texts(self, item_id: str, columns: Sequence[tuple[str, Cells]]) -> list[tuple[str, str]]:
        put = self._since.items.row(item_id)
        if put is not None:
            return [(name, _text(put.get(name, ""))) for name, _ in columns]
        row = self._artifact.item_index(item_id)
        return [] if row is None else [(name, cells.text(row)) for name, cells in columns]

    def lacks(self, rule: Filter) -> list[str]:
        """Name the fields that a filter reads and the model knows nothing of."""
        return self._filtering.lacks(rule)

    def recommend(
        self,
        user_id: str | None,
        events: Sequence[Mapping[str, Any]],
        *,
        item_id: str | None,
        k: int,
        rule: Filter | None = None,
        context: Context = None,
    ) -> Answer:
        """Return up to k (item id, score), best first, none that the recipe or a filter keeps out for this user."""
        item = None if item_id is None else self._artifact.item_index(item_id)
        allowed = self._passing(user_id, events, item, rule)
        if self._order is not None:
            return self._order.answer(k, allowed, self._passing_strangers(user_id, events, rule))
        query = self._query(user_id, events, item, context)
        if rule is not None and self._artifact.recipe.name in reasons.RECIPES:
            query = replace(query, placeholders=True)
        return self._answer(self._artifact.model.recommend(query, k, allowed))

    def explore(
        self,
        user_id: str | None,
        events: Sequence[Mapping[str, Any]],
        *,
        k: int,
        exploring: Exploring,
        seed: str,
        rule: Filter | None = None,
        context: Context = None,
    ) -> list[Shown]:
        """Return what `recommend` does, with some places given to young items that may be shown too."""
        query, allowed = self._query(user_id, events, None, context), self._passing(user_id, events, None, rule)
        model, fresh = self._artifact.model, self._artifact.fresh
        ranking = model.recommend(query, k, allowed)
        if fresh is None or not exploring.chance:
            drawn = exploration.certain(ranking)
        else:
            young = fresh.young(exploring.days)
            young = young if allowed is None else young[allowed[young]]
            chosen = exploration.seed_of(seed)
            drawn = exploration.draw(model, query, ranking, fresh, young, chance=exploring.chance, seed=chosen)
        about = zip(drawn.propensities.tolist(), drawn.explored.tolist(), strict=True)
        return [Shown(*found, *each) for found, each in zip(self._answer(drawn.ranking), about, strict=True)]

    def recommend_actions(
        self,
        user_id: str,
        signals: Sequence[Mapping[str, Any]],
        dealings: Sequence[Mapping[str, Any]],
        *,
        k: int,
        now: float,
        chance: float,
        seed: str,
        rule: Filter | None = None,
    ) -> list[Shown]:
        """Return up to k actions with their propensities, likeliest first, of a model whose items are actions."""
        return self._actions.recommend(
            user_id, signals, dealings, k=k, now=int(now), chance=chance, seed=seed, rule=rule
        )

    def rank(
        self,
        user_id: str,
        events: Sequence[Mapping[str, Any]],
        item_ids: Sequence[str],
        *,
        rule: Filter | None = None,
        context: Context = None,
    ) -> Answer:
        """Return the given items that pass a filter, best first; unknown ones at the end, without a score."""
        listed = {item_id: self._artifact.item_index(item_id) for item_id in item_ids}
        if rule is not None:
            listed = self._filtered(listed, rule, Asker(user_id, events, row=self._since.row))
        model, trained = self._artifact.model, len(self._artifact.item_ids)
        # What is new to the model has a place of its own where it can be told by its description.
        indices = {id_: i for id_, i in listed.items() if i is not None and (i < trained or model.describes)}
        known = np.array(list(indices.values()), np.int32)
        unknown: Answer = [(item_id, None) for item_id in listed if item_id not in indices]
        if not len(known):
            return unknown
        asked = self._query(user_id, events, None, context)
        return self._answer(model.rank(asked, known)) + unknown

    def _filtered(self, listed: Mapping[str, int | None], rule: Filter, asker: Asker) -> dict[str, int | None]:
        """Return which of some items pass a filter, whether the model knows them or not."""
        strangers = [item_id for item_id, index in listed.items() if index is None]
        passing = dict(zip(strangers, self._filtering.allowed_strangers(rule, asker, strangers).tolist(), strict=True))
        allowed = self._filtering.allowed(rule, asker)
        return {id_: i for id_, i in listed.items() if (passing[id_] if i is None else allowed[i])}

    def reasons(
        self,
        user_id: str | None,
        events: Sequence[Mapping[str, Any]],
        item_ids: Sequence[str],
        *,
        item_id: str | None,
        rule: Filter | None = None,
        context: Context = None,
        listed: bool = False,
    ) -> list[list[Reason]]:
        """Return what speaks for each item of an answer, or of a ranking where they were `listed`."""
        if self._order is not None:
            return [[Reason("Trend" if self._order.rises(each) else "Popularity", 1.0)] for each in item_ids]
        item = None if item_id is None else self._artifact.item_index(item_id)
        known = [self._artifact.item_index(each) for each in item_ids]
        items = np.array([index for index in known if index is not None], np.int32)
        if not len(items):
            return [[] for _ in known]
        query = self._query(user_id, events, item, context)
        allowed = None if listed else self._passing(user_id, events, item, rule)
        found = iter(self._artifact.model.causes(query, items, allowed, listed=listed))
        return [[] if index is None else [self._reason(cause) for cause in next(found)] for index in known]

    def _reason(self, cause: Cause) -> Reason:
        item = None if cause.item is None else self._artifact.name(cause.item)
        return Reason(cause.kind, cause.share, item)

    def _passing(
        self, user_id: str | None, events: Sequence[Mapping[str, Any]], item: int | None, rule: Filter | None
    ) -> Mask | None:
        """Leave out what the recipe or a filter keeps from this user; None where nothing is kept out."""
        allowed = self._allowed(user_id, events)
        if rule is None:
            return allowed
        passing = self._filtering.allowed(rule, Asker(user_id, events, item, self._since.row))
        return passing if allowed is None else passing & allowed

    def _passing_strangers(
        self, user_id: str | None, events: Sequence[Mapping[str, Any]], rule: Filter | None
    ) -> Mask | None:
        if rule is None or self._order is None:
            return None
        asker = Asker(user_id, events, row=self._since.row)
        return self._filtering.allowed_strangers(rule, asker, self._order.strangers)

    def lately(self, seconds: int) -> tuple[list[str], Indices, Times]:
        """Return what was done in the last seconds before the newest event in training: ids, places among them, times.

        Of a user with more events than an artifact keeps, the older ones are missing.
        """
        times = self._artifact.history_times
        kept = np.flatnonzero(times > times.max(initial=0) - seconds)
        items, places = np.unique(self._artifact.history_items[kept], return_inverse=True)
        return self._artifact.item_ids[items].tolist(), places.astype(np.int32), times[kept]

    def explain(
        self,
        rule: Filter,
        user_id: str | None,
        events: Sequence[Mapping[str, Any]],
        *,
        item_id: str | None,
        current_item_id: str | None,
    ) -> dict[str, Any]:
        """Return how many items pass a filter and each condition of it, and how an item fares."""
        current = None if current_item_id is None else self._artifact.item_index(current_item_id)
        asker = Asker(user_id, events, current, self._since.row)
        item = None if item_id is None else self._artifact.item_index(item_id)
        found = explain(self._filtering, rule, asker, item)
        return found if item_id is None else {**found, "item": self._fate(rule, asker, item_id, item)}

    def _fate(self, rule: Filter, asker: Asker, item_id: str, item: int | None) -> dict[str, Any]:
        if item is None:
            passes = self._filtering.allowed_strangers(rule, asker, [item_id])[0]
            return {"itemId": item_id, "known": False, "passes": bool(passes)}
        anyway = self._allowed(asker.user_id, asker.events)
        told = {"itemId": item_id, "known": True, "passes": bool(self._filtering.allowed(rule, asker)[item])}
        return told if anyway is None else {**told, "excludedByUseCase": not anyway[item]}

    def _allowed(self, user_id: str | None, events: Sequence[Mapping[str, Any]]) -> Mask | None:
        """Leave out what the user watched or bought, as far back as filters look; None where nothing is kept out."""
        if self._excluded is None:
            return None
        fresh = [event["item_id"] for event in events if _is_of(event, self._excluded)]
        taken = np.concatenate([self._artifact.taken(user_id), self._artifact.item_indices(fresh)])[-EXCLUDED_EVENTS:]
        allowed = np.ones(self._artifact.n_items, bool)
        allowed[taken] = False
        return allowed

    def _query(
        self, user_id: str | None, events: Sequence[Mapping[str, Any]], item: int | None, context: Context
    ) -> Query:
        newest = [event for event in events[-NEWEST:] if self._counts(event)]
        known = [(self._artifact.item_index(event["item_id"]), event["timestamp"]) for event in newest]
        fresh = [(index, time) for index, time in known if index is not None]
        items, times = zip(*fresh, strict=True) if fresh else ((), ())
        asked = self._artifact.query(user_id, item=item, events=(items, times))
        return replace(asked, context=context) if context else asked

    def _counts(self, event: Mapping[str, Any]) -> bool:
        return self._event_type is None or _is_of(event, self._event_type)

    def _answer(self, ranking: Ranking) -> Answer:
        items = self._artifact.names(ranking.items)
        # A use case has no scores, whatever its engine has.
        scores = ranking.scores if self._scored else None
        told = [math.nan] * len(items) if scores is None else scores.tolist()
        return [(item, None if math.isnan(score) else score) for item, score in zip(items, told, strict=True)]


def _row(record: Mapping[str, Any]) -> Row:
    """Return the cells of a record by column, in capitals."""
    return {name.upper(): value for name, value in record.items() if name != RECORDED}


def _text(cell: Value) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _is_of(event: Mapping[str, Any], event_type: str) -> bool:
    return str(event["event_type"]).lower() == event_type.lower()


def open_model(folder: Path) -> ServedModel:
    """Map a downloaded artifact into memory."""
    return ServedModel(load(folder))
