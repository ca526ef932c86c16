"""Campaigns that follow their solution: each newest version, automatic or not, is deployed to them."""

from contextlib import suppress

from tastemaker.domain.statuses import ACTIVE, BUSY, CREATE_FAILED, CREATE_PENDING
from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record


def follow(deps: Deps, solution_arn: str) -> list[str]:
    """Update the solution's synchronised campaigns to its newest ACTIVE version; return those that need it.

    One that is being updated is left to the next look; one that could not take this very version, to its owner.
    """
    versions = list(deps.resources.every("solution-version", parent=solution_arn))
    trained = [v["_arn"] for v in versions if v["status"] == ACTIVE and v["trainingMode"] == "FULL"]
    campaigns = deps.resources.every("campaign", parent=solution_arn) if trained else ()
    behind = [campaign["_arn"] for campaign in campaigns if _follows(deps, campaign, trained[-1])]
    for arn in behind:
        _deploy(deps, arn, trained[-1])
    return behind


def _follows(deps: Deps, campaign: Record, version: str) -> bool:
    update = campaign.get("latestCampaignUpdate", {})
    if update.get("status") == CREATE_PENDING:
        _start(deps, campaign["_arn"], update)  # once more, in case that its first start was lost
    refused = update.get("status") == CREATE_FAILED and update.get("solutionVersionArn") == version
    return (
        campaign["status"] == ACTIVE
        and bool(campaign.get("campaignConfig", {}).get("syncWithLatestSolutionVersion"))
        and campaign["solutionVersionArn"] != version
        and update.get("status") not in BUSY
        and not refused
    )


def _deploy(deps: Deps, arn: str, version: str) -> None:
    now = deps.clock()
    update = {
        "solutionVersionArn": version,
        "status": CREATE_PENDING,
        "creationDateTime": now,
        "lastUpdatedDateTime": now,
    }
    # A campaign that was deleted meanwhile follows nothing.
    with suppress(ResourceInUse, ResourceNotFound):
        deps.resources.update(arn, {"latestCampaignUpdate": update}, when={ACTIVE})
        _start(deps, arn, update)


def _start(deps: Deps, arn: str, update: Record) -> None:
    """Start the deployment under the name that the API's own start of this update has."""
    deps.workflows.start("deployment", arn, "update", attempt=f"{update['creationDateTime']:.6f}")
