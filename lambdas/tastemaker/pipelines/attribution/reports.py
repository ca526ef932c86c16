"""Reports: totals as CSV, with the columns, file name and words of the guide's "Publishing and viewing results"."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO

from tastemaker.pipelines.attribution.metrics import Metric
from tastemaker.pipelines.attribution.totals import Total
from tastemaker.store.ports import Record

_COLUMNS = ("METRIC_NAME", "EVENT_TYPE", "VALUE", "MATH_FUNCTION", "EVENT_ATTRIBUTION_SOURCE", "TIMESTAMP")


def report_name(job: Record) -> str:
    """Return the name of a job's report; the moment is that of the job, so that a repeated step writes the same."""
    moment = datetime.fromtimestamp(job["creationDateTime"], UTC)
    return f"AggregatedAttributionMetrics - {job['importMode']} - {moment:%Y-%m-%dT%H-%M-%S.%f}Z.csv"


def report(totals: Sequence[Total], metrics: Sequence[Metric]) -> bytes:
    """Return a report's text: by metric, the newest quarter of an hour first."""
    by_name, text = {metric.name: metric for metric in metrics}, StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for total in sorted(totals, key=lambda total: (total.metric, -total.window, total.source)):
        if metric := by_name.get(total.metric):
            function = metric.expression.function
            writer.writerow([total.metric, metric.event_type, total.sum, function, total.source, total.window])
    return text.getvalue().encode()
