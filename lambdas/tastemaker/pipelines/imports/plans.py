"""What an import job comes to: which objects become which snapshot, on top of which other one."""

import hashlib
import json
from dataclasses import asdict, dataclass

from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column, columns_of, rules_of
from tastemaker.pipelines.datasets.csv_files import Source
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.imports.sources import locate, reader
from tastemaker.store.ports import Record

_FULL, _INCREMENTAL = "FULL", "INCREMENTAL"


@dataclass(frozen=True, slots=True)
class Plan:
    """One import, settled: which objects become which snapshot, on top of which other one."""

    job: str
    dataset: str
    type: str
    record_name: str
    mode: str
    role: str | None
    sources: tuple[Source, ...]
    columns: tuple[Column, ...]
    base: str | None
    moment: float
    sweeps: int = 0

    @property
    def folder(self) -> str:
        """The key below which the snapshot lies: the same input makes the same one, however often the step runs."""
        sources, columns = ([asdict(part) for part in parts] for parts in (self.sources, self.columns))
        text = json.dumps([self.job, self.mode, self.base, self.sweeps, sources, columns], sort_keys=True)
        return snapshots.folder_of(self.dataset, hashlib.sha256(text.encode()).hexdigest()[:16])

    @property
    def manifest_key(self) -> str:
        """The key of the manifest."""
        return f"{self.folder}/{snapshots.MANIFEST}"


def plan_of(deps: Deps, job_arn: str) -> Plan:
    """Settle what a job is to do; its objects and its dataset are looked at now."""
    job = deps.resources.get(job_arn)
    dataset = deps.resources.get(job["datasetArn"])
    schema = deps.resources.get(dataset["schemaArn"])
    rules = rules_of(dataset, schema)
    mode, role, location = job.get("importMode", _FULL), job.get("roleArn"), job["dataSource"]["dataLocation"]
    return Plan(
        job=job_arn,
        dataset=job["datasetArn"],
        type=dataset["datasetType"],
        record_name=rules.record_name,
        mode=mode,
        role=role,
        sources=tuple(locate(reader(deps.objects, role, rules.record_name), location, rules.record_name)),
        columns=columns_of(parse_schema(schema["schema"]), rules),
        base=_base(dataset.get("_snapshot")) if grows(job) else None,
        moment=job["creationDateTime"],
        sweeps=dataset.get("_sweeps", 0),
    )


def grows(job: Record) -> bool:
    """Whether an import adds to what the dataset holds."""
    return bool(job.get("importMode", _FULL) == _INCREMENTAL)


def _base(snapshot: str | None) -> str:
    if snapshot is None:
        raise JobFailed("importMode INCREMENTAL needs an earlier bulk import; use FULL for the first one.")
    return snapshot
