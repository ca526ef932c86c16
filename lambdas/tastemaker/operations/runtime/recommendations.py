"""GetRecommendations, GetPersonalizedRanking and GetActionRecommendations: a model in memory and the newest events."""

import logging
from typing import Any

from tastemaker.domain import supersets
from tastemaker.domain.recipe_types import ACTIONS, RANKING
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import current_trends
from tastemaker.domain.resources.statuses import ACTIVE, INACTIVE, TURNING
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.operations.answering import recommendation_log
from tastemaker.operations.answering.action_answers import EXPLORING, LiveActionAnswer
from tastemaker.operations.answering.answers import Items, LiveAnswer, Question
from tastemaker.operations.answering.item_metadata import requested_metadata
from tastemaker.operations.answering.reasons import REASONS_TAG, wants_reasons
from tastemaker.operations.answering.unreadable import readable
from tastemaker.operations.call import Call
from tastemaker.operations.resources import lookup
from tastemaker.operations.rules.recipes import exploration_of
from tastemaker.operations.rules.strictness import refuse_if_strict
from tastemaker.store.ports import Record

_logger = logging.getLogger(__name__)
_DEFAULT = 25
_MOST = 500
_DEFAULT_ACTIONS = 5
_MOST_ACTIONS = 100
# The real service ranks with the first type only; ours can do both, and a client that asks gets its answer.
_RANKING = frozenset({RANKING, "USER_PERSONALIZATION"})


def get_recommendations(
    call: Call,
    *,
    campaign_arn: str | None = None,
    recommender_arn: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    num_results: int = _DEFAULT,
    context: dict[str, str] | None = None,
    filter_arn: str | None = None,
    filter_values: dict[str, str] | None = None,
    promotions: list[dict[str, Any]] | None = None,
    metadata_columns: dict[str, list[str]] | None = None,
) -> dict[str, object]:
    """Return the best items for a user, or those related to one, as the campaign's or recommender's recipe has it."""
    if (campaign_arn is None) == (recommender_arn is None):
        raise InvalidInput("Exactly one of campaignArn and recommenderArn must be given.")
    if num_results > _MOST:
        raise InvalidInput(f"numResults must be at most {_MOST}, not {num_results}.")
    serving = _serving(call, campaign_arn) if campaign_arn else _recommender(call, recommender_arn or "")
    _check_arguments(serving, user_id, item_id)
    question = Question(
        serving,
        user_id,
        item_id,
        num_results,
        filter_arn=filter_arn,
        filter_values=filter_values,
        promotions=promotions,
        context=context,
    )
    answer, with_reasons = LiveAnswer.of(call, question), wants_reasons(call, serving)
    metadata = requested_metadata(serving, answer.model, metadata_columns, items=num_results, member="numResults")
    id_, items = _answer(call, answer, campaign_arn or recommender_arn or "", with_reasons=with_reasons)
    return {"itemList": metadata.add(items) if metadata else items, "recommendationId": id_}


def get_personalized_ranking(
    call: Call,
    *,
    campaign_arn: str,
    input_list: list[str],
    user_id: str,
    context: dict[str, str] | None = None,
    filter_arn: str | None = None,
    filter_values: dict[str, str] | None = None,
    metadata_columns: dict[str, list[str]] | None = None,
) -> dict[str, object]:
    """Return the given items in the order of the user's interest, unknown ones last and without a score."""
    if not 0 < len(input_list) <= _MOST:
        raise InvalidInput(f"inputList must name 1 to {_MOST} items, not {len(input_list)}.")
    serving = _serving(call, campaign_arn)
    if serving["recipe_type"] not in _RANKING:
        raise InvalidInput(f"Campaign {campaign_arn} has recipe {serving['recipe']}, which does not rank lists.")
    if serving["recipe_type"] != RANKING:
        refuse_if_strict(call, supersets.RANKING, campaign=campaign_arn, recipe=serving["recipe"])
    question = Question(
        serving,
        user_id,
        input_list=input_list,
        filter_arn=filter_arn,
        filter_values=filter_values,
        context=context,
    )
    answer, with_reasons = LiveAnswer.of(call, question), wants_reasons(call, serving)
    metadata = requested_metadata(serving, answer.model, metadata_columns, items=len(input_list), member="inputList")
    id_, items = _answer(call, answer, campaign_arn, with_reasons=with_reasons)
    return {"personalizedRanking": metadata.add(items) if metadata else items, "recommendationId": id_}


