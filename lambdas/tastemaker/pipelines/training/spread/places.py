"""Where a training keeps what Spark reads and writes: below the job's folder, until it has ended."""

from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.places import COPIES, job_folder

EVENTS, DESCRIBED, COUNTED, STAGE, SAMPLE = "events/", "described/", "counted/", "stage", "sample/"


def folder_of(work: Input) -> str:
    """Return the folder of one training."""
    return f"{job_folder(work['arn'])}{COPIES}{work['recorded_before']:.6f}/"


def tidy(deps: Deps, work: Input) -> None:
    """Remove all of it."""
    deps.objects.delete(deps.config.data_bucket, folder_of(work))
