"""Campaigns that follow their solution: each newest version, automatic or not, is deployed to them."""

from contextlib import suppress

from tastemaker.domain.resources.changes import is_updating, latest_update, new_update, under_way
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_FAILED
from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record


def follow(deps: Deps, solution_arn: str) -> list[str]:
    """Update the solution's synchronised campaigns to its newest ACTIVE version, and return them.

    One that is being updated is left to the next look; one that could not take this very version, to its owner.
    """
    versions = list(deps.resources.every("solution-version", parent=solution_arn))
    active = [v["_arn"] for v in versions if v["status"] == ACTIVE and v["trainingMode"] == "FULL"]
    campaigns = deps.resources.every("campaign", parent=solution_arn) if active else ()
    behind = [campaign["_arn"] for campaign in campaigns if _is_behind(campaign, active[-1])]
    for arn in behind:
        # Somebody may change or delete a campaign in this moment.
        with suppress(ResourceInUse, ResourceNotFound):
            _deploy(deps, arn, active[-1])
    return behind


def _is_behind(campaign: Record, version: str) -> bool:
    update = latest_update(campaign)
    has_failed = update.get("status") == CREATE_FAILED and update.get("solutionVersionArn") == version
    return (
        campaign["status"] == ACTIVE
        and bool(campaign.get("campaignConfig", {}).get("syncWithLatestSolutionVersion"))
        and campaign["solutionVersionArn"] != version
        and not is_updating(campaign)
        and not has_failed
    )


def _deploy(deps: Deps, arn: str, version: str) -> None:
    now = deps.clock()
    attempt = f"{now:.6f}"

    def begun(campaign: Record) -> Record:
        if not _is_behind(campaign, version):
            raise ResourceInUse(f"Campaign {arn} has changed meanwhile.")
        update = new_update(campaign, {"solutionVersionArn": version}, now)
        return {**update, **under_way("update", "deployment", attempt, now)}

    deps.resources.update(arn, begun, when={ACTIVE})
    deps.workflows.start("deployment", arn, "update", attempt=attempt)
