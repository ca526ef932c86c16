"""Records that were read a moment ago: what is asked for with every request is not read with every request."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from tastemaker.store.ports import Record

_SECONDS = 1.0
_MOST = 1_000  # records; those read longest ago go first


class Recent:
    """Keeps records for a second, by ARN, and forgets them when this process writes them; nothing is kept of absence.

    Whoever gets a record shares it with others: it is for reading.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._read: OrderedDict[str, tuple[float, Record]] = OrderedDict()
        self._writes = 0

    def find(self, arn: str, read: Callable[[str], Record | None]) -> Record | None:
        """Return a record that was read at most a second ago, or what `read` finds now."""
        began, writes = self._clock(), self._writes
        with self._lock:
            when, record = self._read.get(arn, (-_SECONDS, None))
        if record is not None and began - when < _SECONDS:
            return record
        record = read(arn)
        with self._lock:
            # What was written meanwhile may be newer than what was read.
            if record is not None and writes == self._writes:
                self._keep(arn, began, record)
        return record

    @contextmanager
    def changing(self, arn: str) -> Iterator[None]:
        """Let the next question after a write read the record, whether or not the write went through."""
        try:
            yield
        finally:
            with self._lock:
                self._writes += 1
                self._read.pop(arn, None)

    def _keep(self, arn: str, began: float, record: Record) -> None:
        self._read[arn] = began, record
        self._read.move_to_end(arn)
        while len(self._read) > _MOST:
            self._read.popitem(last=False)
