"""What a step takes that walks through whole snapshots, by their manifests alone."""

from collections.abc import Iterable

from tastemaker.domain.training.rungs import Need
from tastemaker.pipelines.datasets.snapshots import read_manifest
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record

# A snapshot, what is made of it, and what DuckDB spills meanwhile.
_DISK = 4
# Bytes of Parquet a second, far less than was measured (bench/data/exports.py, 5 M rows: 1.1 s to export and 1.4 s to
# rewrite on 2 x AMD EPYC, 2026-11-30), for the way to S3 and back is not in that.
_BYTES_A_SECOND = 4e6
# MB: the process's own, and at most what DuckDB takes before it spills.
_LEAST_MEMORY, _MOST_OF_DUCKDB = 350, 1_100


def need_of(deps: Deps, datasets: Iterable[Record]) -> Need:
    """Return what rewriting or copying some datasets takes; those without a snapshot take nothing."""
    keys = [dataset["_snapshot"] for dataset in datasets if dataset.get("_snapshot")]
    manifests = [read_manifest(deps.objects, deps.config.data_bucket, key) for key in keys]
    size = sum(part.bytes for manifest in manifests for part in manifest.parts)
    memory = _LEAST_MEMORY + min(_MOST_OF_DUCKDB, 10 * size / 2**20)
    return Need(memory, size / _BYTES_A_SECOND, _DISK * size / 2**30)
