"""GetRecommendations and GetPersonalizedRanking: answers from a model in memory and the newest events."""

from typing import Any

from tastemaker.domain import reasons
from tastemaker.domain.filters import Filter
from tastemaker.domain.histories import most_events
from tastemaker.domain.kinds import KINDS
from tastemaker.domain.statuses import ACTIVE, INACTIVE, TURNING
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.operations.context import Context
from tastemaker.operations.filtering import check_answerable, requested_filter
from tastemaker.operations.item_metadata import requested_metadata
from tastemaker.operations.promotions import requested_promotion
from tastemaker.operations.resources import lookup
from tastemaker.store.ports import Event, Record, Served

_DEFAULT = 25
_MOST = 500
# The real service ranks with the first type only; ours can do both, and a client that asks gets its answer.
_RANKING = frozenset({"PERSONALIZED_RANKING", "USER_PERSONALIZATION"})


def get_recommendations(
    ctx: Context,
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
    del context
    serving = _serving(ctx, campaign_arn) if campaign_arn else _recommender(ctx, recommender_arn or "")
    _check_arguments(serving, user_id, item_id)
    rule = requested_filter(ctx, serving, filter_arn, filter_values)
    promotion = requested_promotion(ctx, serving, promotions, num_results)
    rules = [each for each in (rule, promotion and promotion.rule) if each]
    model = ctx.models.get(serving["artifact"])
    check_answerable(rules, model, user_id)
    metadata = requested_metadata(serving, model, metadata_columns, items=num_results, member="numResults")
    events = _new_events(ctx, serving, model, user_id, rules)
    id_ = _recommendation_id(ctx)
    answer = _predicted(model.recommend(user_id, events, item_id=item_id, k=num_results, rule=rule))
    found = _with_reasons(answer, serving["recipe"])
    if promotion:
        best = model.recommend(user_id, events, item_id=item_id, k=promotion.places, rule=promotion.rule)
        found = promotion.mix(_predicted(best), found, seed=id_)
    return {"itemList": metadata.add(ctx, found) if metadata else found, "recommendationId": id_}


def get_personalized_ranking(
    ctx: Context,
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
    del context
    serving = _serving(ctx, campaign_arn)
    if serving["recipe_type"] not in _RANKING:
        raise InvalidInput(f"Campaign {campaign_arn} has recipe {serving['recipe']}, which does not rank lists.")
    rule = requested_filter(ctx, serving, filter_arn, filter_values)
    rules = [rule] if rule else []
    model = ctx.models.get(serving["artifact"])
    check_answerable(rules, model, user_id)
    metadata = requested_metadata(serving, model, metadata_columns, items=len(input_list), member="inputList")
    events = _new_events(ctx, serving, model, user_id, rules)
    found = _predicted(model.rank(user_id, events, list(dict.fromkeys(input_list)), rule=rule))
    ranking = metadata.add(ctx, found) if metadata else found
    return {"personalizedRanking": ranking, "recommendationId": _recommendation_id(ctx)}


def _serving(ctx: Context, campaign_arn: str) -> Record:
    """Return what a campaign serves: artifact, dataset group and recipe; one read, and the only one of the campaign."""
    campaign = lookup(ctx, KINDS["campaign"], campaign_arn)
    if campaign["status"] != ACTIVE:
        raise ResourceNotFound(f"Campaign {campaign_arn} is not ACTIVE; its status is {campaign['status']}.")
    return _with_metadata(campaign, "campaignConfig")


def _recommender(ctx: Context, recommender_arn: str) -> Record:
    """Return what a recommender serves, unless it is stopped or has no model yet."""
    recommender = lookup(ctx, KINDS["recommender"], recommender_arn)
    status = recommender["status"]
    if status in TURNING | {INACTIVE}:
        raise InvalidInput(f"Recommender {recommender_arn} does not answer while its status is {status}; start it.")
    if status != ACTIVE:
        raise ResourceNotFound(f"Recommender {recommender_arn} is not ACTIVE; its status is {status}.")
    return _with_metadata(recommender, "recommenderConfig")


def _with_metadata(record: Record, config: str) -> Record:
    enabled = record.get(config, {}).get("enableMetadataWithRecommendations", False)
    return {**record["_serving"], "metadata": enabled}


def _check_arguments(serving: Record, user_id: str | None, item_id: str | None) -> None:
    if serving["recipe_type"] == "PERSONALIZED_RANKING":
        raise InvalidInput(f"Recipe {serving['recipe']} answers GetPersonalizedRanking, not GetRecommendations.")
    given = {"userId": user_id, "itemId": item_id}
    for needed in serving["needs"]:
        if not given[needed]:
            raise InvalidInput(f"{needed} is required for recipe {serving['recipe']}.")


def _new_events(ctx: Context, serving: Record, model: Served, user_id: str | None, rules: list[Filter]) -> list[Event]:
    """Return what was recorded last of a user since training, or all of it where a filter asks what the user did."""
    if not user_id:
        return []
    since = model.recorded_before
    return ctx.events.since(serving["group"], user_id, recorded_from=since, limit=most_events(rules))


def _predicted(found: list[tuple[str, float | None]]) -> list[dict[str, object]]:
    return [{"itemId": item, "score": None if score is None else round(score, 7)} for item, score in found]


def _with_reasons(found: list[dict[str, object]], recipe: str) -> list[dict[str, object]]:
    """Say of items without a score that they are placeholders, where a recipe has such."""
    if recipe not in reasons.RECIPES:
        return found
    return [item if item["score"] is not None else {**item, "reason": [reasons.PLACEHOLDER]} for item in found]


def _recommendation_id(ctx: Context) -> str:
    return f"RID-{ctx.new_id()}"
