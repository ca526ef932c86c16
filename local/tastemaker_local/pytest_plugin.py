"""A pytest fixture: a local AWS with Tastemaker in it, started once and emptied between tests.

Nothing heavier than pytest is imported until a test asks for the fixture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tastemaker_local.service import LocalService


@dataclass(frozen=True, slots=True)
class Tastemaker:
    """What a test gets: an endpoint, and clients that use it."""

    endpoint_url: str
    region: str = "us-east-1"

    def client(self, service: str, **options: Any) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
        """Return a boto3 client of any AWS service at the endpoint."""
        defaults = {"region_name": self.region, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return _session().client(service, endpoint_url=self.endpoint_url, **(defaults | options))


@cache
def _session() -> Any:  # noqa: ANN401 - as above
    # One session for all clients: each new one reads botocore's data again.
    import boto3  # noqa: PLC0415 - see above

    return boto3.session.Session()


@pytest.fixture(scope="session")
def tastemaker_quotas() -> dict[str, int]:
    """Return the quotas to change, such as `{"dataset-groups": 20}`; a conftest.py may override it."""
    return {}


@pytest.fixture(scope="session")
def _tastemaker_service(tastemaker_quotas: dict[str, int]) -> Iterator["LocalService"]:
    from tastemaker_local.service import LocalService  # noqa: PLC0415 - see above

    with LocalService(quotas=tastemaker_quotas) as service:
        service.cloud.note_emptiness()
        yield service


@pytest.fixture(scope="session")
def tastemaker_endpoint(_tastemaker_service: "LocalService") -> str:
    """Return the URL of a service that all tests of the session share."""
    return _tastemaker_service.url


@pytest.fixture
def tastemaker(_tastemaker_service: "LocalService") -> Tastemaker:
    """Return a service as it is after its deployment: no resources, no objects, no executions."""
    _tastemaker_service.cloud.empty()
    return Tastemaker(_tastemaker_service.url)
