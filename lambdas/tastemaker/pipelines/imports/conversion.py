"""The work of an import: download, check, sort and store, and count what came of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from tastemaker.domain.resources import arns
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.counts import Statistics, are_events, statistics, warnings
from tastemaker.pipelines.datasets.csv_files import CsvFile
from tastemaker.pipelines.datasets.csv_problems import Refusal, refusal
from tastemaker.pipelines.datasets.queries import Base, merge_query, repeated, without_repeated
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.imports.plans import Plan
from tastemaker.pipelines.imports.sources import download, reader, require_room
from tastemaker.pipelines.insights.snapshot import write_insights
from tastemaker.pipelines.places import rejects_folder


def write_snapshot(deps: Deps, plan: Plan, folder: Path) -> snapshots.Manifest:
    """Download, check, sort and store; return the manifest, which is for the caller to store last."""
    files, path = _downloaded(deps, plan, folder), folder / "part-00000.parquet"
    with snapshots.open_session(folder, snapshots.SORTING_MEMORY) as session:
        earlier = _earlier(deps, plan)
        base = _grown_from(deps, earlier, folder) if earlier else None
        deps.progress(plan.job, 0.3, "checking and sorting")
        query = merge_query(files, plan.columns, plan.record_name, base)
        try:
            snapshots.write_parquet(session, query, path)
        except duckdb.Error as error:
            raise _refused(deps, plan, refusal(session, files, plan.columns)) or error from None
        stats = _counted(session, path, plan.columns)
        if not stats.counts["rows"]:
            raise JobFailed(f"{plan.sources[0].name} holds no records.")
        deps.progress(plan.job, 0.7, "looking into the data")
        write_insights(deps, session, path, plan.columns, type_=plan.type, stats=stats, manifest_key=plan.manifest_key)
    deps.progress(plan.job, 0.8, "storing")
    key = f"{plan.folder}/{path.name}"
    part = snapshots.upload_part(deps.objects, deps.config.data_bucket, path, key, stats.counts["rows"])
    return _manifest(plan, part, stats.counts, earlier)


def _downloaded(deps: Deps, plan: Plan, folder: Path) -> list[CsvFile]:
    deps.progress(plan.job, 0.05, "downloading")
    able = require_room(plan.sources, plan.mode, deps.room(folder))
    return download(reader(deps.objects, plan.role, plan.record_name), plan.sources, folder, plan.record_name, able)


def _earlier(deps: Deps, plan: Plan) -> snapshots.Manifest | None:
    return snapshots.read_manifest(deps.objects, deps.config.data_bucket, plan.base) if plan.base else None


def _grown_from(deps: Deps, earlier: snapshots.Manifest, folder: Path) -> Base:
    scan = snapshots.download_parts(deps.objects, deps.config.data_bucket, earlier, folder)
    return Base(scan, [column.name for column in earlier.columns], len(_imports(earlier)))


def _imports(earlier: snapshots.Manifest | None) -> tuple[float, ...]:
    """Return when the imports of an earlier snapshot were asked for; one of old does not say."""
    return (earlier.imports or (0.0,)) if earlier else ()


def _refused(deps: Deps, plan: Plan, problem: Refusal | None) -> JobFailed | None:
    """Store what is wrong with the files, which the quick way did not know, and return the failure that tells of it."""
    if problem is None:
        return None
    bucket, key = deps.config.data_bucket, f"{rejects_folder(plan.dataset)}{arns.tail(plan.job)}.csv"
    deps.objects.write(bucket, key, problem.to_csv())
    deps.note(plan.job, {"_imported": {"rejected": problem.count, "rejects": f"s3://{bucket}/{key}"}})
    return JobFailed(f"{problem} See s3://{bucket}/{key}.")


def _counted(session: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> Statistics:
    """Return what the file holds, each event once; nearly all files are without repetitions, and a look is cheap."""
    scan = snapshots.parquet([str(path)])
    with ThreadPoolExecutor(1) as beside:
        # Rows are compared by one thread, in their order: what is counted meanwhile costs no time.
        repetitions = beside.submit(_repetitions, session, scan, columns)
        stats = statistics(session, scan, columns)
        if not repetitions.result():
            return stats
    once = path.with_suffix(".once")
    snapshots.write_parquet(session, without_repeated(scan, columns), once)
    once.replace(path)
    return statistics(session, scan, columns)


def _repetitions(session: duckdb.DuckDBPyConnection, scan: str, columns: Sequence[Column]) -> int:
    if not are_events(columns):
        return 0
    with session.cursor() as own:
        [(count,)] = own.execute(repeated(scan, columns)).fetchall()
    return int(count)


def _manifest(
    plan: Plan, part: snapshots.Part, counts: dict[str, int], earlier: snapshots.Manifest | None
) -> snapshots.Manifest:
    return snapshots.Manifest(
        dataset=plan.dataset,
        type=plan.type,
        snapshot=plan.folder.rpartition("/")[2],
        job=plan.job,
        mode=plan.mode,
        base=plan.base,
        imports=(*_imports(earlier), plan.moment),
        parts=(part,),
        rows=part.rows,
        columns=tuple(snapshots.ColumnInfo.of(column.field) for column in plan.columns),
        stats={**counts, "read bytes": sum(source.size for source in plan.sources)},
        warnings=warnings(counts, plan.columns, part.rows - (earlier.rows if earlier else 0)),
    )
