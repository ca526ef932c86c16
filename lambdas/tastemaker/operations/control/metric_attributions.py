"""Metric attributions: which events to count for which source of recommendations, and where the figures go."""

from collections.abc import Collection, Iterable
from typing import Any

from tastemaker.domain.event_types import is_type
from tastemaker.domain.locations import parse_location
from tastemaker.domain.resources import paging
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_FAILED
from tastemaker.domain.schemas.metric_expressions import InvalidExpression, check_expression, parse_expression
from tastemaker.domain.schemas.schema import Schema, parse_schema
from tastemaker.errors import InvalidInput, ResourceAlreadyExists
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.keys import check_key_of
from tastemaker.store.ports import Record

_ATTRIBUTION = KINDS["metric-attribution"]
_LONGEST_NAME = 255  # characters of a metric's name in CloudWatch
_PAGE = 100
Metric = dict[str, str]


def create_metric_attribution(
    call: Call,
    *,
    name: str,
    dataset_group_arn: str,
    metrics: list[Metric],
    metrics_output_config: dict[str, Any],
) -> dict[str, object]:
    """Begin to count; what was imported or recorded before is not looked at."""
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    _check_metrics(call, dataset_group_arn, metrics)
    _check_names(metrics)
    _check_count(call, len(metrics))
    _check_output(call, metrics_output_config)
    _require_first(call, name, dataset_group_arn)
    members = {
        "name": name,
        "datasetGroupArn": dataset_group_arn,
        "metricsOutputConfig": metrics_output_config,
        **_counted(metrics),
    }
    record = resources.new_record(call, _ATTRIBUTION, name, members, tags=None)
    return {"metricAttributionArn": resources.create(call, record)}


def describe_metric_attribution(call: Call, *, metric_attribution_arn: str) -> dict[str, object]:
    """Return one metric attribution, without its metrics."""
    return resources.describe(call, _ATTRIBUTION, metric_attribution_arn)


