"""Lets requests in one beside the other, and keeps all of them out while the account behind them changes as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, local


class Door:
    """Counts who is inside; while it is closed nobody enters."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._closed = False
        self._here = local()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Enter, waiting while the door is closed; who is inside already may ask for more."""
        if getattr(self._here, "inside", False):
            yield
            return
        self._enter()
        self._here.inside = True
        try:
            yield
        finally:
            self._here.inside = False
            self._leave()

    def _enter(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside += 1

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    @contextmanager
    def closed(self, patience: float) -> Iterator[None]:
        """Let nobody in; who is inside has so many seconds to leave, and is then left behind."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._inside, timeout=patience)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
