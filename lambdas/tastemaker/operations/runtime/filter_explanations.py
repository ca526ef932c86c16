"""ExplainFilter, an operation of our own: how many items pass a filter, and which clause keeps an item out."""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.domain.filters.contradictions import contradictions_of
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.filters.texts import condition_text
from tastemaker.domain.recipe_types import ACTIONS
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import InvalidInput
from tastemaker.operations.answering.individual_records import put_user
from tastemaker.operations.answering.sources import model_of, serving_of
from tastemaker.operations.call import Call
from tastemaker.operations.resources import lookup
from tastemaker.operations.rules.filtering import check_answerable, filter_of
from tastemaker.operations.rules.schemas import schemas_of
from tastemaker.serving.answerer import Reading
from tastemaker.serving.asking import Asking
from tastemaker.store.ports import Record

Explanation = Mapping[str, Any]


def explain_filter(
    call: Call,
    *,
    filter_arn: str,
    campaign_arn: str | None = None,
    recommender_arn: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    current_item_id: str | None = None,
    filter_values: dict[str, str] | None = None,
) -> dict[str, object]:
    """Return how a filter fares on the items of a campaign or recommender; of the newest one if none is named."""
    if campaign_arn and recommender_arn:
        raise InvalidInput("At most one of campaignArn and recommenderArn may be given.")
    record = lookup(call, KINDS["filter"], filter_arn)
    source_arn = campaign_arn or recommender_arn
    kind = KINDS["campaign" if campaign_arn else "recommender"]
    source = lookup(call, kind, source_arn) if source_arn else _newest(call, record["datasetGroupArn"])
    serving = serving_of(source, only="filters by ItemID can be explained")
    rule = filter_of(call, serving, filter_arn, filter_values or {})
    model = model_of(call, source["_arn"], serving)
    check_answerable([rule], model, user_id)
    user = put_user(call, serving, model, user_id, [rule])
    reading = Reading.of(model, user_id or "")
    recordings = call.events.since(serving["group"], user_id, recorded_from=reading.begin) if user_id else []
    events = reading.events(recordings)
    explanation = model.explain(Asking(user_id, events, current_item_id, rule, record=user), item_id)
    template = parse_filter(record["filterExpression"])
    void = contradictions_of(rule, schemas_of(call, serving["group"]))
    return {
        "filterArn": filter_arn,
        "filterExpression": record["filterExpression"],
        "answeredBy": source["_arn"],
        **explanation,
        "notApplied": _not_applied(template, filter_values or {}),
        "warnings": list(dict.fromkeys([*void, *_unmet(explanation["expressions"])])),
    }


def _newest(call: Call, group: str) -> Record:
    """Return the newest campaign or recommender that answers from a dataset group."""
    records = [record for kind in ("campaign", "recommender") for record in call.resources.every(kind)]
    usable = [
        each
        for each in records
        if each["status"] == ACTIVE
        and each["_serving"]["group"] == group
        and each["_serving"]["recipe_type"] != ACTIONS
    ]
    if not usable:
        raise InvalidInput("campaignArn or recommenderArn is required: none of the dataset group is ACTIVE.")
    return max(usable, key=lambda each: float(each["creationDateTime"]))


def _not_applied(template: Filter, values: Mapping[str, str]) -> list[str]:
    """Name the conditions that an EXCLUDE leaves out for want of a value."""
    return [condition_text(each) for each in template.conditions if each.parameter and each.parameter not in values]


def _unmet(expressions: list[Explanation]) -> Iterator[str]:
    for expression in expressions:
        for alternative in expression["alternatives"]:
            for each in alternative["conditions"]:
                if not each["items"]:
                    yield f"{each['condition']}: no item meets it."
