"""Where things lie in the buckets: the folders that a workflow writes to, and that removing their owner empties.

And what a caller's role must allow so that a workflow reaches the caller's own.
"""

import re

from tastemaker.domain.resources import arns
from tastemaker.errors import RoleNotTrusted
from tastemaker.store.ports import Record

_OF_THE_DIGEST = 16  # characters
_DIGEST = re.compile(rf"[0-9a-f]{{{_OF_THE_DIGEST}}}")


def snapshots_folder(dataset_arn: str) -> str:
    """Return where a dataset's snapshots are, each in a folder of its own."""
    return f"snapshots/{arns.tail(dataset_arn)}/"


def rejects_folder(dataset_arn: str) -> str:
    """Return where the records are listed for which imports into a dataset failed."""
    return f"rejects/{arns.tail(dataset_arn)}/"


def archive_folder(dataset_arn: str) -> str:
    """Return where the recorded events of a dataset are that were taken out of the events table."""
    return f"recorded/{arns.tail(dataset_arn)}/"


def job_folder(job_arn: str) -> str:
    """Return where a job's own files lie; the kind is in it, for kinds may share a job's name."""
    return f"jobs/{arns.resource(job_arn)}/"


# Below a job's folder: copies of files of callers, for those who may not read where they are.
COPIES = "files/"


def models_folder(arn: str) -> str:
    """Return where the models of a solution are, or the one of a version of it."""
    return f"{arns.tail(arn)}/"


def folder_of_content(home: str, digest: str) -> str:
    """Return where a model is whose manifest has a digest: two runs of one training never share a folder by chance."""
    return f"{home}{digest[:_OF_THE_DIGEST]}/"


def home_of_content(prefix: str) -> str:
    """Return the folder of the folder that is named so; one that has another name is its own."""
    home, _, name = prefix.removesuffix("/").rpartition("/")
    return f"{home}/" if _DIGEST.fullmatch(name) else prefix


def recommender_folder(arn: str) -> str:
    """Return where a recommender's models are; no name has a dot, so no solution's models are below it."""
    return f"recommender.{arns.tail(arn)}/"


def trends_folder(record: Record) -> str:
    """Return where the trends of a campaign or recommender are, apart from all models for the same reason."""
    return f"trends.{record['_kind']}.{arns.tail(record['_arn'])}/"


def attribution_folder(attribution_arn: str) -> str:
    """Return where a metric attribution keeps what it is about to publish."""
    return f"attributions/{arns.tail(attribution_arn)}/"


def batches_folder(attribution_arn: str) -> str:
    """Return where a metric attribution's batches are, in the order of time."""
    return f"{attribution_folder(attribution_arn)}batches/"


def figures_folder(attribution_arn: str) -> str:
    """Return where a metric attribution's figures by day are; the control function may read what lies there."""
    return f"{attribution_folder(attribution_arn)}figures/"


def moment_of_batch(key: str) -> float:
    """Return up to when events are in a batch, or in a file of its ids, by its key."""
    return float(key.rpartition("/")[2].partition("-")[0])


def imports_folder(attribution_arn: str) -> str:
    """Return where the totals of imports wait for a batch."""
    return f"{attribution_folder(attribution_arn)}imports/"


def s3_uri(bucket: str, key: str) -> str:
    """Return what Spark reads an object by on AWS."""
    return f"s3://{bucket}/{key}"


def must_allow(role: str, actions: str, place: str, refusal: PermissionError) -> str:
    """Return what makes a role one that a workflow may use at a place, after it was refused there."""
    if isinstance(refusal, RoleNotTrusted):
        return str(refusal)
    return (
        f"{role} must be a role whose trust policy names this service's task role (the stack's output TaskRoleArn) and "
        f"that allows {actions} for {place}"
    )


def cannot_be(role: str, refusal: PermissionError) -> str:
    """Return why a workflow cannot act as a role."""
    if isinstance(refusal, RoleNotTrusted):
        return f"The role {refusal}."
    return (
        f"The role {role} cannot be assumed: its trust policy must name this service's task role (the stack's output "
        "TaskRoleArn)."
    )
