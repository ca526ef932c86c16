"""One look at all metric attributions: what is left of the last batch goes out first, then what has come since."""

import logging
from contextlib import suppress

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import JobFailed, ServiceError
from tastemaker.pipelines.attribution.batches import Batches
from tastemaker.pipelines.attribution.publishing import Sender, StillUnderWay
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record

_logger = logging.getLogger(__name__)
# Seconds that one look may take; what is left is done by the next.
_LONGEST_LOOK = 600.0


def publish_all(deps: Deps, *, day: float) -> list[str]:
    """Publish what every attribution has counted by now, and return those that had something to tell."""
    began = deps.clock()
    return [
        record["_arn"]
        for record in list(deps.resources.every("metric-attribution"))
        if record["status"] == ACTIVE and deps.clock() - began < _LONGEST_LOOK and _look(deps, record, day, began)
    ]


def _look(deps: Deps, record: Record, day: float, began: float) -> bool:
    """Publish what one attribution has counted; whatever keeps it from that is no other's fault."""
    before = record.get("_counted")
    try:
        # Somebody else changed it at the same time, or waits for CloudWatch: the next look will see what is left.
        with suppress(ServiceError, StillUnderWay):
            record = _publish(deps.of(record["_arn"]), record, day, began)
    except JobFailed as problem:
        _tell(deps, record, str(problem))
    except Exception:
        _logger.exception("the metrics of %s cannot be published", record["_arn"])
        _tell(deps, record, "An internal error keeps these metrics from being published. The log has the details.")
    return record.get("_counted") != before


def _publish(deps: Deps, record: Record, day: float, began: float) -> Record:
    batches, sender = Batches(deps, day), Sender(deps, day)
    record = sender.send(record)
    while deps.clock() - began < _LONGEST_LOOK and (following := batches.next(record)):
        record = sender.send(following)
    if "failureReason" in record:
        record = deps.resources.update(record["_arn"], {}, when={ACTIVE}, drop=("failureReason",))
    return record


def _tell(deps: Deps, record: Record, reason: str) -> None:
    """Let Describe say why nothing is published; what was counted is not lost."""
    with suppress(ServiceError):
        deps.resources.update(record["_arn"], {"failureReason": reason}, when={ACTIVE})
