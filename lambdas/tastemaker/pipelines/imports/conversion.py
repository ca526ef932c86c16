"""The work of an import: download, check, sort and store, and count what came of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import duckdb

from tastemaker.domain.resources import arns
from tastemaker.domain.supersets import FEW_RECORDS, LEAST_RECORDS, refusal
from tastemaker.errors import JobFailed
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.attribution.imported import count_import
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.counts import FEW_EVENTS, Statistics, are_events, statistics, warnings
from tastemaker.pipelines.datasets.csv_files import CsvFile
from tastemaker.pipelines.datasets.csv_problems import Problem, Refusal, listed
from tastemaker.pipelines.datasets.queries import Base, merge_query, new_rows, repeated, without_repeated
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.imports.losses import cut_texts, repeated_ids
from tastemaker.pipelines.imports.plans import Plan
from tastemaker.pipelines.imports.sources import download, reader, require_room
from tastemaker.pipelines.imports.spark_work import Result, counts_of, parts_of, verdict
from tastemaker.pipelines.imports.tolerance import SHOWN, Losses, judge
from tastemaker.pipelines.insights.snapshot import write_insights
from tastemaker.pipelines.lifecycle.keys import is_under_key
from tastemaker.pipelines.places import rejects_folder


def write_snapshot(deps: Deps, plan: Plan, folder: Path) -> snapshots.Manifest:
    """Download, check, sort and store; return the manifest, which is for the caller to store last."""
    files, path = _downloaded(deps, plan, folder), folder / "part-00000.parquet"
    with snapshots.open_session(folder, snapshots.sorting_memory(deps.config.memory)) as session:
        earlier = earlier_of(deps, plan)
        base = _grown_from(deps, earlier, folder) if earlier else None
        deps.progress(plan.job, 0.3, "checking and sorting")
        unreadable = _sort(deps, plan, session, files=files, base=base, path=path)
        if deps.config.strict and are_events(plan.columns):
            _require_many(session, files)
        stats = _counted(session, plan, files=files, base=base, path=path)
        stats = replace(stats, counts=stats.counts | unreadable)
        if not stats.counts["rows"]:
            raise JobFailed(f"{plan.sources[0].name} holds no records.")
        _look_into(deps, plan, session, snapshots.parquet([path]), stats=stats, base=base, folder=folder)
    deps.progress(plan.job, 0.8, "storing")
    key = f"{plan.folder}/{path.name}"
    part = snapshots.upload_part(deps.objects, deps.config.data_bucket, path, key, stats.counts["rows"])
    return _manifest(deps, plan, (part,), stats.counts, earlier)


def adopt_snapshot(deps: Deps, plan: Plan, result: Result, folder: Path) -> snapshots.Manifest:
    """Look into what many machines have written; return the manifest, which is for the caller to store last."""
    found = verdict(plan, result)
    if isinstance(found, Refusal):
        raise _refused(deps, plan, found)
    if found:
        _note_losses(deps, plan, found)
    earlier, parts = earlier_of(deps, plan), parts_of(plan, result)
    manifest = _manifest(deps, plan, parts, counts_of(plan, result, earlier), earlier)
    scan = snapshots.download_parts(deps.objects, deps.config.data_bucket, manifest, folder)
    base = _grown_from(deps, earlier, folder) if earlier else None
    with snapshots.open_session(folder, snapshots.sorting_memory(deps.config.memory)) as session:
        counted = statistics(session, scan, plan.columns, plan.moment)
        stats = replace(counted, counts={**counted.counts, **manifest.stats})
        _look_into(deps, plan, session, scan, stats=stats, base=base, folder=folder)
    return manifest


def _look_into(
    deps: Deps,
    plan: Plan,
    session: duckdb.DuckDBPyConnection,
    scan: str,
    *,
    stats: Statistics,
    base: Base | None,
    folder: Path,
) -> None:
    """Store what people and attributions want to know of the rows."""
    deps.progress(plan.job, 0.7, "looking into the data")
    key = plan.manifest_key
    write_insights(deps, session, scan, plan.columns, folder=folder, type_=plan.type, stats=stats, manifest_key=key)
    rows, job = new_rows(scan, plan.columns, base), deps.resources.get(plan.job)
    count_import(deps, session, job, rows=rows, columns=plan.columns, folder=folder, snapshot=plan.manifest_key)


def _sort(
    deps: Deps,
    plan: Plan,
    session: duckdb.DuckDBPyConnection,
    *,
    files: Sequence[CsvFile],
    base: Base | None,
    path: Path,
) -> dict[str, int]:
    """Write the checked rows in their order; return how many cells of each column are lost.

    One pass is all that files without a fault take; a fault stops it, and only then they are looked into.
    """
    query = partial(merge_query, files, plan.columns, plan.record_name, base)
    try:
        snapshots.write_parquet(session, query(), path)
    except duckdb.Error:
        verdict = judge(session, files, plan.columns)
        if verdict is None:
            raise
        if isinstance(verdict, Refusal):
            raise _refused(deps, plan, verdict) from None
        snapshots.write_parquet(session, query(with_losses=True), path)
        _note_losses(deps, plan, verdict)
        return {f"unreadable {name}": count for name, count in verdict.counts.items()}
    return {}


def _downloaded(deps: Deps, plan: Plan, folder: Path) -> list[CsvFile]:
    deps.progress(plan.job, 0.05, "downloading")
    able = require_room(plan.sources, plan.mode, deps.room(folder))
    objects, strict = reader(deps.objects, plan.role, plan.record_name), deps.config.strict
    return download(objects, plan.sources, folder, plan.record_name, able, strict=strict)


def _require_many(session: duckdb.DuckDBPyConnection, files: Sequence[CsvFile]) -> None:
    """Refuse files with fewer events together than AWS imports."""
    counts = (session.execute(f"SELECT count(*) FROM {file.scan()}").fetchone() for file in files)  # noqa: S608
    if (count := sum(row[0] for row in counts if row)) < LEAST_RECORDS:
        raise JobFailed(refusal(FEW_RECORDS, count=count, least=LEAST_RECORDS))


def earlier_of(deps: Deps, plan: Plan) -> snapshots.Manifest | None:
    """Return the manifest of the snapshot that an import adds to, if it adds to one."""
    return snapshots.read_manifest(deps.objects, deps.config.data_bucket, plan.base) if plan.base else None


def _grown_from(deps: Deps, earlier: snapshots.Manifest, folder: Path) -> Base:
    scan = snapshots.download_parts(deps.objects, deps.config.data_bucket, earlier, folder)
    return Base(scan, [column.name for column in earlier.columns], len(_imports(earlier)))


def _imports(earlier: snapshots.Manifest | None) -> tuple[float, ...]:
    """Return when the imports of an earlier snapshot were asked for; one of old does not say."""
    return (earlier.imports or (0.0,)) if earlier else ()


def _refused(deps: Deps, plan: Plan, problem: Refusal) -> JobFailed:
    """Store what is wrong with the files, which the quick way did not know, and return the failure that tells of it."""
    rejects = _stored_rejects(deps, plan, problem.problems)
    deps.note(plan.job, {"_imported": {"rejected": problem.count, "rejects": rejects}})
    told = problem.without_values if is_under_key(deps, plan.dataset) else problem
    return JobFailed(f"{told} See {rejects}.{problem.note and ' '}{problem.note}")


def _note_losses(deps: Deps, plan: Plan, losses: Losses) -> None:
    """Store which cells are lost; the first are on the job's record, where a deletion of users looks for them."""
    shown = [] if is_under_key(deps, plan.dataset) else losses.problems[:SHOWN]
    first = [asdict(problem.shortened) for problem in shown]
    report = {"rejects": _stored_rejects(deps, plan, losses.problems), "firstRejects": first}
    deps.note(plan.job, {"_imported": report})


