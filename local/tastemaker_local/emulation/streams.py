"""Hands the changes of tables with a stream to the functions that read it: in their order, after the write's answer."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any
from unittest.mock import patch

from moto.awslambda.models import LambdaBackend

from tastemaker_local.emulation.messages import report

# What moto calls while the table is locked: a function that is run there would hold up everybody.
_send = LambdaBackend.send_dynamodb_items
_Change = tuple[LambdaBackend, str, list[Any], str]


class Streams:
    """One thread reads all streams, as Lambda does: what a function makes of a change is not the writer's concern."""

    def __init__(self) -> None:
        self._changes: SimpleQueue[_Change | None] = SimpleQueue()
        self._delivering = Lock()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Read streams; leaving delivers what was written before."""

        def send(backend: LambdaBackend, function_arn: str, items: list[Any], source: str) -> bool:
            self._changes.put((backend, function_arn, list(items), source))
            return True

        thread = Thread(target=self._run, name="streams", daemon=True)
        with patch.object(LambdaBackend, "send_dynamodb_items", send):
            thread.start()
            try:
                yield
            finally:
                self._changes.put(None)
                thread.join()

    def begin_again(self) -> None:
        """Forget what has not been delivered; when this returns nothing is on its way."""
        with self._delivering, suppress(Empty):
            while True:
                self._changes.get_nowait()

    def _run(self) -> None:
        while True:
            change = self._changes.get()
            if change is None:
                return
            with self._delivering:
                try:
                    _send(*change)
                except Exception:  # noqa: BLE001 - one function's fault must not end all streams
                    report(f"the stream for {change[1]}")
