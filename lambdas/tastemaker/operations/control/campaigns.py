"""Campaigns: a solution version that answers in real time."""

from typing import Any

from tastemaker.domain.resources.arns import LATEST, solution_of
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.campaign_configs import check_campaign
from tastemaker.operations.rules.ineffective import warn
from tastemaker.store.ports import Record

_CAMPAIGN = KINDS["campaign"]


def create_campaign(
    call: Call,
    *,
    name: str,
    solution_version_arn: str,
    min_provisioned_tps: int = 1,
    campaign_config: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Deploy an ACTIVE solution version, or the newest one of `SOLUTION/$LATEST`."""
    _check_sync(solution_version_arn, campaign_config)
    version = _deployable(call, solution_version_arn)
    check_campaign(call, version, campaign_config)
    members = {
        "name": name,
        "solutionVersionArn": version["_arn"],
        "minProvisionedTPS": min_provisioned_tps,
        "campaignConfig": campaign_config,
        "solutionArn": version["solutionArn"],
        "datasetGroupArn": version["datasetGroupArn"],
    }
    record = resources.new_record(call, _CAMPAIGN, name, members, tags=tags)
    warn(call, record)
    return {"campaignArn": resources.create(call, record, "deployment")}


def describe_campaign(call: Call, *, campaign_arn: str) -> dict[str, object]:
    """Return one campaign; a change under way is in `latestCampaignUpdate`."""
    reply = resources.describe(call, _CAMPAIGN, campaign_arn)
    warn(call, reply[_CAMPAIGN.member])
    return reply


def list_campaigns(
    call: Call, *, solution_arn: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, object]:
    """Return a page of campaigns, of one solution or of all; a version's ARN stands for its solution.

    A notebook of Amazon's own names a version (Recommender-Agent_CleanUp), and its kept output has an answer.
    """
    solution = solution_of(solution_arn) if solution_arn else None
    return resources.page(call, _CAMPAIGN, solution, max_results, next_token)


def update_campaign(
    call: Call,
    *,
    campaign_arn: str,
    solution_version_arn: str | None = None,
    min_provisioned_tps: int | None = None,
    campaign_config: dict[str, Any] | None = None,
) -> dict[str, object]:
    """Start a change; the old version and configuration serve until it is done."""
    record = resources.lookup(call, _CAMPAIGN, campaign_arn)
    changes = _changes(call, record, solution_version_arn, min_provisioned_tps, campaign_config)
    warn(call, {**record, **changes})
    return {"campaignArn": resources.update(call, record, changes, "deployment")}


def delete_campaign(call: Call, *, campaign_arn: str) -> dict[str, object]:
    """Remove a deployment; its version stays."""
    return resources.delete(call, resources.lookup(call, _CAMPAIGN, campaign_arn))


def _changes(
    call: Call,
    record: Record,
    solution_version_arn: str | None,
    min_provisioned_tps: int | None,
    campaign_config: dict[str, Any] | None,
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    config = record.get("campaignConfig") if campaign_config is None else campaign_config
    _check_sync(solution_version_arn or f"/{LATEST}", config)
    if solution_version_arn is not None:
        version = _deployable(call, solution_version_arn)
        if version["solutionArn"] != record["solutionArn"]:
            raise InvalidInput(f"solutionVersionArn must be a version of the solution {record['solutionArn']}.")
        changes["solutionVersionArn"] = version["_arn"]
    if min_provisioned_tps is not None:
        changes["minProvisionedTPS"] = min_provisioned_tps
    if campaign_config is not None:
        check_campaign(call, call.resources.get(record["solutionVersionArn"]), campaign_config)
        changes["campaignConfig"] = campaign_config
    return changes


def _check_sync(solution_version_arn: str, campaign_config: dict[str, Any] | None) -> None:
    sync = (campaign_config or {}).get("syncWithLatestSolutionVersion")
    if sync and not solution_version_arn.endswith(f"/{LATEST}"):
        raise InvalidInput(
            f"syncWithLatestSolutionVersion needs a solutionVersionArn that ends in /{LATEST}; "
            "set it to false to deploy one version and stay with it."
        )


def _deployable(call: Call, arn: str) -> Record:
    if not arn.endswith(f"/{LATEST}"):
        version = resources.lookup_active(call, KINDS["solution-version"], arn)
        resources.lookup_active(call, KINDS["solution"], version["solutionArn"])  # one on its way out takes it along
        return version
    solution = resources.lookup_active(call, KINDS["solution"], arn.removesuffix(f"/{LATEST}"))
    versions = [v for v in call.resources.every("solution-version", parent=solution["_arn"]) if v["status"] == ACTIVE]
    if not versions:
        raise ResourceNotFound(f"Solution {solution['_arn']} has no ACTIVE solution version.")
    return versions[-1]