def get_action_recommendations(
    call: Call,
    *,
    campaign_arn: str | None = None,
    user_id: str | None = None,
    num_results: int = _DEFAULT_ACTIONS,
    filter_arn: str | None = None,
    filter_values: dict[str, str] | None = None,
) -> dict[str, object]:
    """Return the likeliest actions that have not expired and may come again, each with its propensity."""
    if campaign_arn is None:
        raise InvalidInput("campaignArn is required.")
    if num_results > _MOST_ACTIONS:
        raise InvalidInput(f"numResults must be at most {_MOST_ACTIONS}, not {num_results}.")
    question = Question(
        _serving_actions(call, campaign_arn, user_id),
        user_id,
        num_results=num_results,
        filter_arn=filter_arn,
        filter_values=filter_values,
        moment=call.clock(),
    )
    id_, items = _answer(call, LiveActionAnswer.of(call, question), campaign_arn, with_reasons=False)
    actions = [{"actionId": each["itemId"], "score": each["score"]} for each in items]
    return {"actionList": actions, "recommendationId": id_}


def _answer(call: Call, answer: LiveAnswer, source: str, *, with_reasons: bool) -> tuple[str, Items]:
    """Return an answer's items with its id, which is also its seed; the log has it before the caller."""
    events, id_ = answer.events(), f"RID-{call.new_id()}"
    items = answer.items(events, seed=id_)
    recommendation_log.keep(call, id_=id_, source=source, answer=answer, events=events, items=items)
    return id_, answer.with_reasons(events, items) if with_reasons else items


def _serving(call: Call, campaign_arn: str) -> Record:
    """Return what a campaign serves: artifact, dataset group and recipe; one read, and the only one of the campaign."""
    campaign = lookup(call, KINDS["campaign"], campaign_arn)
    if campaign["status"] != ACTIVE:
        raise ResourceNotFound(f"Campaign {campaign_arn} is not ACTIVE; its status is {campaign['status']}.")
    return _configured(_reachable(call, campaign), "campaignConfig")


def _serving_actions(call: Call, campaign_arn: str, user_id: str | None) -> Record:
    """Return what a campaign serves, if that is actions and it is known for whom."""
    serving = _serving(call, campaign_arn)
    if serving["recipe_type"] != ACTIONS:
        raise InvalidInput(f"Campaign {campaign_arn} has recipe {serving['recipe']}, which does not recommend actions.")
    if not user_id:
        raise InvalidInput(f"userId is required for recipe {serving['recipe']}.")
    return {**serving, "exploring": EXPLORING}


def _recommender(call: Call, recommender_arn: str) -> Record:
    """Return what a recommender serves, unless it is stopped or has no model yet."""
    recommender = lookup(call, KINDS["recommender"], recommender_arn)
    status = recommender["status"]
    if status in TURNING | {INACTIVE}:
        raise InvalidInput(f"Recommender {recommender_arn} does not answer while its status is {status}; start it.")
    if status != ACTIVE:
        raise ResourceNotFound(f"Recommender {recommender_arn} is not ACTIVE; its status is {status}.")
    return _configured(_reachable(call, recommender), "recommenderConfig")


def _reachable(call: Call, record: Record) -> Record:
    """Return a record as it was before its last update if the model of that does not arrive whole in this process."""
    with readable(record["_arn"]):
        try:
            call.models.get(record["_serving"]["artifact"])
        except (FileNotFoundError, ValueError) as problem:
            if "_before" not in record:
                raise
            _logger.warning("%s answers as before its last update: %s", record["_arn"], problem)
            before = {**record, **record["_before"]}
            call.models.get(before["_serving"]["artifact"])
            return before
        return record


def _configured(record: Record, config: str) -> Record:
    """Add to what is served how its campaign or recommender is configured."""
    serving, settings, trends = record["_serving"], record.get(config) or {}, current_trends(record)
    laid_over = {"trends": {"key": trends["key"], "sha256": trends["sha256"]}} if trends else {}
    return {
        **serving,
        **laid_over,
        "metadata": settings.get("enableMetadataWithRecommendations", False),
        "reasons": record["_tags"].get(REASONS_TAG),
        "exploring": exploration_of(serving["recipe"], settings.get("itemExplorationConfig")),
        **({"influence": influence} if (influence := settings.get("rankingInfluence")) else {}),
    }


def _check_arguments(serving: Record, user_id: str | None, item_id: str | None) -> None:
    if serving["recipe_type"] == RANKING:
        raise InvalidInput(f"Recipe {serving['recipe']} answers GetPersonalizedRanking, not GetRecommendations.")
    if serving["recipe_type"] == ACTIONS:
        raise InvalidInput(f"Recipe {serving['recipe']} answers GetActionRecommendations, not GetRecommendations.")
    members = {"userId": user_id, "itemId": item_id}
    for need in serving["needs"]:
        if not members[need]:
            raise InvalidInput(f"{need} is required for recipe {serving['recipe']}.")
