"""GetAttributionFigures, an operation of our own: what each source brought, which AWS shows in CloudWatch only."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from tastemaker.domain import figures
from tastemaker.domain.figures import Figure
from tastemaker.domain.resources import paging
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record

_PAGE = 1000
_ATTEMPTS = 3  # each failed one means that the schedule has replaced the figures meanwhile


def get_attribution_figures(
    call: Call,
    *,
    metric_attribution_arn: str,
    metric_name: str | None = None,
    since: float | datetime = 0.0,
    next_token: str | None = None,
    max_results: int = _PAGE,
) -> dict[str, object]:
    """Return a page of what a metric attribution has counted by day, oldest first."""
    record, found = _look(call, metric_attribution_arn)
    begin = since.timestamp() if isinstance(since, datetime) else since
    query = f"figures\n{metric_attribution_arn}\n{metric_name}\n{begin}"
    after = json.loads(resources.read_token(query, next_token)) if next_token else []
    wanted = [
        each for each in found if each.day >= begin and metric_name in {None, each.metric} and [*each.key] > after
    ]
    page = wanted[:max_results]
    more = len(wanted) > len(page)
    return {
        "metricAttributionArn": metric_attribution_arn,
        "countedUntil": (record.get("_counted") or {}).get("until", record["creationDateTime"]),
        "figures": [_told(each) for each in page],
        "nextToken": paging.make_token(query, json.dumps(page[-1].key)) if more else None,
    }


def _look(call: Call, arn: str) -> tuple[Record, Sequence[Figure]]:
    """Return an attribution with its figures; once more if these were replaced between finding and reading them."""
    for _ in range(_ATTEMPTS):
        record = resources.lookup(call, KINDS["metric-attribution"], arn)
        if "_figures" not in record:
            break
        # S3 calls what is not there forbidden to those who may not list.
        with suppress(FileNotFoundError, PermissionError):
            return record, figures.from_json(call.objects.read(call.config.data_bucket, record["_figures"]))
    return record, ()


def _told(figure: Figure) -> dict[str, object]:
    return {
        "metricName": figure.metric,
        "eventAttributionSource": figure.source,
        "day": figure.day,
        "count": figure.count,
        "sum": figure.sum,
    }
