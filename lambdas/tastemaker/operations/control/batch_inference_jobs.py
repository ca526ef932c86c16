"""Batch inference jobs: the lines of files in S3, answered as GetRecommendations would, perhaps with themes."""

from typing import Any

from tastemaker.domain.recipe_types import RANKING
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.batch_settings import check_count, check_locations, ready_filter, ready_version
from tastemaker.operations.rules.campaign_configs import check_exploration, check_influence
from tastemaker.operations.rules.filtering import check_target
from tastemaker.operations.rules.recipes import batch_capable, exploration_of
from tastemaker.operations.rules.themes import PLAIN, check_themes
from tastemaker.store.ports import Record

_JOB = KINDS["batch-inference-job"]
_DEFAULT = 25
_MOST = 500


def create_batch_inference_job(
    call: Call,
    *,
    job_name: str,
    solution_version_arn: str,
    job_input: dict[str, Any],
    job_output: dict[str, Any],
    role_arn: str,
    filter_arn: str | None = None,
    num_results: int | None = None,
    batch_inference_job_config: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
    batch_inference_job_mode: str = PLAIN,
    theme_generation_config: dict[str, Any] | None = None,
) -> dict[str, object]:
    """Start answering the lines below an S3 path with an ACTIVE solution version; no campaign is needed."""
    version = ready_version(call, solution_version_arn, filter_arn)
    recipe = batch_capable(version["recipeArn"])
    rule = ready_filter(call, filter_arn, version) if filter_arn else None
    if filter_arn and rule:
        check_target(filter_arn, rule, recipe)
    themes = check_themes(
        call, batch_inference_job_mode, theme_generation_config, version=version, recipe=recipe, rule=rule
    )
    _check_config(call, recipe, batch_inference_job_config or {}, version["datasetGroupArn"])
    check_count(num_results, _MOST)
    check_locations(call, job_input, job_output)
    members = {
        "jobName": job_name,
        "solutionVersionArn": solution_version_arn,
        "datasetGroupArn": version["datasetGroupArn"],
        "filterArn": filter_arn,
        "numResults": num_results or _default(recipe),
        "jobInput": job_input,
        "jobOutput": job_output,
        "roleArn": role_arn,
        "batchInferenceJobConfig": batch_inference_job_config,
        "_exploring": exploration_of(recipe["name"], (batch_inference_job_config or {}).get("itemExplorationConfig")),
        "batchInferenceJobMode": batch_inference_job_mode,
        "themeGenerationConfig": theme_generation_config,
        "_themes": themes,
    }
    record = resources.new_record(call, _JOB, job_name, members, tags=tags)
    return {"batchInferenceJobArn": resources.create(call, record, "batch")}


def describe_batch_inference_job(call: Call, *, batch_inference_job_arn: str) -> dict[str, object]:
    """Return one batch inference job."""
    return resources.describe(call, _JOB, batch_inference_job_arn)


def list_batch_inference_jobs(
    call: Call,
    *,
    solution_version_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of batch inference jobs, of one solution version or of all."""
    return resources.page(call, _JOB, solution_version_arn, max_results, next_token)


def _check_config(call: Call, recipe: Record, config: dict[str, Any], group: str) -> None:
    check_exploration(recipe, config, "batchInferenceJobConfig")
    if config.get("rankingInfluence") and "rankingInfluence" not in recipe["features"]:
        raise InvalidInput(f"rankingInfluence is for aws-semantic-similarity; recipe {recipe['name']} has none.")
    check_influence(call, recipe, config, group, "batchInferenceJobConfig")


def _default(recipe: Record) -> int | None:
    """Return how many items a line gets; a list that is to be ranked comes back whole."""
    return None if recipe["recipeType"] == RANKING else _DEFAULT
