"""The table of operations, one call, and the one place where exceptions become replies."""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from tastemaker.errors import InternalServer, InvalidInput, ServiceError
from tastemaker.wire.models import Operation, api_model
from tastemaker.wire.replies import Reply, failure, success
from tastemaker.wire.requests import Event, ProtocolError, find_operation, read_body, request_id, wishes
from tastemaker.wire.validation import keyword_arguments

logger = logging.getLogger(__name__)


class Call(Protocol):
    """What the wire needs of the call that it hands to operations."""

    @property
    def notes(self) -> Mapping[str, str]:
        """Remarks of an operation, sent as `x-tastemaker-*` headers."""


Function = Callable[..., Mapping[str, object] | None]
# Makes a call of a request's id and its wishes: what the `x-tastemaker-*` headers say, by the rest of their names.
NewCall = Callable[[str, Mapping[str, str]], Call]


class Service:
    """One of the three APIs: snake-cased operation names to functions, and how to make their first argument."""

    def __init__(self, api: str, operations: Mapping[str, Function], new_call: NewCall) -> None:
        self._api = api_model(api)
        self._operations = operations
        self._new_call = new_call

    def handle(self, event: Event) -> Reply:
        """Answer one API Gateway proxy event; whatever goes wrong becomes a reply as well."""
        request = request_id(event)
        operation: Operation | None = None
        try:
            operation = find_operation(self._api, event)
            return self._perform(operation, event, request)
        except Exception as error:
            if isinstance(error, ServiceError) and not isinstance(error, InternalServer):
                return self._refuse(error, operation, request)
            logger.exception("%s failed, request %s", operation.name if operation else "the request", request)
            return self._give_up(request)

    def _perform(self, operation: Operation, event: Event, request: str) -> Reply:
        arguments = keyword_arguments(operation, read_body(event))
        function = self._operations.get(operation.function)
        if function is None:
            raise InvalidInput(f"{operation.name} is not built yet in Tastemaker; see docs/coverage.md")
        call = self._new_call(request, wishes(event))
        result = function(call, **arguments)
        return success(self._api, operation, result, request_id=request, notes=call.notes)

    def _refuse(self, error: ServiceError, operation: Operation | None, request: str) -> Reply:
        if isinstance(error, ProtocolError):
            return failure(self._api, error, status=error.status, request_id=request)
        statuses = operation.errors if operation else {}
        if error.code not in statuses and InvalidInput.code in statuses:
            error = InvalidInput(error.message)
        return failure(self._api, error, status=statuses.get(error.code, 400), request_id=request)

    def _give_up(self, request: str) -> Reply:
        error = InternalServer(f"Something went wrong on our side. The log has more under request id {request}")
        return failure(self._api, error, status=500, request_id=request)
