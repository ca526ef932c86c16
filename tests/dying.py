"""Processes that die before or after one of their writes."""

from collections.abc import Callable, Mapping
from typing import Any

# What counts as a write, by port.
_WRITES = {
    "resources": ("update",),
    "objects": ("write", "upload", "delete"),
    "events": ("drop", "delete"),
}


class Killed(BaseException):
    """The process ends here: nothing catches it."""


class Dying:
    """A port; `fate` is asked before and after each of some of its methods, and raises Killed where that is the end."""

    def __init__(self, port: object, fate: Callable[[], None], *names: str) -> None:
        self._port, self._fate, self._names = port, fate, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name == "under":
            return lambda key: Dying(found(key), self._fate, *self._names)
        return self._fatal(found) if name in self._names else found

    def _fatal(self, write: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **more: object) -> object:
            self._fate()
            result = write(*args, **more)
            self._fate()
            return result

        return call


def dying(parts: Mapping[str, Any], fate: Callable[[], None]) -> dict[str, Any]:
    """Return the parts of a service, of which whatever is written asks the fate."""
    return {**parts, **{name: Dying(parts[name], fate, *names) for name, names in _WRITES.items()}}


def after(writes: int) -> Callable[[], None]:
    """Return the fate of a process that lives for so many of its questions."""
    left = writes

    def fate() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    return fate
