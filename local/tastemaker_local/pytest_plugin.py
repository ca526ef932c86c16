"""A pytest fixture: a local AWS with Tastemaker in it, started once and emptied between tests.

While a test uses it, all AWS clients of the process lead there, whoever makes them and whenever: nothing reaches AWS.

Nothing heavier than pytest is imported until a test asks for the fixture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

REGION = "us-east-1"

if TYPE_CHECKING:
    from tastemaker_local.service import LocalService


@dataclass(frozen=True, slots=True)
class Tastemaker:
    """What a test gets: an endpoint, and clients that use it."""

    endpoint_url: str
    region: str = REGION

    def client(self, service: str, **options: Any) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
        """Return a boto3 client of any AWS service at the endpoint."""
        defaults = {"region_name": self.region, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return _session().client(service, endpoint_url=self.endpoint_url, **(defaults | options))

    def reset(self) -> None:
        """Return to what the test has found: a service without resources, objects and executions."""
        connection = HTTPConnection(self.endpoint_url.removeprefix("http://"))
        connection.request("POST", "/moto-api/reset")
        reply = connection.getresponse()
        connection.close()
        if reply.status != HTTPStatus.OK:
            raise RuntimeError(f"{self.endpoint_url} does not reset: {reply.status} {reply.reason}")


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
def tastemaker_strict() -> bool:
    """Return whether to refuse what AWS would refuse; a conftest.py may override it."""
    return False


@pytest.fixture(scope="session")
def tastemaker_automatic_training() -> bool:
    """Return whether solutions and recommenders train by themselves; a conftest.py may override it."""
    return True


@pytest.fixture(scope="session")
def _tastemaker_service(
    tastemaker_quotas: dict[str, int], *, tastemaker_strict: bool, tastemaker_automatic_training: bool
) -> Iterator["LocalService"]:
    from tastemaker_local.service import LocalService  # noqa: PLC0415 - see above

    with LocalService(
        quotas=tastemaker_quotas, strict=tastemaker_strict, automatic_training=tastemaker_automatic_training
    ) as service:
        service.cloud.note_emptiness()
        yield service


@pytest.fixture(scope="session")
def tastemaker_endpoint(_tastemaker_service: "LocalService") -> str:
    """Return the URL of a service that all tests of the session share."""
    return _tastemaker_service.url


@pytest.fixture
def tastemaker_environment(_tastemaker_service: "LocalService") -> Iterator[None]:
    """Let no AWS client of a test reach AWS: neither one that the code under test makes, nor one that it has made."""
    from tastemaker_local import surroundings  # noqa: PLC0415 - see above
    from tastemaker_local.emulation import in_process  # noqa: PLC0415 - see above

    with pytest.MonkeyPatch.context() as patch, in_process.older_clients_too():
        patch.setattr("boto3.DEFAULT_SESSION", None)
        for name, value in surroundings.leading_to(_tastemaker_service.url, REGION).items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        yield


@pytest.fixture
def tastemaker(_tastemaker_service: "LocalService", tastemaker_environment: None) -> Tastemaker:
    """Return a service as it is after its deployment, which every AWS client of the test's process uses."""
    del tastemaker_environment
    _tastemaker_service.cloud.empty()
    return Tastemaker(_tastemaker_service.url)
