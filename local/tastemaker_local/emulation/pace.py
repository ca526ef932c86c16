"""Holds back clients that ask without pause while a workflow's step runs: both share this process and its GIL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic

# Measured in docs/decisions/0009: so many cost a training about a tenth.
_PER_SECOND = 10.0
_AT_ONCE = 40


class Pace:
    """A token bucket for questions, filled only while steps run; without one nobody waits."""

    def __init__(
        self, *, per_second: float = _PER_SECOND, at_once: int = _AT_ONCE, clock: Callable[[], float] = monotonic
    ) -> None:
        self._interval = 1 / per_second
        self._slack = at_once / per_second
        self._clock = clock
        self._steps = 0
        self._next = 0.0
        self._changed = Condition()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Count a step as running; when the last one ends, every question that waits goes on at once."""
        with self._changed:
            self._steps += 1
        try:
            yield
        finally:
            with self._changed:
                self._steps -= 1
                if not self._steps:
                    self._next = 0.0
                self._changed.notify_all()

    def take_turn(self) -> None:
        """Wait for a question's turn, or for the end of all steps."""
        with self._changed:
            delay = self.delay()
            if delay > 0:
                self._changed.wait_for(lambda: not self._steps, timeout=delay)

    def delay(self) -> float:
        """Book the next turn and return the seconds until then."""
        if not self._steps:
            return 0.0
        now = self._clock()
        turn = max(self._next, now - self._slack)
        self._next = turn + self._interval
        return turn - now