def list_metric_attributions(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of metric attributions, of one dataset group or of all."""
    return resources.page(call, _ATTRIBUTION, dataset_group_arn, max_results, next_token)


def list_metric_attribution_metrics(
    call: Call,
    *,
    metric_attribution_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of the metrics of one attribution, by name."""
    metrics = sorted(_found(call, metric_attribution_arn)["_metrics"], key=lambda metric: str(metric["metricName"]))
    query = f"metrics\n{metric_attribution_arn}"
    after = resources.read_token(query, next_token) if next_token else ""
    rest = [metric for metric in metrics if metric["metricName"] > after]
    page = rest[: max_results or _PAGE]
    more = len(rest) > len(page)
    return {"metrics": page, "nextToken": paging.make_token(query, page[-1]["metricName"]) if more else None}


def update_metric_attribution(
    call: Call,
    *,
    add_metrics: list[Metric] | None = None,
    remove_metrics: list[str] | None = None,
    metrics_output_config: dict[str, Any] | None = None,
    metric_attribution_arn: str | None = None,
) -> dict[str, object]:
    """Remove metrics, add metrics and change where figures go, all at once and in this order."""
    record = _found(call, metric_attribution_arn)
    additions, removals = add_metrics or [], remove_metrics or []
    _check_metrics(call, record["datasetGroupArn"], additions)
    output = {} if metrics_output_config is None else {"metricsOutputConfig": metrics_output_config}
    _check_output(call, metrics_output_config or {})

    def changed(record: Record) -> Record:
        metrics = [*_without(record, removals), *additions]
        _check_names(metrics)
        _check_count(call, len(metrics))
        changes: Record = {"_metrics": metrics, **output}
        if resources.same(record, changes):
            raise InvalidInput(f"The update of metric attribution {record['_arn']} would change nothing.")
        now = call.clock()
        kept = {name: since for name, since in record.get("_since", {}).items() if name not in removals}
        since = {**kept, **{metric["metricName"]: now for metric in additions}}
        return {**changes, **_counted(metrics), "_since": since, "lastUpdatedDateTime": now}

    # There is nothing to wait for: what counts events reads the record.
    call.resources.update(record["_arn"], changed, when=(ACTIVE, CREATE_FAILED))
    return {"metricAttributionArn": record["_arn"]}


def delete_metric_attribution(call: Call, *, metric_attribution_arn: str) -> dict[str, object]:
    """Stop counting; what has been published stays."""
    return resources.delete(call, resources.lookup(call, _ATTRIBUTION, metric_attribution_arn))


def _found(call: Call, arn: str | None) -> Record:
    # The service model does not require this member, the operations that use it do.
    if arn is None:
        raise InvalidInput("metricAttributionArn is required.")
    return resources.lookup(call, _ATTRIBUTION, arn)


def _counted(metrics: list[Metric]) -> Record:
    """Return metrics as a record has them, with the types of the datasets that they sum and so keep from going."""
    types = {parse_expression(metric["expression"]).dataset for metric in metrics}
    return {"_metrics": metrics, "_sums": sorted(filter(None, types))}


def _without(record: Record, names: Collection[str]) -> list[Metric]:
    metrics: list[Metric] = record["_metrics"]
    if unknown := sorted(set(names) - {metric["metricName"] for metric in metrics}):
        raise InvalidInput(f"removeMetrics: metric attribution {record['_arn']} has no metric {unknown[0]}.")
    return [metric for metric in metrics if metric["metricName"] not in names]


def _check_metrics(call: Call, group: str, metrics: Iterable[Metric]) -> None:
    """Check that every metric can be computed: typed events, numeric columns. Items may be imported afterwards."""
    datasets = {dataset["datasetType"]: dataset for dataset in resources.staying_datasets(call, group)}
    schemas = {type_: parse_schema(call.resources.get(d["schemaArn"])["schema"]) for type_, d in datasets.items()}
    _require_event_types(group, schemas)
    for metric in metrics:
        _check_words(metric)
        try:
            check_expression(parse_expression(metric["expression"]), schemas)
        except InvalidExpression as problem:
            raise InvalidInput(f"Metric {metric['metricName']}: {problem}") from None


def _check_words(metric: Metric) -> None:
    """Check that CloudWatch can have the name, and that events can be of the type."""
    name, type_ = metric["metricName"], metric["eventType"]
    if not (0 < len(name) <= _LONGEST_NAME and name.isascii() and name.isprintable() and name.strip()):
        raise InvalidInput(f"metricName must be 1 to {_LONGEST_NAME} printable ASCII characters, not {name!r:.100}.")
    if not is_type(type_):
        raise InvalidInput(f"Metric {name}: eventType must be the type of events, neither blank nor {type_!r:.100}.")


def _require_event_types(group: str, schemas: dict[str, Schema]) -> None:
    fields = schemas["INTERACTIONS"].fields if "INTERACTIONS" in schemas else ()
    if not any(field.name.upper() == "EVENT_TYPE" for field in fields):
        raise InvalidInput(f"Dataset group {group} needs an Interactions dataset whose schema has EVENT_TYPE.")


def _check_names(metrics: list[Metric]) -> None:
    names = [metric["metricName"] for metric in metrics]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ResourceAlreadyExists(f"A metric with the name {twice[0]} already exists.")


def _check_count(call: Call, count: int) -> None:
    most = call.config.quotas["metrics-per-attribution"]
    if not 0 < count <= most:
        raise InvalidInput(f"A metric attribution has 1 to {most} metrics; this one would have {count}.")


def _check_output(call: Call, config: dict[str, Any]) -> None:
    resources.require_own_role(call, config.get("roleArn"))
    destination = config.get("s3DataDestination", {})
    check_key_of(call, "metricsOutputConfig.s3DataDestination", destination)
    path = destination.get("path")
    if path is not None and parse_location(path) is None:
        raise InvalidInput(f"metricsOutputConfig.s3DataDestination.path must be s3://BUCKET/KEY, not {path}.")


def _require_first(call: Call, name: str, group: str) -> None:
    """Refuse a second attribution of a group, and a second one of a name."""
    others = [call.resources.find(call.home.arn(_ATTRIBUTION, name))]
    others += call.resources.every(_ATTRIBUTION.name, parent=group)
    for other in others:
        if other:
            raise ResourceAlreadyExists(f"Another resource with Arn {other['_arn']} already exists.")
