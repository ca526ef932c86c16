"""Filters as values: what a filter expression says once it is read, and nothing about how it is written or answered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `$NAME` whose values come with each request."""

    name: str


@dataclass(frozen=True, slots=True)
class ItemField:
    """The value that the item a request is about has in a field: `CurrentItem.NAME`."""

    name: str


Term = str | Parameter | ItemField


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `dataset` and `field` are upper case, numbers stay text until they meet a numeric field."""

    dataset: str
    field: str
    operator: str
    terms: tuple[Term, ...]

    @property
    def parameter(self) -> str | None:
        """The name of the condition's parameter, of which it has at most one."""
        return next((term.name for term in self.terms if isinstance(term, Parameter)), None)

    @property
    def item_field(self) -> str | None:
        """The field of the current item that it compares with."""
        return next((term.name for term in self.terms if isinstance(term, ItemField)), None)

    @property
    def fields(self) -> set[tuple[str, str]]:
        """The (dataset, field) pairs that it reads."""
        return {(self.dataset, self.field)} | ({("ITEMS", self.item_field)} if self.item_field else set())


@dataclass(frozen=True, slots=True)
class Expression:
    """One INCLUDE or EXCLUDE: any of `alternatives` whose conditions all hold, if the user meets `requirements`."""

    include: bool
    target: str
    alternatives: tuple[tuple[Condition, ...], ...]
    requirements: tuple[Condition, ...] = ()

    @property
    def choices(self) -> list[Condition]:
        """All conditions on what is chosen, without those on the user."""
        return [condition for alternative in self.alternatives for condition in alternative]


@dataclass(frozen=True, slots=True)
class Filter:
    """A whole filter: what all INCLUDEs choose together without what all EXCLUDEs choose."""

    expressions: tuple[Expression, ...]

    @property
    def target(self) -> str:
        """What it chooses: ItemID, UserID or ActionID."""
        return self.expressions[0].target

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every condition, in the order of writing but for those on the user, which follow their expression."""
        for expression in self.expressions:
            yield from expression.choices
            yield from expression.requirements

    @property
    def parameters(self) -> frozenset[str]:
        """The names of all parameters."""
        return frozenset(name for condition in self.conditions if (name := condition.parameter))

    @property
    def fields(self) -> frozenset[tuple[str, str]]:
        """The distinct (dataset, field) pairs that it reads; CurrentUser reads USERS, CurrentItem reads ITEMS."""
        return frozenset(field for condition in self.conditions for field in condition.fields)

    @property
    def needs_user(self) -> bool:
        """Whether its answer depends on who asks."""
        return any(dataset in {"INTERACTIONS", "USERS", "ACTION_INTERACTIONS"} for dataset, _ in self.fields)

    @property
    def needs_history(self) -> bool:
        """Whether it looks at what the user did."""
        return any(dataset == "INTERACTIONS" for dataset, _ in self.fields)

    @property
    def needs_item(self) -> bool:
        """Whether it compares with the item that a request is about."""
        return any(condition.item_field for condition in self.conditions)


# A model whose items are actions answers filters by ActionID under the names of items.
_OF_ITEMS = {"ACTIONS": "ITEMS", "ACTION_INTERACTIONS": "INTERACTIONS", "ACTION_ID": "ITEM_ID"}
_OF_ACTIONS = {item: action for action, item in _OF_ITEMS.items()}


def on_items(rule: Filter) -> Filter:
    """Return a filter by ActionID as one whose conditions speak of items."""
    return Filter(
        tuple(
            replace(each, alternatives=tuple(tuple(map(_on_items, conditions)) for conditions in each.alternatives))
            for each in rule.expressions
        )
    )


def of_actions(field: str) -> str:
    """Return what a field, as `ITEMS.TYPE`, is called where the items are actions."""
    return ".".join(_OF_ACTIONS.get(name, name) for name in field.split("."))


def _on_items(condition: Condition) -> Condition:
    return replace(
        condition,
        dataset=_OF_ITEMS.get(condition.dataset, condition.dataset),
        field=_OF_ITEMS.get(condition.field, condition.field),
        terms=tuple(map(_spelt, condition.terms)) if condition.dataset == "ACTION_INTERACTIONS" else condition.terms,
    )


def _spelt(term: Term) -> Term:
    """Spell an event type as it is kept: "Not Taken" in one place of the guide is NOT_TAKEN in another."""
    return term.strip().replace(" ", "_") if isinstance(term, str) else term
