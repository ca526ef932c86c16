"""Export jobs: a dataset's snapshot, what was put beside it, or both -> one CSV object in the caller's bucket."""

from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column, columns_of, rules_of
from tastemaker.pipelines.datasets.needs import need_of
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.exports.sources import Source
from tastemaker.pipelines.exports.targets import Target
from tastemaker.pipelines.exports.writer import csv_stream
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.store.ports import Record


def place(deps: Deps, work: Input) -> Input:
    """Settle where the file is written."""

    def dataset() -> Record:
        return deps.resources.get(deps.resources.get(work["arn"])["datasetArn"])

    return choosing.place(deps, work, reading(lambda: need_of(deps, [dataset()])))


def write(deps: Deps, work: Input) -> Input:
    """Write the file that an export job asks for: whole or not at all, and again over itself if it is repeated."""
    return {**work, "rows": reading(lambda: _write(deps, work["arn"]))}


def publish(deps: Deps, work: Input) -> Input:
    """Finish the job."""
    finish(deps, work, {"status": ACTIVE, "_rows": work["rows"]}, when=BUSY | {ACTIVE})
    return work


def _write(deps: Deps, arn: str) -> int:
    deps.progress(arn, 0.05, "reading the dataset")
    job = deps.resources.get(arn)
    dataset = deps.resources.get(job["datasetArn"])
    columns, target = _columns(deps, dataset), Target.of(deps, job)
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        rows = Source(deps, session, folder, dataset, columns).rows(job["ingestionMode"])
        deps.progress(arn, 0.4, "writing the file")
        # A late run must not write over what the run that took its place has ended with.
        with csv_stream(session, rows, columns, at_end=lambda: deps.progress(arn, 0.9, "storing the file")) as stream:
            target.store(stream)
            return stream.rows


def _columns(deps: Deps, dataset: Record) -> tuple[Column, ...]:
    schema = deps.resources.get(dataset["schemaArn"])
    return columns_of(parse_schema(schema["schema"]), rules_of(dataset, schema))
