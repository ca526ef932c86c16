"""The figures of a run, as text."""

from collections.abc import Iterable, Iterator
from itertools import islice

from tests.e2e.attributed.books import METRICS
from tests.e2e.attributed.runs import Result

_SHOWN = 6  # lines of the report
_ROW = "{:<9} {:<22} {:>9} {:>13} {:>13} {:>13} {:>8}"


def report(result: Result) -> str:
    """Return the figures."""
    sent = result.sent
    lines = [
        f"{len(sent.events)} events acknowledged in {sent.calls} calls, {result.seconds:.0f} s",
        f"{sent.repeated} of them sent again under the same id with another clock",
        f"{sent.unanswered} attempts without an answer, sent again until there was one",
        *(f"killed {how}" for how in result.killed),
        "",
        *_table(result),
        "",
        *(f"{name}: {count}" for name, count in result.problems.items()),
        *(f"  {count} x {said}" for said, count in sent.refused.items()),
        "",
        *_shown(result),
    ]
    return "\n".join(lines) + "\n"


def _table(result: Result) -> Iterator[str]:
    """Sum each metric and source over all windows: as sent, in CloudWatch, in the report."""
    yield _ROW.format("metric", "source", "events", "sum as sent", "CloudWatch", "report", "windows")
    sums = result.sums
    for metric in (each["metricName"] for each in METRICS):
        for source in sorted({source for name, source, _ in sums if name == metric}):
            keys = [key for key in sums if key[:2] == (metric, source)]
            yield _ROW.format(
                metric,
                result.names.get(source, source),
                sum(sums[key][0] for key in keys),
                _amount(sums[key][1] for key in keys),
                _amount(total for key, (_, total) in result.metrics.items() if key[:2] == (metric, source)),
                _amount(total for key, total in result.in_report.items() if key[:2] == (metric, source)),
                len(keys),
            )


def _amount(amounts: Iterable[float]) -> str:
    return f"{sum(amounts):.2f}"


def _shown(result: Result) -> Iterator[str]:
    """Show the report's name and first lines, and the newest value of each metric as CloudWatch tells it."""
    for key, text in result.reports.items():
        yield f"s3://reports/{key}: {len(text.splitlines()) - 1} lines"
        yield from (f"  {line}" for line in islice(text.splitlines(), _SHOWN))
    yield "CloudWatch, namespace Personalize, period 900, newest windows:"
    for (metric, source, window), (count, total) in sorted(result.metrics.items(), key=lambda each: -each[0][2])[
        :_SHOWN
    ]:
        yield f"  {metric} EventAttributionSource={source} {window}: SampleCount {count}, Sum {total}"
