"""GetActionRecommendations: the actions that a user is most likely to take, each with its propensity."""

from tastemaker.domain.kinds import KINDS
from tastemaker.domain.statuses import ACTIVE
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.operations import recommendation_log
from tastemaker.operations.action_answers import EXPLORING, ActionsAsked
from tastemaker.operations.answers import Question
from tastemaker.operations.context import Context
from tastemaker.operations.filtering import ACTIONS
from tastemaker.operations.resources import lookup
from tastemaker.store.ports import Record

_DEFAULT = 5
_MOST = 100


def get_action_recommendations(
    ctx: Context,
    *,
    campaign_arn: str | None = None,
    user_id: str | None = None,
    num_results: int = _DEFAULT,
    filter_arn: str | None = None,
    filter_values: dict[str, str] | None = None,
) -> dict[str, object]:
    """Return actions that have not expired and may come again, best first; the log has them before the caller."""
    if campaign_arn is None:
        raise InvalidInput("campaignArn is required.")
    if num_results > _MOST:
        raise InvalidInput(f"numResults must be at most {_MOST}, not {num_results}.")
    serving = _serving(ctx, campaign_arn)
    if not user_id:
        raise InvalidInput(f"userId is required for recipe {serving['recipe']}.")
    question = Question(
        serving,
        user_id,
        num_results=num_results,
        filter_arn=filter_arn,
        filter_values=filter_values,
        moment=ctx.clock(),
    )
    asked, id_ = ActionsAsked.of(ctx, question), f"RID-{ctx.new_id()}"
    events = asked.events(ctx)
    found = asked.answer(events, seed=id_)
    recommendation_log.keep(ctx, id_=id_, source=campaign_arn, question=question, events=events, items=found)
    actions = [{"actionId": each["itemId"], "score": each["score"]} for each in found]
    return {"actionList": actions, "recommendationId": id_}


def _serving(ctx: Context, campaign_arn: str) -> Record:
    """Return what a campaign serves, if that is actions."""
    campaign = lookup(ctx, KINDS["campaign"], campaign_arn)
    if campaign["status"] != ACTIVE:
        raise ResourceNotFound(f"Campaign {campaign_arn} is not ACTIVE; its status is {campaign['status']}.")
    serving: Record = campaign["_serving"]
    if serving["recipe_type"] != ACTIONS:
        raise InvalidInput(f"Campaign {campaign_arn} has recipe {serving['recipe']}, which does not recommend actions.")
    return {**serving, "exploring": EXPLORING}
