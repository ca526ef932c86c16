"""AWS Batch: containers that do what an object in S3 says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tastemaker.store.ports import JobEnd

# The parameter of the job definition that says what a container is to do (handlers/job.py).
DOCUMENT: Final = "document"
_ENDED: Final = frozenset({"SUCCEEDED", "FAILED"})


@dataclass(frozen=True, slots=True)
class BatchJobs:
    """Jobs of one queue and definition, each under a name of its own."""

    client: Callable[[], Any]  # gives it when it is needed
    queue: str
    definition: str

    def start(self, name: str, document: str, *, memory: int, vcpus: int, seconds: int) -> str:
        """Submit a job, or find the one of this name: SubmitJob itself takes a name twice."""
        if (id_ := self._find(name)) is not None:
            return id_
        sizes = {"MEMORY": str(memory), "VCPU": str(vcpus)}
        reply = self.client().submit_job(
            jobName=name,
            jobQueue=self.queue,
            jobDefinition=self.definition,
            parameters={DOCUMENT: document},
            timeout={"attemptDurationSeconds": seconds},
            containerOverrides={"resourceRequirements": [{"type": k, "value": v} for k, v in sizes.items()]},
        )
        return str(reply["jobId"])

    def look(self, id_: str) -> JobEnd | None:
        """Return how a job ended, or None while it waits or runs."""
        [job] = self.client().describe_jobs(jobs=[id_])["jobs"] or [{"status": "FAILED", "statusReason": "it is gone"}]
        if job["status"] not in _ENDED:
            return None
        container = (job.get("attempts") or [{}])[-1].get("container", {})
        reasons = filter(None, (container.get("reason"), job.get("statusReason")))
        return JobEnd(job["status"] == "SUCCEEDED", "; ".join(reasons), container.get("exitCode"))

    def stop(self, id_: str, reason: str) -> None:
        """Terminate a job; of one that has ended nothing is changed."""
        self.client().terminate_job(jobId=id_, reason=reason)

    def _find(self, name: str) -> str | None:
        filters = [{"name": "JOB_NAME", "values": [name]}]
        found = self.client().list_jobs(jobQueue=self.queue, filters=filters)["jobSummaryList"]
        return str(found[0]["jobId"]) if found else None
