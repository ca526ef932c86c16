"""A connection that sends bytes as they are, which no HTTP client would."""

import socket
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from tests.e2e.fuzz.envelopes import Envelope
from tests.e2e.fuzz.verdicts import Answer

_PATIENCE = 60.0
_IMPATIENCE = 5.0


class NoAnswer(Exception):
    """The service hung up, or said nothing that is HTTP."""


class Wire:
    """One connection, opened again whenever the service closes it."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._address = (place.hostname, place.port)
        self._socket: socket.socket | None = None

    def ask(self, envelope: Envelope) -> Answer:
        """Send a request and return the reply."""
        self._socket = self._socket or socket.create_connection(self._address, _PATIENCE)
        try:
            return self._exchange(self._socket, envelope)
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswer(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _exchange(self, connection: socket.socket, envelope: Envelope) -> Answer:
        connection.sendall(envelope.bytes())
        reply = HTTPResponse(connection, method=envelope.method)
        reply.begin()
        body = reply.read()
        headers = {name.lower(): value for name, value in reply.headers.items()}
        answer = Answer(reply.status, headers, body, bodiless=envelope.method == "HEAD")
        if reply.will_close:
            self.close()
        return answer
