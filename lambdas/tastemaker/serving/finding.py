"""A model of segments that answers in ids: who of all users, and of those who came since the training, takes what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain.filters.expressions import Condition, Expression, Filter
from tastemaker.domain.filters.language import NUMBER
from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats, Ids, Indices, Interactions, Mask, Times, find_all
from tastemaker.recipes.segments.features import Block
from tastemaker.recipes.segments.model import Affinity
from tastemaker.recipes.segments.targets import Targets
from tastemaker.recipes.segments.tops import Tops
from tastemaker.serving.catalogue import Numbers
from tastemaker.serving.filtering import TypeTest, cells_of, choose, compared, type_test
from tastemaker.serving.model import ServedModel
from tastemaker.store.ports import Record

# Cells (user, target) and events of a block.
CELLS: Final = 1 << 20
EVENTS: Final = 1 << 20
_ORDERS: Final = frozenset({"<", "<=", ">", ">="})
Target = tuple[Indices, Floats]
# Is told the share of the users that were looked at.
Report = Callable[[float], None]


class NoTarget(ValueError):
    """There is nothing that a segment could be of; the message says why."""


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since a training, by ids: events that are learned from, and the types of all that users did.

    `user_ids`, `item_ids`, `times` and `weights` are (events,); `actors` and `types` name each pair once.
    """

    user_ids: Ids
    item_ids: Ids
    times: Times
    weights: Floats
    actors: Ids
    types: Ids

    @classmethod
    def nothing(cls) -> Self:
        """Return that nothing happened."""
        none = np.empty(0, np.str_)
        return cls(none, none, np.empty(0, np.int64), np.empty(0, np.float32), none, none)


