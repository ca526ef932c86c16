"""A batch's totals on their way into CloudWatch, chunk by chunk, each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tastemaker.pipelines.attribution.destinations import NAMESPACE, metrics_port, publish
from tastemaker.pipelines.attribution.progress import Progress, advance
from tastemaker.pipelines.attribution.totals import WINDOW, Total, from_json
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Datum, Metrics, Record

# Totals of one call: 1,000 and 1 MB are allowed, and a source may have 1,024 characters.
_CHUNK = 400
# How old data may be that CloudWatch takes, less the time that a call may take.
LONGEST = 14 * 86_400 - 600
# Until CloudWatch tells of what it took, and until a call that nobody waits for any more has ended.
_PATIENCE, _LEAST_PATIENCE = 300.0, 2.0
_DAY = 86_400
_LONGEST_SOURCE = 1_024  # characters of a dimension's value, which are ASCII


class StillUnderWay(Exception):
    """A chunk was being sent a moment ago: whether it arrived shows later."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends an attribution's batches; `day` is the length of a day in seconds, of which a demonstration has less."""

    deps: Deps
    day: float

    def send(self, attribution: Record) -> Record:
        """Send what is left of the newest batch; return the record."""
        progress, port = Progress.of(attribution), None
        if not progress.batch:
            return attribution
        totals = from_json(self.deps.objects.read(self.deps.config.data_bucket, progress.batch))
        chunks = [totals[start : start + _CHUNK] for start in range(0, len(totals), _CHUNK)]
        while (progress := Progress.of(attribution)).sent < len(chunks):
            port = port or metrics_port(self.deps, attribution)
            attribution = self._send(attribution, progress, chunks[progress.sent], port)
        return attribution

    def _send(self, attribution: Record, progress: Progress, chunk: Sequence[Total], port: Metrics) -> Record:
        """Send one chunk, or find that it has arrived."""
        done = replace(progress, sent=progress.sent + 1, sending=None)
        data = self._data(attribution, chunk)
        if not data:
            return advance(self.deps, attribution, done)
        # The newest stays young enough for the longest.
        count = self.deps.metrics.count(NAMESPACE, data[-1], seconds=WINDOW)
        if progress.sending and self._has_arrived(progress.sending["at"], progress.sending["count"], count):
            return advance(self.deps, attribution, done)
        note = {"at": self.deps.clock(), "count": count}
        attribution = advance(self.deps, attribution, replace(progress, sending=note))
        publish(port, data, attribution)
        return advance(self.deps, attribution, done)

    def _has_arrived(self, at: float, before: float, count: float) -> bool:
        if self.deps.clock() - at < max(_LEAST_PATIENCE, _PATIENCE * self.day / _DAY):
            raise StillUnderWay
        return count > before

    def _data(self, attribution: Record, chunk: Sequence[Total]) -> list[Datum]:
        oldest = self.deps.clock() - LONGEST
        young = sorted((total for total in chunk if total.window > oldest), key=lambda total: total.window)
        return [_datum(attribution, total) for total in young]


def _datum(attribution: Record, total: Total) -> Datum:
    # A file may name sources as CloudWatch cannot.
    source = "".join(sign if " " <= sign <= "~" else sign.encode("unicode_escape").decode() for sign in total.source)
    dimensions = {
        "DatasetGroupArn": attribution["datasetGroupArn"],
        "EventAttributionSource": source[:_LONGEST_SOURCE],
    }
    return Datum(total.metric, dimensions, total.window, total.count, total.sum, total.least, total.largest)
