"""Where an attribution's figures go, reached as its role: CloudWatch, and reports in the caller's bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from tastemaker.domain.locations import Location, parse_location
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import cannot_be
from tastemaker.store.ports import Datum, Metrics, Objects, Record

# CloudWatch refuses namespaces that begin with AWS/ from everybody but AWS.
NAMESPACE = "Personalize"
_CHECK = "PermissionCheck"
_PROBE = "_CHECK"  # as batch jobs leave one


@dataclass(frozen=True, slots=True)
class Reports:
    """The folder of an attribution's reports; None: it has none."""

    objects: Objects
    folder: Location
    kms_key: str | None
    role: str

    def write(self, name: str, body: bytes) -> None:
        """Store a report whole."""
        try:
            key = f"{_prefix(self.folder)}{name}"
            self.objects.upload_stream(BytesIO(body), self.folder.bucket, key, kms_key=self.kms_key)
        except FileNotFoundError:
            raise JobFailed(f"Invalid S3 output path: the bucket {self.folder.bucket} does not exist.") from None
        except PermissionError:
            raise JobFailed(
                f"Insufficient privileges for writing to {self.folder}: {self.role} must allow s3:PutObject there, and "
                "the bucket's policy must not deny it."
            ) from None


def metrics_port(deps: Deps, attribution: Record) -> Metrics:
    """Return CloudWatch as an attribution's role may use it."""
    role = attribution["metricsOutputConfig"]["roleArn"]
    with _assuming(role):
        return deps.metrics.for_role(role)


def reports(deps: Deps, attribution: Record) -> Reports | None:
    """Return where an attribution's reports go, if it has a place for them."""
    config = attribution["metricsOutputConfig"]
    destination = config.get("s3DataDestination", {})
    folder = parse_location(destination.get("path", ""))
    if folder is None:
        return None
    with _assuming(config["roleArn"]):
        return Reports(
            deps.objects.for_role(config["roleArn"]), folder, destination.get("kmsKeyArn"), config["roleArn"]
        )


def probe(deps: Deps, attribution: Record) -> None:
    """Write a small test value to each destination, as the real service does, or raise JobFailed."""
    time = int(deps.clock())
    value = Datum(_CHECK, {"DatasetGroupArn": attribution["datasetGroupArn"]}, time, 1, 0.0, 0.0, 0.0)
    publish(metrics_port(deps, attribution), [value], attribution)
    if place := reports(deps, attribution):
        place.write(_PROBE, b"")


def publish(port: Metrics, data: list[Datum], attribution: Record) -> None:
    """Put data into CloudWatch as an attribution's role."""
    role = attribution["metricsOutputConfig"]["roleArn"]
    try:
        port.put(NAMESPACE, data)
    except PermissionError:
        raise JobFailed(f"Insufficient privileges: {role} must allow cloudwatch:PutMetricData.") from None


def _prefix(folder: Location) -> str:
    return f"{folder.key.rstrip('/')}/" if folder.key.rstrip("/") else ""


@contextmanager
def _assuming(role: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as refusal:
        raise JobFailed(cannot_be(role, refusal)) from None
