"""Answers filters on a model: one mask over its items per condition, kept while it is in use."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Self

import numpy as np

from tastemaker.domain.filters.expressions import Condition, Expression, Filter
from tastemaker.recipes.additions import Additions, Row
from tastemaker.recipes.data import Ids, Mask, Value, find
from tastemaker.serving.artifacts import Artifact
from tastemaker.serving.catalogue import Column, Touched

Ask = Callable[[Condition], Mask]
Wanted = Callable[[str], bool]
Events = Sequence[Mapping[str, Any]]
# Bytes of masks that one model may keep.
_KEPT_BYTES = 64_000_000
_KEPT_MASKS = 512


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom an answer is for: a user with the events since training, and perhaps the index of an item it is about.

    `row` are the user's cells by column, in capitals, if the user was put since.
    """

    user_id: str | None
    events: Events
    item: int | None = None
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class IdColumn:
    """The ids themselves as a field."""

    ids: Ids

    def present(self) -> Mask:
        """Return that every row has its id."""
        return np.ones(len(self.ids), np.bool_)

    def equal(self, wanted: Collection[str]) -> Mask:
        """Return where the wanted ids are."""
        places = [place for value in wanted if (place := find(self.ids, value)) is not None]
        found = np.zeros(len(self.ids), np.bool_)
        found[places] = True
        return found

    def ordered(self, operator: str, wanted: str) -> Mask:
        """Return nothing: ids have no order that a filter may ask for."""
        del operator, wanted
        return np.zeros(len(self.ids), np.bool_)

    def values_of(self, row: int) -> tuple[str, ...]:
        """Return one row's id."""
        return (str(self.ids[row]),)

    def like(self, cells: Iterable[Value | None]) -> Self:
        """Return other ids, which are sorted too."""
        return type(self)(np.array([str(cell) for cell in cells], np.str_))


