"""Conditions of a filter written out again, with the values that they were given."""

from tastemaker.domain.filters.expressions import Condition, ItemField, Parameter, Term

TITLES = {
    "ITEMS": "Items",
    "USERS": "Users",
    "INTERACTIONS": "Interactions",
    "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "Action_Interactions",
}


def condition_text(condition: Condition, *, of_user: bool = False) -> str:
    """Write a condition as an expression has it; `of_user` says that it stands behind IF."""
    title = "CurrentUser" if of_user else TITLES[condition.dataset]
    values = ",".join(map(_term_text, condition.terms))
    is_list = condition.operator in {"IN", "NOT IN"} and not condition.item_field
    return f"{title}.{condition.field} {condition.operator} {f'({values})' if is_list else values}"


def _term_text(term: Term) -> str:
    if isinstance(term, Parameter):
        return f"${term.name}"
    if isinstance(term, ItemField):
        return f"CurrentItem.{term.name}"
    text = term.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
