"""The metrics of an attribution: which events each counts, by what, and since when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.domain.schemas.metric_expressions import Expression, parse_expression
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record

_LIVING = BUSY | {ACTIVE}


@dataclass(frozen=True, slots=True)
class Metric:
    """Events of one type, in any case, each counted as one or by a column; `since`: when it was asked for."""

    name: str
    event_type: str
    expression: Expression
    since: float

    def sums(self, dataset: str) -> bool:
        """Whether it sums a column of a dataset."""
        return self.expression.dataset == dataset


def metrics_of(attribution: Record) -> list[Metric]:
    """Return the metrics of an attribution, by name."""
    since, creation = attribution.get("_since", {}), attribution["creationDateTime"]
    metrics = [
        Metric(
            each["metricName"],
            each["eventType"],
            parse_expression(each["expression"]),
            since.get(each["metricName"], creation),
        )
        for each in attribution["_metrics"]
    ]
    return sorted(metrics, key=lambda metric: metric.name)


def event_types(metrics: Collection[Metric]) -> list[str]:
    """Return the types of events that any metric counts, in small letters."""
    return sorted({metric.event_type.lower() for metric in metrics})


def summed_columns(metrics: Sequence[Metric], dataset: str) -> list[str]:
    """Return the columns of a dataset that any metric sums, in capitals."""
    return sorted({str(metric.expression.column) for metric in metrics if metric.sums(dataset)})


def attribution_of(deps: Deps, group: str, *, before: float) -> Record | None:
    """Return the attribution of a dataset group, if one was asked for before a moment and has not failed."""
    records = deps.resources.every("metric-attribution", parent=group)
    return next((r for r in records if r["status"] in _LIVING and r["creationDateTime"] <= before), None)