def _stored_rejects(deps: Deps, plan: Plan, problems: Sequence[Problem]) -> str:
    bucket, key = deps.config.data_bucket, f"{rejects_folder(plan.dataset)}{arns.tail(plan.job)}.csv"
    deps.objects.write(bucket, key, listed(problems))
    return f"s3://{bucket}/{key}"


def _counted(
    session: duckdb.DuckDBPyConnection, plan: Plan, *, files: Sequence[CsvFile], base: Base | None, path: Path
) -> Statistics:
    """Return what the file holds, and what was left out of it."""
    columns, scan = plan.columns, snapshots.parquet([path])
    if are_events(columns):
        stats, lost = _each_once(session, plan, path)
    else:
        stats = statistics(session, scan, columns, plan.moment)
        lost = repeated_ids(session, files, columns, scan, base)
    return replace(stats, counts=stats.counts | lost | cut_texts(session, files, columns, scan))


def _each_once(session: duckdb.DuckDBPyConnection, plan: Plan, path: Path) -> tuple[Statistics, dict[str, int]]:
    """Count events, each once; nearly all files are without repetitions, and a look is cheap."""
    scan, columns = snapshots.parquet([path]), plan.columns
    with ThreadPoolExecutor(1) as beside:
        # Rows are compared by one thread, in their order: what is counted meanwhile costs no time.
        repetitions = beside.submit(_repetitions, session, scan, columns)
        stats = statistics(session, scan, columns, plan.moment)
        if not (count := repetitions.result()):
            return stats, {}
    once = path.with_suffix(".once")
    snapshots.write_parquet(session, without_repeated(scan, columns), once)
    once.replace(path)
    return statistics(session, scan, columns, plan.moment), {"repeated rows": count}


def _repetitions(session: duckdb.DuckDBPyConnection, scan: str, columns: Sequence[Column]) -> int:
    with session.cursor() as own:
        [(count,)] = own.execute(repeated(scan, columns)).fetchall()
    return int(count)


def _manifest(
    deps: Deps,
    plan: Plan,
    parts: tuple[snapshots.Part, ...],
    counts: dict[str, int],
    earlier: snapshots.Manifest | None,
) -> snapshots.Manifest:
    rows = sum(part.rows for part in parts)
    return snapshots.Manifest(
        dataset=plan.dataset,
        type=plan.type,
        snapshot=plan.folder.rpartition("/")[2],
        job=plan.job,
        mode=plan.mode,
        base=plan.base,
        imports=(*_imports(earlier), plan.moment),
        parts=parts,
        rows=rows,
        columns=tuple(snapshots.ColumnInfo.of(column.field) for column in plan.columns),
        stats={**counts, "read bytes": sum(source.size for source in plan.sources)},
        warnings=warnings(counts, plan.columns, _recorded(deps, plan, rows)),
    )


def _recorded(deps: Deps, plan: Plan, rows: int) -> int:
    """Count the events that were recorded one by one, which count too, as far as they matter."""
    if plan.type != "INTERACTIONS" or rows >= FEW_EVENTS:
        return 0
    return AllEvents(deps).count(deps.resources.get(plan.dataset)["datasetGroupArn"], most=FEW_EVENTS)
