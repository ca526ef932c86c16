"""Why a filter lets an item pass or not: each of its conditions by itself, over all items and for the one."""

from typing import Any

from tastemaker.domain.filters.expressions import Condition, Expression, Filter
from tastemaker.domain.filters.texts import condition_text
from tastemaker.recipes.data import Mask
from tastemaker.serving.asking import Asking
from tastemaker.serving.filtering import Filtering, choose

Explanation = dict[str, Any]


def explain(
    filtering: Filtering, rule: Filter, asking: Asking, item_id: str | None, unused: Mask | None
) -> Explanation:
    """Return the members of ExplainFilter's reply that a model knows; `item_id` is the item in question.

    `unused`: what the user has not watched or bought, where a use case keeps the rest out.
    """
    item = None if item_id is None else filtering.artifact.item_index(item_id)
    passing = filtering.allowed(rule, asking)
    explanation = {
        "items": len(passing),
        "passing": int(passing.sum()),
        "expressions": [_expression(filtering, each, asking, item) for each in rule.expressions],
    }
    if item_id is None:
        return explanation
    if item is None:
        passes = bool(filtering.allowed_strangers(rule, asking, [item_id])[0])
        return {**explanation, "item": {"itemId": item_id, "known": False, "passes": passes}}
    fate = {"itemId": item_id, "known": True, "passes": bool(passing[item])}
    return {**explanation, "item": fate if unused is None else {**fate, "excludedByUseCase": not unused[item]}}


def _expression(filtering: Filtering, expression: Expression, asking: Asking, item: int | None) -> Explanation:
    holds = filtering.meets(asking)
    choice = choose(expression, filtering.n_items, lambda each: filtering.matching(each, asking))
    of_user = [
        {
            "condition": condition_text(each, of_user=True),
            "holds": holds(each),
            "values": filtering.values_of_user(each, asking),
        }
        for each in expression.requirements
    ]
    return {
        "effect": "INCLUDE" if expression.include else "EXCLUDE",
        "applies": all(each["holds"] for each in of_user),
        "items": int(choice.sum()),
        **({} if item is None else {"holds": bool(choice[item])}),
        "userConditions": of_user,
        "alternatives": [
            {"conditions": [_condition(filtering, each, asking, item) for each in conditions]}
            for conditions in expression.alternatives
        ],
    }


def _condition(filtering: Filtering, condition: Condition, asking: Asking, item: int | None) -> Explanation:
    mask = filtering.matching(condition, asking)
    explanation = {"condition": condition_text(condition), "items": int(mask.sum())}
    if item is None:
        return explanation
    return {**explanation, "holds": bool(mask[item]), "values": filtering.values_of_item(condition, asking, item)}
