"""The steps of a deployment: verify the artifact, then let the campaign serve it."""

from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.serving import serve, verified
from tastemaker.store.ports import Record


def verify(deps: Deps, work: Input) -> Input:
    """Load the model that is to serve, and refuse one whose files are missing or were changed."""
    version = deps.resources.get(_changed(deps.resources.get(work["arn"]), work["change"])["solutionVersionArn"])
    serving = verified(deps, version["_artifact"], version["datasetGroupArn"], version["_recipe"])
    return {**work, "serving": serving}


def publish(deps: Deps, work: Input) -> Input:
    """Switch the campaign to the verified model in one write."""
    serve(deps, work, work["serving"])
    return work


def _changed(campaign: Record, change: str) -> Record:
    """Return the campaign's members as they will be after the change."""
    return {**campaign, **campaign["latestCampaignUpdate"]} if change == "update" else campaign
