"""Our own control plane as a client sees it: through API Gateway, which checks and decides as for everybody."""

from collections.abc import Callable
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as NoConnection

from tastemaker.errors import Refused

_PASSING: Final = frozenset({"ResourceInUseException", "ThrottlingException", "TooManyRequestsException"})
_FAULTS: Final = 500
_UNREACHED: Final = (HTTPClientError, NoConnection)


class OwnApi:
    """Calls operations by the client that it is given when it needs one."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    def call(self, operation: str, **members: object) -> dict[str, Any]:
        """Return a reply, or raise Refused with what the API says."""
        try:
            reply: dict[str, Any] = getattr(self._client(), xform_name(operation))(**members)
        except ParamValidationError as problem:
            raise Refused("InvalidInputException", str(problem)) from problem
        except ClientError as error:
            raise _refusal(error) from error
        except _UNREACHED as problem:
            raise Refused("ServiceUnavailable", str(problem), passing=True) from problem
        return reply


def _refusal(error: ClientError) -> Refused:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    passing = code in _PASSING or status >= _FAULTS
    return Refused(code, error.response["Error"].get("Message") or str(error), passing=passing)
