"""Why a filter lets an item pass or not: each of its conditions by itself, over all items and for the one."""

from typing import Any

from tastemaker.domain.filters.expressions import Condition, Expression, Filter
from tastemaker.domain.filters.texts import condition_text
from tastemaker.serving.filtering import Asker, Filtering, chosen

Explained = dict[str, Any]


def explain(filtering: Filtering, rule: Filter, asker: Asker, item: int | None) -> Explained:
    """Return the members of ExplainFilter's reply that a model knows; `item` is the index of the item in question."""
    passing = filtering.allowed(rule, asker)
    return {
        "items": len(passing),
        "passing": int(passing.sum()),
        "expressions": [_expression(filtering, each, asker, item) for each in rule.expressions],
    }


def _expression(filtering: Filtering, expression: Expression, asker: Asker, item: int | None) -> Explained:
    met = filtering.meets(asker)
    found = chosen(expression, filtering.n_items, lambda each: filtering.matching(each, asker))
    of_user = [
        {
            "condition": condition_text(each, of_user=True),
            "holds": met(each),
            "values": filtering.values_of_user(each, asker),
        }
        for each in expression.requirements
    ]
    return {
        "effect": "INCLUDE" if expression.include else "EXCLUDE",
        "applies": all(each["holds"] for each in of_user),
        "items": int(found.sum()),
        **({} if item is None else {"holds": bool(found[item])}),
        "userConditions": of_user,
        "alternatives": [
            {"conditions": [_condition(filtering, each, asker, item) for each in conditions]}
            for conditions in expression.alternatives
        ],
    }


def _condition(filtering: Filtering, condition: Condition, asker: Asker, item: int | None) -> Explained:
    mask = filtering.matching(condition, asker)
    told = {"condition": condition_text(condition), "items": int(mask.sum())}
    if item is None:
        return told
    return {**told, "holds": bool(mask[item]), "values": filtering.values_of_item(condition, asker, item)}
