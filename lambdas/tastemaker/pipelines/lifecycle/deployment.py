"""The steps of a deployment: verify the artifact, then let the campaign or recommender serve it."""

from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.steps import apply_update, finish
from tastemaker.store.ports import Record

# What of a campaign's or recommender's record decides its answers.
_ANSWERS = ("_serving", "campaignConfig", "recommenderConfig")


def verify(deps: Deps, work: Input) -> Input:
    """Load the model that is to serve, and refuse one whose files are missing or were changed."""
    version = deps.resources.get(_wanted(deps.resources.get(work["arn"]), work["change"])["solutionVersionArn"])
    serving = verified(deps, version["_artifact"], version["datasetGroupArn"], version["_recipe"])
    return {**work, "serving": serving}


def publish(deps: Deps, work: Input) -> Input:
    """Switch the campaign to the verified model in one write."""
    serve(deps, work, work["serving"])
    return work


def verified(deps: Deps, artifact: Record, group: str, recipe: Record) -> Record:
    """Return what a campaign or recommender serves, once its model has been loaded."""
    try:
        deps.models.verify(artifact)
    except (FileNotFoundError, ValueError) as problem:
        raise JobFailed(f"The model {artifact['prefix']} cannot be loaded: {problem}.") from None
    return {
        "artifact": artifact,
        "group": group,
        "recipe": recipe["name"],
        "recipe_type": recipe["type"],
        "needs": recipe["needs"],
    }


def serve(deps: Deps, work: Input, serving: Record, **members: object) -> None:
    """Let a campaign or recommender answer from a model from now on, with a new configuration if that was the wish.

    What it answered with before stays named, for a process that the new model does not reach whole.
    """
    record = deps.resources.get(work["arn"])
    if "_serving" in record:
        members["_before"] = {name: record.get(name) for name in _ANSWERS}
    if work["change"] == "update":
        apply_update(deps, work, status=ACTIVE, _serving=serving, **members)
    else:
        finish(deps, work, {"status": ACTIVE, "_serving": serving, **members}, when=BUSY | {ACTIVE})


def _wanted(campaign: Record, change: str) -> Record:
    """Return the campaign's members as they will be after the change."""
    return {**campaign, **campaign["latestCampaignUpdate"]} if change == "update" else campaign
