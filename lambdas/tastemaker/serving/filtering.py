"""Answers filters on a model: one mask over its items per condition, kept while it is in use."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from tastemaker.domain.filters.expressions import Condition, Expression, Filter
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.recipes.additions import Additions, Row
from tastemaker.recipes.data import Ids, Mask, Value, find
from tastemaker.serving.artifacts import Artifact
from tastemaker.serving.asking import Asking
from tastemaker.serving.catalogue import Column, Touched
from tastemaker.store.ports import Record

MaskOf = Callable[[Condition], Mask]
TypeTest = Callable[[str], bool]
# What masks of one model may be kept: bytes, and how many.
_MOST_BYTES = 64_000_000
_MOST_MASKS = 512


@dataclass(frozen=True, slots=True)
class IdColumn:
    """The ids themselves as a field."""

    ids: Ids

    def present(self) -> Mask:
        """Return that every row has its id."""
        return np.ones(len(self.ids), np.bool_)

    def equal(self, terms: Collection[str]) -> Mask:
        """Return where ids are."""
        places = [place for term in terms if (place := find(self.ids, term)) is not None]
        mask = np.zeros(len(self.ids), np.bool_)
        mask[places] = True
        return mask

    def ordered(self, operator: str, term: str) -> Mask:
        """Return nothing: ids have no order that a filter may ask for."""
        del operator, term
        return np.zeros(len(self.ids), np.bool_)

    def values_of(self, row: int) -> tuple[str, ...]:
        """Return one row's id."""
        return (str(self.ids[row]),)

    def like(self, cells: Iterable[Value | None]) -> Self:
        """Return other ids, which are sorted too."""
        return type(self)(np.array([str(cell) for cell in cells], np.str_))


