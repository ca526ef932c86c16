"""EMR Serverless: many machines that run one script of Spark."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from tastemaker.store.ports import JobEnd

_logger = logging.getLogger(__name__)
_ENDED: Final = frozenset({"SUCCESS", "FAILED", "CANCELLED"})
# What CancelJobRun says of a run that has ended, and of one that nobody knows.
_OVER: Final = frozenset({"ValidationException", "ResourceNotFoundException"})
# Of an executor's memory: what Spark itself takes of it is added ("Spark defaults", EMR Serverless).
_OVERHEAD: Final = 1.1
# What is shuffled and spilled lies there; 20 GB where nobody says, of 200 at most ("Supported worker configurations").
_DISK: Final = "200g"


@dataclass(frozen=True, slots=True)
class Application:
    """An application's id, the URI of its script, the ARN of the role it acts under, and the bucket of documents."""

    id: str
    script: str
    role: str
    bucket: str


@dataclass(frozen=True, slots=True)
class SparkJobs:
    """Runs of one application, each under a name of its own."""

    client: Callable[[], Any]  # gives it when it is needed
    application: Application

    def start(self, name: str, document: str, *, memory: int, vcpus: int, seconds: int) -> str:
        """Start a run, or find the one of this name: the service takes the same token once."""
        sizes = {
            "spark.executor.memory": f"{int(memory / _OVERHEAD)}m",
            "spark.executor.cores": vcpus,
            "spark.emr-serverless.executor.disk": _DISK,
        }
        driver = {
            "entryPoint": self.application.script,
            "entryPointArguments": [f"s3://{self.application.bucket}/{document}"],
            "sparkSubmitParameters": " ".join(f"--conf {key}={value}" for key, value in sizes.items()),
        }
        reply = self.client().start_job_run(
            applicationId=self.application.id,
            clientToken=name,
            name=name,
            executionRoleArn=self.application.role,
            jobDriver={"sparkSubmit": driver},
            executionTimeoutMinutes=-(-seconds // 60),
        )
        return str(reply["jobRunId"])

    def look(self, id_: str) -> JobEnd | None:
        """Return how a run ended, or None while it waits or works."""
        run = self.client().get_job_run(applicationId=self.application.id, jobRunId=id_)["jobRun"]
        if run["state"] not in _ENDED:
            return None
        return JobEnd(run["state"] == "SUCCESS", run.get("stateDetails") or "")

    def stop(self, id_: str, reason: str) -> None:
        """Cancel a run; of one that has ended, or is gone, nothing is changed."""
        _logger.info("run %s is cancelled: %s", id_, reason)  # the service takes no reason
        try:
            self.client().cancel_job_run(applicationId=self.application.id, jobRunId=id_)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _OVER:
                raise
