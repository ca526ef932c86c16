"""The steps of a deployment: verify the artifact, then let the campaign serve it."""

from typing import Any

from tastemaker.domain.statuses import ACTIVE, BUSY
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.lifecycle import apply_update
from tastemaker.store.ports import Record

Input = dict[str, Any]


def verify(deps: Deps, work: Input) -> Input:
    """Load the model that is to serve, and refuse one whose files are missing or were changed."""
    version = deps.resources.get(_wanted(deps.resources.get(work["arn"]), work["change"])["solutionVersionArn"])
    try:
        deps.models.get(version["_artifact"])
    except (FileNotFoundError, ValueError) as problem:
        raise JobFailed(f"The model of {version['_arn']} cannot be loaded: {problem}.") from None
    return {**work, "serving": _serving(version)}


def publish(deps: Deps, work: Input) -> Input:
    """Switch the campaign to the verified model in one write."""
    arn, serving = work["arn"], work["serving"]
    if work["change"] == "update":
        apply_update(deps, arn, status=ACTIVE, _serving=serving)
    else:
        changes = {"status": ACTIVE, "lastUpdatedDateTime": deps.clock(), "_serving": serving}
        deps.resources.update(arn, changes, when=BUSY | {ACTIVE})
    return work


def _wanted(campaign: Record, change: str) -> Record:
    """Return the campaign's members as they will be after the change."""
    return {**campaign, **campaign["latestCampaignUpdate"]} if change == "update" else campaign


def _serving(version: Record) -> Record:
    return {
        "artifact": version["_artifact"],
        "group": version["datasetGroupArn"],
        "recipe": version["_recipe"]["name"],
        "recipe_type": version["_recipe"]["type"],
    }
