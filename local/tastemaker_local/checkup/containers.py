"""Whether containers would run: AWS Batch lets a job wait without a word for what the account does not have."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from tastemaker_local.checkup.deployments import Deployment, Member
from tastemaker_local.checkup.findings import Told

QUEUE: Final = "Batch::JobQueue"
_ENVIRONMENT: Final = "Batch::ComputeEnvironment"
# Hours that a job waits where there is room: its image is fetched in minutes.
_WAITS: Final = 0.5
_QUOTA: Final = "Service Quotas, AWS Fargate, vCPUs; or its largest size, 16, is more than the account may have at once"


def containers(deployment: Deployment) -> Iterator[Told]:
    """Whether the queue and what it runs on are in order, and whether anything waits in it for long."""
    client = deployment.client("batch") if (queues := deployment.made(QUEUE)) else None
    if client is None:
        return
    found = client.describe_job_queues(jobQueues=queues)["jobQueues"]
    names = deployment.made(_ENVIRONMENT)
    found += client.describe_compute_environments(computeEnvironments=names)["computeEnvironments"]
    problems = [problem for each in found if (problem := _fault(each))]
    yield from problems
    waiting = client.list_jobs(jobQueue=queues[0], jobStatus="RUNNABLE")["jobSummaryList"]
    late = [job for job in waiting if deployment.age(_moment(job)) > _WAITS]
    for job in late:
        hours = deployment.age(_moment(job))
        yield Told("look", f"the container {job['jobName']} has waited for {hours:.1f} hours", _QUOTA)
    if not problems and not late:
        yield Told("fine", f"containers can run; {len(waiting)} wait")


def _fault(found: Member) -> Told | None:
    """Say what is wrong with a queue or a compute environment."""
    if (found["state"], found["status"]) == ("ENABLED", "VALID"):
        return None
    name = found.get("jobQueueName") or found.get("computeEnvironmentName")
    text = f"{name} of AWS Batch is {found['state']} and {found['status']}: {found.get('statusReason') or 'no reason'}"
    return Told("wrong", text, "what outgrows a function waits until it is in order; deploy again")


def _moment(job: Member) -> datetime:
    return datetime.fromtimestamp(job["createdAt"] / 1000, UTC)
