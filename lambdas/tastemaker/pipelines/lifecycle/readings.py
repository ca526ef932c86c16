"""When a training began to read its data: what a deletion removes afterwards may still come to be in its model."""

from collections.abc import Iterable

from tastemaker.domain.resources.changes import unsettled
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.store.ports import Record


def note_reading(deps: Deps, work: Input) -> None:
    """Note on a version or recommender that its training reads from now on; a repeated step leaves the first moment."""
    attempt = work.get("attempt")
    if deps.resources.get(work["arn"]).get("_reads", {}).get("attempt") != attempt:
        deps.note(work["arn"], {"_reads": {"attempt": attempt, "since": deps.clock()}})


def reading_since_before(records: Iterable[Record], moment: float) -> list[str]:
    """Return which of some versions and recommenders are being trained on what was there before a moment."""
    return [record["_arn"] for record in records if _reads_from(record) <= moment]


def _reads_from(record: Record) -> float:
    reads = record.get("_reads", {})
    attempts = {change["attempt"] for change in unsettled(record)}
    return float(reads["since"]) if reads.get("attempt") in attempts else float("inf")