class Filtering:
    """The filters of one model."""

    def __init__(self, artifact: Artifact, added: Additions | None = None, trained: "Filtering | None" = None) -> None:
        """Filter a model; one that knows items that were `added` shares with the `trained` one what was made once."""
        self._artifact = artifact
        self._added = added
        largest = max(1, artifact.n_items, len(artifact.user_ids))
        kept = min(_KEPT_MASKS, max(8, _KEPT_BYTES // largest))
        # Conditions are values: those without parameters are computed once, others while the same values return.
        self.trained_mask: Callable[[Condition], Mask] = (
            trained.trained_mask if trained else lru_cache(kept)(self._compare)
        )
        self.column: Callable[[str, str], Column | None] = (
            trained.column if trained else lru_cache(None)(self._read_column)
        )
        self._mask = lru_cache(kept)(self._patch) if added else self.trained_mask
        self._put = lru_cache(None)(self._read_put)

    @property
    def n_items(self) -> int:
        """Return how many items the model has."""
        return self._artifact.n_items

    @cached_property
    def _touched(self) -> Touched | None:
        return self._artifact.catalogue.touched()

    def lacks(self, rule: Filter) -> list[str]:
        """Name the fields that a filter reads and the model knows nothing of."""
        return [f"{dataset}.{field}" for dataset, field in sorted(rule.fields) if not self._knows(dataset, field)]

    def allowed(self, rule: Filter, asker: Asker) -> Mask:
        """Return which of the model's items pass, shape (items,)."""
        return _combine(rule, self.n_items, lambda each: self.matching(each, asker), self.meets(asker))

    def allowed_strangers(self, rule: Filter, asker: Asker, item_ids: Sequence[str]) -> Mask:
        """Return which items that the model does not know pass: they have no values, but may have new events."""
        return _combine(rule, len(item_ids), lambda each: _ask_strangers(each, asker, item_ids), self.meets(asker))

    def _knows(self, dataset: str, field: str) -> bool:
        return self._touched is not None if dataset == "INTERACTIONS" else self.column(dataset, field) is not None

    def _read_column(self, dataset: str, field: str) -> Column | None:
        ids = {"ITEMS": self._artifact.item_ids, "USERS": self._artifact.user_ids}.get(dataset)
        if ids is None:
            return None
        if field == {"ITEMS": "ITEM_ID", "USERS": "USER_ID"}[dataset]:
            return IdColumn(ids)
        return self._artifact.catalogue.column(dataset, field, len(ids))

    def matching(self, condition: Condition, asker: Asker) -> Mask:
        """Return which items meet a condition on items or on what the user did with them, shape (items,)."""
        if condition.dataset == "INTERACTIONS":
            return self._history(condition, asker)
        if condition.item_field is None:
            return self._mask(condition)
        values = () if asker.item is None else tuple(self._values(condition.item_field, asker.item))
        return self._mask(replace(condition, terms=values))

    def meets(self, asker: Asker) -> Callable[[Condition], bool]:
        """Return how to tell whether a condition on the user holds; without a value it never does."""
        row = None if asker.user_id is None else self._artifact.user_index(asker.user_id)

        def met(condition: Condition) -> bool:
            if asker.row is not None:
                column = self._known("USERS", condition.field).like([asker.row.get(condition.field)])
                return bool(_compared(column, condition)[0] and column.present()[0])
            if row is None:
                return False
            held = self.trained_mask(condition)[row]
            return bool(held) and bool(self.trained_mask(replace(condition, operator="present", terms=()))[row])

        return met

    def values_of_item(self, condition: Condition, asker: Asker, item: int) -> list[str]:
        """Return what an item has in the field of a condition: values, or types of the user's events with it."""
        if condition.dataset == "INTERACTIONS":
            return self._types(asker, item)
        return self._values(condition.field, item)

    def values_of_user(self, condition: Condition, asker: Asker) -> list[str]:
        """Return what the user has in the field of a condition; nothing for an unknown one."""
        column = self.column("USERS", condition.field)
        if column is not None and asker.row is not None:
            return list(column.like([asker.row.get(condition.field)]).values_of(0))
        row = None if asker.user_id is None else self._artifact.user_index(asker.user_id)
        return [] if column is None or row is None else list(column.values_of(row))

    def _values(self, field: str, item: int) -> list[str]:
        column = self.column("ITEMS", field)
        if column is None:
            return []
        place = self._added.place(item) if self._added else None
        return list(column.values_of(item) if place is None else self._put(field).values_of(place))

    def _types(self, asker: Asker, item: int) -> list[str]:
        name = self._artifact.names(np.array([item], np.int32))[0]
        found = {event["event_type"] for event in asker.events if event["item_id"] == name}
        if self._touched is not None and asker.user_id is not None:
            found.update(self._touched.types_of(asker.user_id, item))
        return sorted(found)

    def _compare(self, condition: Condition) -> Mask:
        found = _compared(self._known(condition.dataset, condition.field), condition)
        found.flags.writeable = False
        return found

    def _patch(self, condition: Condition) -> Mask:
        """Return which items meet a condition as they are now."""
        found = np.zeros(self.n_items, np.bool_)
        trained = self.trained_mask(condition)
        found[: len(trained)] = trained
        if self._added:
            found[self._added.places] = _compared(self._put(condition.field), condition)
        found.flags.writeable = False
        return found

    def _known(self, dataset: str, field: str) -> Column:
        column = self.column(dataset, field)
        if column is None:
            raise LookupError(f"the model has no field {dataset}.{field}")
        return column

    def _read_put(self, field: str) -> Column:
        rows = self._added.rows if self._added else ()
        return self._known("ITEMS", field).like(row.get(field) for row in rows)

    def _history(self, condition: Condition, asker: Asker) -> Mask:
        matched = self._with_events(asker, _wanted(condition))
        if condition.operator == "NOT IN":
            return ~matched
        return matched if condition.operator != "!=" else self._with_events(asker, bool) & ~matched

    def _with_events(self, asker: Asker, wanted: Wanted) -> Mask:
        found = np.zeros(self.n_items, np.bool_)
        if self._touched is not None and asker.user_id is not None:
            found[self._touched.items_of(asker.user_id, wanted)] = True
        fresh = {event["item_id"] for event in asker.events if wanted(event["event_type"])}
        found[self._artifact.item_indices(fresh)] = True
        return found


def _combine(rule: Filter, size: int, ask: Ask, met: Callable[[Condition], bool]) -> Mask:
    """Unite what is included, take away what is excluded; expressions whose user condition fails do not count."""
    included: Mask | None = None
    excluded: Mask | None = None
    for expression in rule.expressions:
        if not all(met(condition) for condition in expression.requirements):
            continue
        those = chosen(expression, size, ask)
        if expression.include:
            included = those if included is None else included | those
        else:
            excluded = those if excluded is None else excluded | those
    found = np.ones(size, np.bool_) if included is None else included
    return found if excluded is None else found & ~excluded


def chosen(expression: Expression, size: int, ask: Ask) -> Mask:
    """Return what an expression is about, shape (size,), whoever asks."""
    found = np.zeros(size, np.bool_)
    for alternative in expression.alternatives:
        every = ask(alternative[0])
        for condition in alternative[1:]:
            every = every & ask(condition)
        found |= every
    return found


def _compared(column: Column, condition: Condition) -> Mask:
    operator, wanted = condition.operator, [str(term) for term in condition.terms]
    if operator == "present":
        return column.present()
    if operator == "NOT IN":
        return ~column.equal(wanted)
    if operator in {"IN", "="} or not wanted:
        return column.equal(wanted)
    if operator == "!=":
        return column.present() & ~column.equal(wanted)
    return column.ordered(operator, wanted[0])


def _wanted(condition: Condition) -> Wanted:
    """Return which types of event a condition names, in any case; `*` is all of them, an event without one too."""
    terms = {str(term).lower() for term in condition.terms} - {""}
    return lambda type_: "*" in terms or type_.lower() in terms


def _ask_strangers(condition: Condition, asker: Asker, item_ids: Sequence[str]) -> Mask:
    if condition.dataset == "INTERACTIONS":
        wanted = _wanted(condition)
        having = {event["item_id"] for event in asker.events if event["event_type"]}
        matched = {event["item_id"] for event in asker.events if wanted(event["event_type"])}
    else:
        having = set(item_ids) if condition.field == "ITEM_ID" else set()
        matched = having & {str(term) for term in condition.terms}
    meeting = {"NOT IN": set(item_ids) - matched, "!=": having - matched}.get(condition.operator, matched)
    return np.array([item_id in meeting for item_id in item_ids], np.bool_)
