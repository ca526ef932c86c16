"""The memory metrics and CloudWatch keep the same contract; only CloudWatch refuses, or loses an answer."""

from contextlib import contextmanager
from uuid import uuid4

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectionClosedError
from moto import mock_aws
from moto.core.models import botocore_stubber

from tastemaker.store import clients
from tastemaker.store.cloudwatch import CloudWatch
from tastemaker.store.memory import MemoryMetrics
from tastemaker.store.ports import Datum

REGION = "us-east-1"
WINDOW = 900
TIME = 1_750_000_500 // WINDOW * WINDOW
# As each service's protocol says no.
ERRORS = {
    "cloudwatch": '{{"__type": "{}", "message": "no"}}',
    "sts": "<ErrorResponse><Error><Code>{}</Code><Message>no</Message></Error></ErrorResponse>",
}


@pytest.fixture
def cloudwatch(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("cloudwatch", region_name=REGION)


@pytest.fixture(params=["memory", "cloudwatch"])
def metrics(request, cloudwatch):
    return MemoryMetrics() if request.param == "memory" else CloudWatch(REGION, lambda: cloudwatch)


@pytest.fixture
def role(cloudwatch):  # noqa: ARG001 - where its moto runs
    """A role that exists: where a local service runs in this process, it is asked for."""
    iam, name = boto3.client("iam", region_name=REGION), f"personalize-{uuid4()}"
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]


@pytest.fixture
def namespace():
    """A namespace of a test's own: where a local service runs in this process, others may hold something."""
    return f"Personalize-{uuid4()}"


def datum(name="watches", source="a", time=TIME, *, count=1, total=1.0, least=1.0, largest=1.0):
    dimensions = {"DatasetGroupArn": "arn:group", "EventAttributionSource": source}
    return Datum(name, dimensions, time, count, total, least, largest)


def counted(metrics, namespace, *data):
    return [metrics.count(namespace, each, seconds=WINDOW) for each in data]


def test_values_of_a_window_add_up_call_by_call(metrics, namespace):
    before = counted(metrics, namespace, datum())
    metrics.put(namespace, [datum(count=3, total=4.5)])
    metrics.put(namespace, [datum(count=2, total=0.0, least=0.0, largest=0.0), datum()])

    assert (before, counted(metrics, namespace, datum())) == ([0.0], [6.0])


def test_a_count_is_of_one_metric_source_window_and_namespace(metrics, namespace):
    others = [datum("more"), datum(source="b"), datum(time=TIME - WINDOW), datum(time=TIME + WINDOW)]
    metrics.put(namespace, others)
    metrics.put(f"{namespace}-2", [datum()])

    assert counted(metrics, namespace, datum()) == [0.0]
    assert counted(metrics, namespace, *others) == [1.0] * 4


def test_all_data_of_a_call_arrive(metrics, namespace):
    data = [datum(source=f"s{n}", time=TIME - n * WINDOW, count=n + 1) for n in range(400)]

    metrics.put(namespace, data)

    assert counted(metrics, namespace, *data[::57]) == [float(n + 1) for n in range(0, 400, 57)]


def test_what_a_role_puts_is_counted_without_it(metrics, namespace, role):
    metrics.for_role(role).put(namespace, [datum()])

    assert counted(metrics, namespace, datum()) == [1.0]


def test_cloudwatch_has_sum_and_bounds_and_dimensions(cloudwatch, namespace):
    values = [datum(count=3, total=4.5, least=-1.0, largest=4.0), datum(count=1, total=5.0, least=5.0, largest=5.0)]
    CloudWatch(REGION, lambda: cloudwatch).put(namespace, values)

    [point] = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="watches",
        Dimensions=[{"Name": name, "Value": value} for name, value in datum().dimensions.items()],
        StartTime=TIME,
        EndTime=TIME + WINDOW,
        Period=WINDOW,
        Statistics=["SampleCount", "Sum", "Minimum", "Maximum"],
    )["Datapoints"]
    assert {name: point[name] for name in ("SampleCount", "Sum", "Minimum", "Maximum")} == {
        "SampleCount": 4.0,
        "Sum": 9.5,
        "Minimum": -1.0,
        "Maximum": 5.0,
    }


@contextmanager
def refused(client, service, operation, code, status=403):
    """Let a client's calls be refused for the length of a `with` block."""
    event, body = f"before-send.{service}.{operation}", ERRORS[service].format(code).encode()

    def refuse(request, **_details):
        return AWSResponse(request.url, status, {}, Body(body))

    client.meta.events.register_first(event, refuse)
    yield
    client.meta.events.unregister(event, refuse)


class Body:
    """A raw reply that ends at once."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_options):
        yield self._body


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_a_call_that_policies_refuse_is_a_permission_error(cloudwatch, namespace, code):
    metrics = CloudWatch(REGION, lambda: cloudwatch)

    with refused(cloudwatch, "cloudwatch", "PutMetricData", code), pytest.raises(PermissionError, match="PutMetricD"):
        metrics.put(namespace, [datum()])


def test_any_other_refusal_stays_what_it_is(cloudwatch, namespace):
    metrics, code = CloudWatch(REGION, lambda: cloudwatch), "InvalidParameterValue"

    with refused(cloudwatch, "cloudwatch", "PutMetricData", code, 400), pytest.raises(ClientError, match=code):
        metrics.put(namespace, [datum()])


def test_a_role_that_may_not_be_assumed_is_a_permission_error(cloudwatch, role):
    metrics, sts = CloudWatch(REGION, lambda: cloudwatch), clients.client("sts", REGION)

    with refused(sts, "sts", "AssumeRole", "AccessDenied"), pytest.raises(PermissionError, match="role/personalize"):
        metrics.for_role(role)


def test_a_call_whose_answer_is_lost_is_not_repeated_and_the_count_tells_that_it_arrived(cloudwatch, namespace, role):
    metrics = CloudWatch(REGION, lambda: cloudwatch).for_role(role)

    def lose(request, **_details):
        botocore_stubber("before-send", request)
        raise ConnectionClosedError(endpoint_url=request.url)

    metrics._writer.meta.events.register_first("before-send.cloudwatch.PutMetricData", lose)
    with pytest.raises(ConnectionClosedError):
        metrics.put(namespace, [datum()])

    assert counted(metrics, namespace, datum()) == [1.0]
