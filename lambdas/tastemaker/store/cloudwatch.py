"""Metrics in CloudWatch: data go in under a caller's role, and are counted under the function's own."""

from collections.abc import Callable, Sequence
from typing import Any, Self

from botocore.exceptions import ClientError

from tastemaker.store.clients import single_attempt_client_as
from tastemaker.store.ports import Datum

_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


class CloudWatch:
    """The metrics port on CloudWatch. `client` gives what counts, when it is needed."""

    def __init__(self, region: str, client: Callable[[], Any], writer: Any = None) -> None:  # noqa: ANN401 - boto3's
        self._region = region
        self._client = client
        self._writer = writer

    def for_role(self, role_arn: str) -> Self:
        """Return the same port putting under another role."""
        try:
            writer = single_attempt_client_as("cloudwatch", self._region, role_arn)
        except ClientError as error:
            raise _as_permission_error(error, role_arn) from error
        return type(self)(self._region, self._client, writer)

    def put(self, namespace: str, data: Sequence[Datum]) -> None:
        """Publish data in one call, and never again by itself: CloudWatch would add a repetition to the first."""
        writer = self._writer or self._client()
        try:
            writer.put_metric_data(Namespace=namespace, MetricData=[_member(datum) for datum in data])
        except ClientError as error:
            raise _as_permission_error(error, "cloudwatch:PutMetricData") from error

    def count(self, namespace: str, datum: Datum, *, seconds: int) -> float:
        """Return how many values the window of a datum has."""
        reply = self._client().get_metric_statistics(
            Namespace=namespace,
            MetricName=datum.name,
            Dimensions=_dimensions(datum),
            StartTime=datum.time,
            EndTime=datum.time + seconds,
            Period=seconds,
            Statistics=["SampleCount"],
        )
        return float(sum(point["SampleCount"] for point in reply["Datapoints"]))


def _member(datum: Datum) -> dict[str, Any]:
    values = {"SampleCount": datum.count, "Sum": datum.sum, "Minimum": datum.least, "Maximum": datum.largest}
    return {
        "MetricName": datum.name,
        "Dimensions": _dimensions(datum),
        "Timestamp": datum.time,
        "StatisticValues": values,
        "Unit": "None",
    }


def _dimensions(datum: Datum) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in datum.dimensions.items()]


def _as_permission_error(error: ClientError, what: str) -> Exception:
    return PermissionError(what) if error.response["Error"]["Code"] in _REFUSED else error
