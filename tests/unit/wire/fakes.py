"""Operations and a context that only note what they are given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace


@dataclass
class Calls:
    """A table of operations in which every function notes its arguments and answers the same."""

    result: object = None
    seen: list[tuple[str, dict]] = field(default_factory=list)

    def get(self, name: str, _default: object = None) -> Callable:
        def function(_context: object, **arguments: object) -> object:
            self.seen.append((name, arguments))
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

        return function


def new_context(request_id: str, _wishes: object = None) -> SimpleNamespace:
    return SimpleNamespace(request_id=request_id, notes={})
