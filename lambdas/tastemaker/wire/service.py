"""The table of operations, one call, and the one place where exceptions become replies."""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from tastemaker.errors import InternalServer, InvalidInput, OtherFormat, ServiceError
from tastemaker.wire.models import Operation, api_model, without_extras
from tastemaker.wire.origins import Origins
from tastemaker.wire.readers import Readers
from tastemaker.wire.replies import Reply, empty, failure, success, with_headers
from tastemaker.wire.requests import Event, ProtocolError, find_operation, header, read_body, request_id, wishes
from tastemaker.wire.validation import keyword_arguments

logger = logging.getLogger(__name__)
_READS_ONLY = "you may look and change nothing here, as tastemaker:read_only_principals of this deployment says"


class Call(Protocol):
    """What the wire needs of the call that it hands to operations."""

    @property
    def notes(self) -> Mapping[str, str]:
        """Remarks of an operation, sent as `x-tastemaker-*` headers."""


Function = Callable[..., Mapping[str, object] | None]
# Makes a call of a request's id and its wishes: what the `x-tastemaker-*` headers say, by the rest of their names.
NewCall = Callable[[str, Mapping[str, str]], Call]
# Has another release answer from a model of its format; None where there is none.
HandOn = Callable[[int, Event], Reply | None]


class Service:
    """One of the three APIs: snake-cased operation names to functions, and how to make their first argument.

    Pages of `origins` may call it from a browser, `readers` may look and change nothing; a strict service knows no
    operation that AWS has not. What needs a model of another format it hands on to another release.
    """

    def __init__(
        self,
        api: str,
        operations: Mapping[str, Function],
        new_call: NewCall,
        *,
        origins: Origins | None = None,
        readers: Readers | None = None,
        strict: bool = False,
        hand_on: HandOn = lambda *_: None,
    ) -> None:
        self._api = without_extras(api_model(api)) if strict else api_model(api)
        self._operations = operations
        self._new_call = new_call
        self._origins = origins or Origins()
        self._readers = readers or Readers()
        self._hand_on = hand_on

    def handle(self, event: Event) -> Reply:
        """Answer one API Gateway proxy event; whatever goes wrong becomes a reply as well."""
        # Nobody signs a preflight: it must reach no operation, whatever else it says.
        if event.get("httpMethod") == "OPTIONS":
            return self._preflight(event)
        reply = self._answer(event)
        return with_headers(reply, self._origins.on_answer(header(event, "origin"), reply["headers"]))

    def _preflight(self, event: Event) -> Reply:
        origin = header(event, "origin")
        headers = self._origins.on_preflight(origin, header(event, "access-control-request-headers"))
        if self._origins.allowance(origin):
            return empty(headers)
        message = f"Pages of the origin {origin[:200]!r} may not call this service: its CORS origins do not name it"
        error = ProtocolError("AccessDeniedException", message, status=403)
        reply = failure(self._api, error, status=error.status, request_id=request_id(event))
        return with_headers(reply, headers)

    def _answer(self, event: Event) -> Reply:
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
        if self._readers.forbid(event, operation.name):
            raise ProtocolError("AccessDeniedException", f"{operation.name}: {_READS_ONLY}", status=403)
        arguments = keyword_arguments(operation, read_body(event))
        function = self._operations.get(operation.function)
        if function is None:
            raise InvalidInput(f"{operation.name} is not built yet in Tastemaker; see docs/coverage.md")
        call = self._new_call(request, wishes(event))
        try:
            result = function(call, **arguments)
        except OtherFormat as problem:
            if (reply := self._hand_on(problem.stored, event)) is not None:
                return reply
            raise
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