class Filtering:
    """The filters of one model."""

    def __init__(
        self, artifact: Artifact, additions: Additions | None = None, without: "Filtering | None" = None
    ) -> None:
        """Filter a model; one with `additions` shares with the filters of that `without` them what was made once."""
        self.artifact = artifact
        self._additions = additions
        largest = max(1, artifact.n_items, len(artifact.user_ids))
        most = min(_MOST_MASKS, max(8, _MOST_BYTES // largest))
        # Conditions are values: those without parameters are computed once, others while the same values return.
        self.trained_mask: Callable[[Condition], Mask] = (
            without.trained_mask if without else lru_cache(most)(self._compare)
        )
        self.column: Callable[[str, str], Column | None] = (
            without.column if without else lru_cache(None)(self._read_column)
        )
        self._mask = lru_cache(most)(self._patch) if additions else self.trained_mask
        self._added_column = lru_cache(None)(self._read_added_column)

    @property
    def n_items(self) -> int:
        """Return how many items the model has."""
        return self.artifact.n_items

    @cached_property
    def _touched(self) -> Touched | None:
        return self.artifact.catalogue.touched()

    def lacks(self, rule: Filter) -> list[str]:
        """Name the fields that a filter reads and the model knows nothing of."""
        return [f"{dataset}.{field}" for dataset, field in sorted(rule.fields) if not self._has(dataset, field)]

    def allowed(self, rule: Filter, asking: Asking) -> Mask:
        """Return which of the model's items pass, shape (items,)."""
        return _combine(rule, self.n_items, lambda each: self.matching(each, asking), self.meets(asking))

    def allowed_strangers(self, rule: Filter, asking: Asking, item_ids: Sequence[str]) -> Mask:
        """Return which items that the model does not know pass: they have no values, but may have new events."""
        return _combine(
            rule, len(item_ids), lambda each: _matching_strangers(each, asking, item_ids), self.meets(asking)
        )

    def misses(self, user_id: str) -> bool:
        """Whether events without a user, of a session of this id, may be unknown to the model."""
        if self._touched is None:
            return self.artifact.user_index(user_id) is None
        return self._touched.misses(user_id)

    def _has(self, dataset: str, field: str) -> bool:
        return self._touched is not None if dataset == "INTERACTIONS" else self.column(dataset, field) is not None

    def _read_column(self, dataset: str, field: str) -> Column | None:
        ids = {"ITEMS": self.artifact.item_ids, "USERS": self.artifact.user_ids}.get(dataset)
        if ids is None:
            return None
        if field == {"ITEMS": "ITEM_ID", "USERS": "USER_ID"}[dataset]:
            return IdColumn(ids)
        return self.artifact.catalogue.column(dataset, field, len(ids))

    def matching(self, condition: Condition, asking: Asking) -> Mask:
        """Return which items meet a condition on items or on what the user did with them, shape (items,)."""
        if condition.dataset == "INTERACTIONS":
            return self._history(condition, asking)
        if condition.item_field is None:
            return self._mask(condition)
        current = None if asking.item_id is None else self.artifact.item_index(asking.item_id)
        values = () if current is None else tuple(self._values(condition.item_field, current))
        return self._mask(replace(condition, terms=values))

    def items_with(self, condition: Condition) -> Mask:
        """Return which items meet a condition on items alone, shape (items,)."""
        return self._mask(condition)

    def meets(self, asking: Asking) -> Callable[[Condition], bool]:
        """Return how to tell whether a condition on the user holds; without a value it never does."""
        row = None if asking.user_id is None else self.artifact.user_index(asking.user_id)
        cells = _user_cells(asking)

        def holds(condition: Condition) -> bool:
            if cells is not None:
                column = self._column_of("USERS", condition.field).like([cells.get(condition.field)])
                return bool(compared(column, condition)[0] and column.present()[0])
            if row is None:
                return False
            match = self.trained_mask(condition)[row]
            return bool(match) and bool(self.trained_mask(replace(condition, operator="present", terms=()))[row])

        return holds

    def values_of_item(self, condition: Condition, asking: Asking, item: int) -> list[str]:
        """Return what an item has in the field of a condition: values, or types of the user's events with it."""
        if condition.dataset == "INTERACTIONS":
            return self._types(asking, item)
        return self._values(condition.field, item)

    def values_of_user(self, condition: Condition, asking: Asking) -> list[str]:
        """Return what the user has in the field of a condition; nothing for an unknown one."""
        column, cells = self.column("USERS", condition.field), _user_cells(asking)
        if column is not None and cells is not None:
            return list(column.like([cells.get(condition.field)]).values_of(0))
        row = None if asking.user_id is None else self.artifact.user_index(asking.user_id)
        return [] if column is None or row is None else list(column.values_of(row))

    def _values(self, field: str, item: int) -> list[str]:
        column = self.column("ITEMS", field)
        if column is None:
            return []
        place = self._additions.place(item) if self._additions else None
        return list(column.values_of(item) if place is None else self._added_column(field).values_of(place))

    def _types(self, asking: Asking, item: int) -> list[str]:
        item_id = self.artifact.names(np.array([item], np.int32))[0]
        types = {event["event_type"] for event in asking.events if event["item_id"] == item_id}
        if self._touched is not None and asking.user_id is not None:
            types.update(self._touched.types_of(asking.user_id, item))
        return sorted(types)

    def _compare(self, condition: Condition) -> Mask:
        mask = compared(self._column_of(condition.dataset, condition.field), condition)
        mask.flags.writeable = False
        return mask

    def _patch(self, condition: Condition) -> Mask:
        """Return which items meet a condition as they are now."""
        mask = np.zeros(self.n_items, np.bool_)
        before = self.trained_mask(condition)
        mask[: len(before)] = before
        if self._additions:
            mask[self._additions.places] = compared(self._added_column(condition.field), condition)
        mask.flags.writeable = False
        return mask

    def _column_of(self, dataset: str, field: str) -> Column:
        column = self.column(dataset, field)
        if column is None:
            raise LookupError(f"the model has no field {dataset}.{field}")
        return column

    def _read_added_column(self, field: str) -> Column:
        rows = self._additions.rows if self._additions else ()
        return self._column_of("ITEMS", field).like(row.get(field) for row in rows)

    def _history(self, condition: Condition, asking: Asking) -> Mask:
        matches = self._with_events(asking, type_test(condition))
        if condition.operator == "NOT IN":
            return ~matches
        return matches if condition.operator != "!=" else self._with_events(asking, bool) & ~matches

    def _with_events(self, asking: Asking, is_type: TypeTest) -> Mask:
        mask = np.zeros(self.n_items, np.bool_)
        if self._touched is not None and asking.user_id is not None:
            mask[self._touched.items_of(asking.user_id, is_type)] = True
        item_ids = {event["item_id"] for event in asking.events if is_type(event["event_type"])}
        mask[self.artifact.item_indices(item_ids)] = True
        return mask


def cells_of(record: Record) -> Row:
    """Return the cells of a record that was put, by column, in capitals."""
    return {name.upper(): value for name, value in record.items() if name != RECORDED}


def _user_cells(asking: Asking) -> Row | None:
    if asking.record is None or asking.user_id is None:
        return None
    return {**cells_of(asking.record), "USER_ID": asking.user_id}


def _combine(rule: Filter, size: int, mask_of: MaskOf, holds: Callable[[Condition], bool]) -> Mask:
    """Unite what is included, take away what is excluded; expressions whose user condition fails do not count."""
    includes: Mask | None = None
    excludes: Mask | None = None
    for expression in rule.expressions:
        if not all(holds(condition) for condition in expression.requirements):
            continue
        mask = choose(expression, size, mask_of)
        if expression.include:
            includes = mask if includes is None else includes | mask
        else:
            excludes = mask if excludes is None else excludes | mask
    allowed = np.ones(size, np.bool_) if includes is None else includes
    return allowed if excludes is None else allowed & ~excludes


def choose(expression: Expression, size: int, mask_of: MaskOf) -> Mask:
    """Return what an expression is about, shape (size,), whoever asks."""
    choice = np.zeros(size, np.bool_)
    for alternative in expression.alternatives:
        every = mask_of(alternative[0])
        for condition in alternative[1:]:
            every = every & mask_of(condition)
        choice |= every
    return choice


def compared(column: Column, condition: Condition) -> Mask:
    """Return which rows of a column meet a condition."""
    operator, terms = condition.operator, [str(term) for term in condition.terms]
    if operator == "present":
        return column.present()
    if operator == "NOT IN":
        return ~column.equal(terms)
    if operator in {"IN", "="} or not terms:
        return column.equal(terms)
    if operator == "!=":
        return column.present() & ~column.equal(terms)
    return column.ordered(operator, terms[0])


def type_test(condition: Condition) -> TypeTest:
    """Return which types of event a condition names, in any case; `*` is all of them, an event without one too."""
    terms = {str(term).lower() for term in condition.terms} - {""}
    return lambda type_: "*" in terms or type_.lower() in terms


def _matching_strangers(condition: Condition, asking: Asking, item_ids: Sequence[str]) -> Mask:
    if condition.dataset == "INTERACTIONS":
        is_type = type_test(condition)
        having = {event["item_id"] for event in asking.events if event["event_type"]}
        matches = {event["item_id"] for event in asking.events if is_type(event["event_type"])}
    else:
        having = set(item_ids) if condition.field == "ITEM_ID" else set()
        matches = having & {str(term) for term in condition.terms}
    meeting = {"NOT IN": set(item_ids) - matches, "!=": having - matches}.get(condition.operator, matches)
    return np.array([item_id in meeting for item_id in item_ids], np.bool_)