class Finder:
    """Finds users: those of a model, numbered as there, and behind them those of later, in the order of their ids."""

    def __init__(self, served: ServedModel, since: Since, people: Mapping[str, Record]) -> None:
        """Look at what happened `since` a training too, and at `people`, the users that were put since by their ids."""
        model = served.artifact.model
        if not isinstance(model, Affinity):
            raise TypeError(f"recipe {served.artifact.recipe.name} finds no users")
        self._artifact, self._filtering, self._model = served.artifact, served.filtering, model
        ids = self._artifact.user_ids
        there = np.unique(np.concatenate([since.user_ids, since.actors, np.array(sorted(people), np.str_)]))
        self._strangers: Ids = there[find_all(ids, there.tolist()) < 0]
        self._fresh = _Fresh.of(since, self.users_of(since.user_ids), self._items_of(since.item_ids))
        self._actors = self.users_of(since.actors), since.types
        self._people = {int(u): cells_of(people[id_]) for u, id_ in zip(self._places(people), people, strict=True)}
        trained, fresh = self._artifact.newest, self._fresh.times
        newest = ([] if trained is None else [trained]) + ([int(fresh.max())] if len(fresh) else [])
        self._now = max(newest, default=0)

    @property
    def n_users(self) -> int:
        """Return how many users there are."""
        return len(self._artifact.user_ids) + len(self._strangers)

    def users_of(self, user_ids: Ids) -> Indices:
        """Return the numbers of users by their ids."""
        known = find_all(self._artifact.user_ids, user_ids.tolist())
        late = len(self._artifact.user_ids) + np.searchsorted(self._strangers, user_ids)
        return np.where(known >= 0, known, late).astype(np.int32)

    def names(self, users: Indices) -> list[str]:
        """Return the ids of users."""
        known = len(self._artifact.user_ids)
        late = users >= known
        if not late.any():
            ids: list[str] = self._artifact.user_ids[users].tolist()
            return ids
        return [str(self._strangers[u - known] if u >= known else self._artifact.user_ids[u]) for u in users.tolist()]

    def item(self, item_id: str) -> Target:
        """Return an item as a target."""
        item = self._artifact.item_index(item_id)
        if item is None:
            raise NoTarget(f"itemId {item_id} is not known: it is not in Items, and nobody has interacted with it.")
        return np.array([item], np.int32), np.ones(1, np.float32)

    def kind(self, expression: Expression) -> Target:
        """Return all items with some attributes as a target."""
        for condition in expression.choices:
            self._check(condition)
        chosen = choose(expression, self._artifact.n_items, self._filtering.items_with)
        items = np.flatnonzero(chosen).astype(np.int32)
        if not len(items):
            raise NoTarget("no item has these attributes.")
        return items, np.ones(len(items), np.float32)

    def _check(self, condition: Condition) -> None:
        column = self._filtering.column("ITEMS", condition.field)
        name = f"ITEMS.{condition.field}"
        if column is None:
            raise NoTarget(f"{name} is no column that the solution version knows and that may be asked for.")
        if not isinstance(column, Numbers):
            if condition.operator in _ORDERS:
                raise NoTarget(f"the operator {condition.operator} needs a numeric column; {name} is none.")
            return
        strange = next((term for term in condition.terms if not NUMBER.fullmatch(str(term))), None)
        if strange is not None:
            raise NoTarget(f"{name} is numeric; {strange!r} is not a number.")

    def allowed(self, rule: Filter) -> Mask:
        """Return who passes a filter, (users,): each user is the current one of its conditions on one."""
        includes, restricted, excludes = (np.zeros(self.n_users, np.bool_) for _ in range(3))
        for expression in rule.expressions:
            applies = np.ones(self.n_users, np.bool_)
            for condition in expression.requirements:
                applies &= self._with_value(condition)
            chosen = applies & choose(expression, self.n_users, self._meeting)
            if expression.include:
                includes |= chosen
                restricted |= applies
            else:
                excludes |= chosen
        return (includes | ~restricted) & ~excludes

    def _with_value(self, condition: Condition) -> Mask:
        present = Condition(condition.dataset, condition.field, "present", ())
        return self._meeting(condition) & self._meeting(present)

    def _meeting(self, condition: Condition) -> Mask:
        """Return who meets a condition on users or on what they did, (users,)."""
        if condition.dataset == "INTERACTIONS":
            return self._acting(condition)
        column = self._filtering.column("USERS", condition.field)
        if column is None:
            raise LookupError(f"the model has no field USERS.{condition.field}")
        if condition.field == "USER_ID":
            everybody = np.concatenate([self._artifact.user_ids, self._strangers])
            mask = np.isin(everybody, [str(term) for term in condition.terms])
            return ~mask if condition.operator in {"NOT IN", "!="} else mask
        mask = np.empty(self.n_users, np.bool_)
        trained = self._filtering.trained_mask(condition)
        mask[: len(trained)] = trained
        mask[len(trained) :] = compared(column.like([None]), condition)[0]
        for user, cells in self._people.items():
            mask[user] = compared(column.like([cells.get(condition.field)]), condition)[0]
        return mask

    def _acting(self, condition: Condition) -> Mask:
        is_type = type_test(condition)
        matches = self._with_events(is_type)
        if condition.operator == "NOT IN":
            return ~matches
        return matches if condition.operator != "!=" else self._with_events(bool) & ~matches

    def _with_events(self, is_type: TypeTest) -> Mask:
        """Return who had an event of some types, (users,)."""
        mask = np.zeros(self.n_users, np.bool_)
        touched = self._artifact.catalogue.touched()
        if touched is not None:
            mask[self.users_of(touched.users)[touched.having(is_type)]] = True
        users, types = self._actors
        mask[users[np.array([is_type(type_) for type_ in types.tolist()], np.bool_)]] = True
        return mask

    def best(
        self, targets: Sequence[Target], count: int, masks: Sequence[Mask | None], report: Report
    ) -> list[Indices]:
        """Return up to `count` users of each target, likeliest first, of those in its mask (users,)."""
        asked = self._model.targets(targets)
        tops = Tops(len(targets), min(count, max(1, self.n_users)))
        blocks, at_once = self._blocks(len(targets)), 2 * workers.threads()
        for first in range(0, len(blocks), at_once):
            some = blocks[first : first + at_once]
            for (begin, end), odds in zip(some, workers.spread(partial(self._odds, asked), some), strict=True):
                tops.add(begin, odds, [None if mask is None else mask[begin:end] for mask in masks])
            report(some[-1][1] / self.n_users)
        return [users for users, _ in tops.best()]

    def _blocks(self, targets: int) -> list[tuple[int, int]]:
        """Cut the users into blocks of about CELLS cells and EVENTS events of the training."""
        starts, blocks, begin = self._artifact.history_starts, list[tuple[int, int]](), 0
        known, most = len(self._artifact.user_ids), max(1, CELLS // max(1, targets))
        while begin < self.n_users:
            end = begin + most
            if begin < known:
                enough = int(np.searchsorted(starts, starts[begin] + EVENTS, "right")) - 1
                end = min(end, max(enough, begin + 1)) if enough < known else end
            blocks.append((begin, min(end, self.n_users)))
            begin = end
        return blocks

    def _odds(self, targets: Targets, block: tuple[int, int]) -> Floats:
        begin, end = block
        users = end - begin
        moments = np.full(users, self._now, np.int64)
        return self._model.odds(Block(self._events(begin, end), moments, self._model.members(begin, end)), targets)

    def _events(self, begin: int, end: int) -> Interactions:
        """Return the events of some users, as those of users from 0 on."""
        known, starts = len(self._artifact.user_ids), self._artifact.history_starts
        rows = starts[np.minimum(np.arange(begin, end + 1), known)]
        part = slice(int(rows[0]), int(rows[-1]))
        users = np.repeat(np.arange(end - begin, dtype=np.int32), np.diff(rows))
        counts = {"n_users": end - begin, "n_items": self._artifact.n_items}
        items, times = self._artifact.history_items[part], self._artifact.history_times[part]
        weights = self._artifact.history_weights[part]
        fresh = self._fresh.of_users(begin, end)
        if not len(fresh.users):
            return Interactions(users, items, times, weights, **counts)
        return Interactions.sort(
            np.concatenate([users, fresh.users - np.int32(begin)]),
            np.concatenate([items, fresh.items]),
            np.concatenate([times, fresh.times]),
            np.concatenate([weights, fresh.weights]),
            **counts,
        )

    def _places(self, people: Mapping[str, Record]) -> Indices:
        return self.users_of(np.array(list(people), np.str_))

    def _items_of(self, item_ids: Ids) -> Indices:
        distinct, places = np.unique(item_ids, return_inverse=True)
        known = [self._artifact.item_index(item_id) for item_id in distinct.tolist()]
        numbers = np.array([-1 if item is None else item for item in known], np.int32)
        return numbers[places] if len(numbers) else np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Events since the training in numbers, by user: all (events,)."""

    users: Indices
    items: Indices
    times: NDArray[np.int64]
    weights: Floats

    @classmethod
    def of(cls, since: Since, users: Indices, items: Indices) -> Self:
        """Bring events into the order of users; one with an item that the model does not know is left out."""
        known = np.flatnonzero(items >= 0)
        order = known[np.argsort(users[known], kind="stable")]
        return cls(users[order], items[order], since.times[order], since.weights[order])

    def of_users(self, begin: int, end: int) -> Self:
        """Return the events of some users."""
        first, last = np.searchsorted(self.users, [begin, end])
        part = slice(int(first), int(last))
        return type(self)(self.users[part], self.items[part], self.times[part], self.weights[part])
