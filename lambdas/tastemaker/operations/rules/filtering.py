"""The filter of a runtime request: found, of the right dataset group, and with its parameters' values in place."""

from collections.abc import Iterable, Mapping

from tastemaker.domain.filters.expressions import Filter, of_actions, on_items
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.filters.values import InvalidValues, bind
from tastemaker.domain.recipe_types import ACTIONS, RELATED
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Record


def requested_filter(
    call: Call, serving: Record, filter_arn: str | None, filter_values: Mapping[str, str] | None
) -> Filter | None:
    """Return a request's filter with its values, or None if it names none."""
    if not filter_arn:
        if filter_values:
            raise InvalidInput("filterValues needs a filterArn.")
        return None
    return filter_of(call, serving, filter_arn, filter_values or {})


def filter_of(call: Call, serving: Record, filter_arn: str, filter_values: Mapping[str, str]) -> Filter:
    """Return a filter with its values, fit for what is served: a model of actions has them in the place of items."""
    record = _usable(call, serving["group"], filter_arn)
    filter_ = parse_filter(record["filterExpression"])
    check_target(filter_arn, filter_, {"name": serving["recipe"], "recipeType": serving["recipe_type"]})
    try:
        bound = bind(filter_, filter_values, strict=call.config.strict)
    except InvalidValues as problem:
        raise InvalidInput(str(problem)) from None
    return on_items(bound) if serving["recipe_type"] == ACTIONS else bound


def check_target(filter_arn: str, filter_: Filter, recipe: Mapping[str, str]) -> None:
    """Refuse a filter that chooses something else, or that compares with an item that the recipe is not given."""
    target = "ActionID" if recipe["recipeType"] == ACTIONS else "ItemID"
    if filter_.target != target:
        raise InvalidInput(f"Filter {filter_arn} filters by {filter_.target}; a filter by {target} is needed.")
    if filter_.needs_item and recipe["recipeType"] != RELATED:
        raise InvalidInput(f"Filter {filter_arn} uses CurrentItem, which recipe {recipe['name']} does not know.")


def check_answerable(rules: Iterable[Filter], model: Served, user_id: str | None) -> None:
    """Refuse filters that the request or the model lacks something for."""
    for rule in rules:
        if rule.needs_user and not user_id:
            raise InvalidInput("userId is required: the filter looks at the user or at the user's interactions.")
        lacking = model.lacks(rule)
        if lacking:
            column = of_actions(lacking[0]) if rule.target == "ActionID" else lacking[0]
            raise InvalidInput(f"The deployed model has no data of {column}: import it and train a new version.")


def _usable(call: Call, group: str, filter_arn: str) -> Record:
    record = resources.lookup(call, KINDS["filter"], filter_arn)
    if record["status"] != ACTIVE:
        raise InvalidInput(f"Filter {filter_arn} is not ACTIVE; its status is {record['status']}.")
    if record["datasetGroupArn"] != group:
        raise InvalidInput(f"Filter {filter_arn} belongs to another dataset group than the campaign.")
    return record
