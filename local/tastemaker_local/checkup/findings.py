"""What a check tells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tastemaker_local.checkup.deployments import Deployment

Level = Literal["fine", "look", "wrong", "unseen"]


class Finding(NamedTuple):
    """What one look found; `advice` says what to do."""

    check: str
    level: Level
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding before it has the name of its check."""

    level: Level
    text: str
    advice: str = ""


Check = Callable[[Deployment], Iterator[Told]]
