"""A job of Spark: reads a work document, does its step, and writes the result beside it.

Run: spark-submit spark/job.py <URI of the work document>        s3://... on EMR Serverless, a path here

One file without anything of ours beside it, for Python 3.9 and newer and Spark 3.5 and newer: rules of values come as
expressions of Spark SQL inside the work document, numbers of rows and what is wrong go out in the result, and both are
small. No Python runs in executors.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it
from pyspark.sql.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Work = Mapping[str, Any]
Result = dict[str, Any]

SPLIT_BYTES = 128 << 20
HEAD_BYTES, MOST_COLUMNS = 1 << 20, 10_000
THREADS = 8
SHOWN, TOLD, TOLD_CHARACTERS = 60, 10, 20_000
CUT = "it is not a whole gzip file"
# What Java says of a packed file that ends too early, or is none.
CUT_SHORT = ("Unexpected end of input stream", "GzipDecompressor", "ZipException", "DataFormatException")
SETTINGS = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "64m",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    # try_cast says what cannot be read; nothing else is to raise.
    "spark.sql.ansi.enabled": "false",
    # A split is a task of its own, so that a record's number in its task is its number in its split.
    "spark.sql.files.maxPartitionBytes": str(SPLIT_BYTES),
    "spark.sql.files.openCostInBytes": str(SPLIT_BYTES),
    # It would read fewer cells than there are, and find that they are too many.
    "spark.sql.optimizer.enableCsvExpressionOptimization": "false",
    "spark.sql.csv.parser.columnPruning.enabled": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Row groups that a writer holds in memory, within executors of 1 GB.
    "spark.hadoop.parquet.block.size": str(32 << 20),
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.task.maxFailures": "8",
    "spark.ui.showConsoleProgress": "false",
}


class Refused(Exception):
    """What was asked for cannot be done with these files; the argument is what the result says of it."""


class Files:
    """Files by URI, by what Hadoop has for their kind: s3:// on EMR, paths here."""

    def __init__(self, session: SparkSession) -> None:
        self._jvm, self._conf = session._jvm, session._jsc.hadoopConfiguration()

    def _at(self, uri: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(uri)
        return path.getFileSystem(self._conf), path

    def read(self, uri: str, most: int = 1 << 30) -> bytes:
        """Return a file's bytes, or so many of its first."""
        system, path = self._at(uri)
        stream = system.open(path)
        try:
            return bytes(stream.readNBytes(most))
        finally:
            stream.close()

    def write(self, uri: str, body: bytes) -> None:
        """Write a file whole."""
        system, path = self._at(uri)
        stream = system.create(path, True)
        stream.write(bytearray(body))
        stream.close()

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the sizes of the files right in a folder by name."""
        system, path = self._at(folder)
        if not system.exists(path):
            return {}
        return {status.getPath().getName(): status.getLen() for status in system.listStatus(path)}

    def delete(self, uri: str) -> None:
        """Remove a file, or a folder with all in it."""
        system, path = self._at(uri)
        system.delete(path, True)

    def sha256(self, uri: str) -> str:
        """Return the digest of a file; no byte of it comes into this process."""
        system, path = self._at(uri)
        digest = self._jvm.java.security.MessageDigest.getInstance("SHA-256")
        nowhere = self._jvm.java.io.OutputStream.nullOutputStream()
        sink = self._jvm.java.security.DigestOutputStream(nowhere, digest)
        self._jvm.org.apache.hadoop.io.IOUtils.copyBytes(system.open(path), sink, 1 << 20, True)
        return bytes(digest.digest()).hex()


# Reading CSV.


class Kind(NamedTuple):
    """What files are read in one way by: their first line, the lines before their records, cells with line ends."""

    header: tuple[str, ...]
    header_lines: int
    many_lines: bool


def kind_of(files: Files, uri: str, name: str) -> Kind:
    """Look at the beginning of a file, which messages call by its name."""
    head = files.read(uri, HEAD_BYTES)
    is_packed = head.startswith(b"\x1f\x8b")
    if is_packed != uri.endswith(".gz"):
        raise Refused({"unfit": name, "why": "packed files must be named .gz, and no others"})
    if is_packed:
        head = _unpacked(head, name)
    reader = csv.reader(io.StringIO(head.decode("utf-8-sig", errors="replace"), newline=""))
    rows = _until_error(reader)
    header = next((row for row in rows if "".join(row).strip()), [])
    header_lines = reader.line_num
    # What a later line shows is found when all are read.
    return Kind(tuple(header), header_lines, any("\n" in cell or "\r" in cell for row in rows for cell in row))


def _unpacked(head: bytes, name: str) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    except zlib.error:
        raise Refused({"unfit": name, "why": CUT}) from None


def _until_error(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def cells_of(kind: Kind, name: str, columns: Sequence[Work]) -> list[str]:
    """Return which of the cells c0, c1, ... holds each column; a header that is refused is for others to judge."""
    titles = [title.strip().upper() for title in kind.header]
    names = [column["name"].upper() for column in columns]
    if len(titles) > MOST_COLUMNS or any(titles.count(name) != 1 for name in names):
        raise Refused({"header": {"file": name, "cells": list(kind.header)}})
    return [f"c{titles.index(name)}" for name in names]


def escaped(uri: str) -> str:
    """Return a path that means itself where others are patterns."""
    return "".join(f"\\{mark}" if mark in "*?[]{}\\" else mark for mark in uri)


def _plain(uri: str) -> str:
    return uri.split(":", 1)[1].lstrip("/") if uri.startswith("file:") else uri.lstrip("/")


SPOT = {
    "uri": "regexp_replace(input_file_name(), '^file:/*|^/+', '')",
    "block": "CAST(greatest(input_file_block_start(), 0) AS BIGINT)",
    "pos": "monotonically_increasing_id() & 8589934591L",
}
# A quoted cell that its line does not end, or that something but a comma follows: cells with line ends, or a fault.
OPEN = """contains(value, '"') AND regexp_replace(replace(value, '""', ''), '(?<![^,])"[^"]*"(?![^,])', '')
    RLIKE '(?<![^,])"'"""
ESCAPES = """contains(value, concat(chr(92), '"')) OR contains(value, concat(chr(92), chr(92)))"""
FAULTS = {
    "nul": "contains(value, chr(0))",
    "long": "octet_length(value) > 2000000",
    "encoding": "value RLIKE '\ufffd' AND NOT contains(value, '\ufffd')",
    "cells": "record.bad IS NOT NULL",
}


def lines_of(session: SparkSession, uris: Sequence[str]) -> DataFrame:
    """Return the lines of files with where they are: uri, block, pos, value."""
    return session.read.text([escaped(uri) for uri in uris]).selectExpr(
        *(f"{expression} AS {name}" for name, expression in SPOT.items()), "value"
    )


def records_of(session: SparkSession, kind: Kind, uris: Sequence[str], cells: Sequence[str]) -> DataFrame:
    """Return the records of files of a kind: where each is, what is wrong with it as a record, its cells by column."""
    schema = ", ".join(f"c{place} STRING" for place in range(len(kind.header)))
    read = _whole_records if kind.many_lines else _single_lines
    rows = read(session, kind, uris, f"{schema}, bad STRING")
    wanted = [f"nullif(record.{cell}, '') AS cell_{place}" for place, cell in enumerate(cells)]
    rows = rows.selectExpr("uri", "block", "pos", "lines", "value", "is_open", "has_escapes", "fault", *wanted)
    # The reader skips blank lines; the only cell of a record might be empty.
    return rows if len(kind.header) > 1 else rows.where("cell_0 RLIKE '[^ \t\n\f\r]'")


def _options(**more: str) -> dict[str, str]:
    return {"escape": '"', "mode": "PERMISSIVE", "columnNameOfCorruptRecord": "bad", "maxColumns": "10001", **more}


def _single_lines(session: SparkSession, kind: Kind, uris: Sequence[str], schema: str) -> DataFrame:
    lines = lines_of(session, uris).where(f"NOT (block = 0 AND pos < {kind.header_lines}) AND value <> ''")
    record = F.from_csv("value", schema, _options())
    # A comma at the end of a record is no cell more.
    shorter = F.from_csv(F.expr("substring(value, 1, char_length(value) - 1)"), schema, _options())
    rows = lines.withColumn("first", record)
    rows = rows.withColumn(
        "record", F.when(F.expr("first.bad IS NOT NULL AND value LIKE '%,'"), shorter).otherwise(F.col("first"))
    )
    fault = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in FAULTS.items())
    return rows.selectExpr(
        "*", "1 AS lines", f"{OPEN} AS is_open", f"{ESCAPES} AS has_escapes", f"CASE {fault} END AS fault"
    )


def _whole_records(session: SparkSession, kind: Kind, uris: Sequence[str], schema: str) -> DataFrame:
    """Read files whose cells may have line ends, each in one task."""
    options = _options(multiLine="true", unescapedQuoteHandling="RAISE_ERROR", maxCharsPerColumn="2000000")
    names = [f"c{place}" for place in range(len(kind.header))]
    text = f"concat_ws(',', {', '.join(names)})"
    return (
        session.read.schema(schema)
        .options(**options)
        .csv([escaped(uri) for uri in uris])
        .selectExpr(
            *(f"{expression} AS {name}" for name, expression in SPOT.items()),
            f"size(split({text}, '\r\n|\r|\n')) AS lines",
            "bad AS value",
            "false AS is_open",
            "false AS has_escapes",
            "CASE WHEN bad RLIKE '[\r\n]' THEN 'open' WHEN bad IS NOT NULL THEN 'cells' END AS fault",
            f"named_struct({', '.join(repr(name) + ', ' + name for name in [*names, 'bad'])}) AS record",
        )
        .where("pos > 0")
    )


# The step `snapshot`: CSV, on top of an earlier snapshot, to Parquet in one order.


def snapshot(session: SparkSession, files: Files, work: Work) -> Result:
    """Write the checked rows of files in their order; count what they hold and what was wrong with them."""
    clock = Clock()
    kinds = _kinds(files, work)
    counts, kinds = _staged(session, work, kinds)
    clock.lap("stage")
    result: Result = {"counts": counts}
    if columns := _to_list(work, counts):
        result |= problems(session, work, kinds, columns)
        clock.lap("problems")
    if any(counts["strict"].values()) or _hopeless(work, counts):
        raise Refused({**result, "seconds": clock.laps})
    rows = session.read.parquet(work["stage"])
    rows = rows.unionByName(earlier(session, work)) if work.get("base") else rows
    write = _write_events if work["events"] else _write_records
    write(rows, work, _partitions(files, work))
    clock.lap("sort")
    result |= described(session, files, work)
    files.delete(work["stage"])
    clock.lap("count")
    return {**result, "seconds": clock.laps}


class Clock:
    """How long the parts of a step took."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """Note the time since the last one."""
        now = time.monotonic()
        self.laps[name], self._last = round(now - self._last, 2), now


def _kinds(files: Files, work: Work) -> dict[str, Kind]:
    with ThreadPoolExecutor(THREADS) as pool:
        kinds = pool.map(lambda file: kind_of(files, file["uri"], file["name"]), work["files"])
        return {file["uri"]: kind for file, kind in zip(work["files"], kinds)}


def all_records(session: SparkSession, work: Work, kinds: Mapping[str, Kind]) -> DataFrame:
    """Return the records of all files with what is wrong with each of their cells: problem_0, problem_1, ..."""
    by_kind, names = defaultdict(list), {file["uri"]: file["name"] for file in work["files"]}
    for uri, kind in kinds.items():
        by_kind[kind].append(uri)
    parts = [
        records_of(session, kind, uris, cells_of(kind, names[uris[0]], work["columns"]))
        for kind, uris in by_kind.items()
    ]
    rows = parts[0]
    for part in parts[1:]:
        rows = rows.unionByName(part)
    rules = [
        f"CASE WHEN fault IS NULL THEN CAST({column['problem']} AS STRING) END AS problem_{place}"
        for place, column in enumerate(work["columns"])
    ]
    return rows.selectExpr("*", *rules)


def _staged(session: SparkSession, work: Work, kinds: dict[str, Kind]) -> tuple[Result, dict[str, Kind]]:
    """Write typed rows in no order, and count; files with cells of several lines are known then, and read anew."""
    columns, counted = work["columns"], Observation()
    rows = all_records(session, work, kinds).observe(counted, *_measures(work))
    values = [
        f"CASE WHEN problem_{place} IS NULL THEN {column['value']} END AS `{column['name']}`"
        for place, column in enumerate(columns)
    ]
    typed = rows.where("fault IS NULL")
    if work["events"]:
        typed = typed.selectExpr(*values)
    else:
        typed = _with_files(session, typed, kinds).selectExpr(*values, "file", "block", "pos")
        if work.get("base"):
            typed = typed.withColumn("#import", F.lit(work["base"]["imports"]))
    try:
        typed.write.mode("overwrite").option("parquet.compression.codec.zstd.level", "1").parquet(work["stage"])
    except Exception as error:
        raise _refusal_of(session, error, work, kinds) from error
    found = counted.get
    if found["escapes"] or found["open"]:
        spelt = {_plain_uri(session, file["uri"]): file for file in work["files"]}
        if found["escapes"]:
            names = sorted(spelt[uri]["name"] for uri in found["escapes"].split())
            raise Refused({"unfit": names[0], "why": "backslashes escape something in its cells"})
        for uri in (spelt[uri]["uri"] for uri in found["open"].split()):
            kinds = {**kinds, uri: kinds[uri]._replace(many_lines=True)}
        return _staged(session, work, kinds)
    return _counts(work, found), kinds


def _plain_uri(session: SparkSession, uri: str) -> str:
    return _plain(session._jvm.org.apache.hadoop.fs.Path(uri).toUri().toString())


def _with_files(session: SparkSession, rows: DataFrame, uris: Iterable[str]) -> DataFrame:
    """Add the number of the file that a record is from."""
    numbers = [(_plain_uri(session, uri), number) for number, uri in enumerate(uris)]
    return rows.join(F.broadcast(session.createDataFrame(numbers, "uri STRING, file INT")), "uri")


def _refusal_of(session: SparkSession, error: Exception, work: Work, kinds: Mapping[str, Kind]) -> Exception:
    """Return what the readers' own errors mean; older ones do not say which file it is, of those that it may be."""
    text = str(error)

    def name(uris: Iterable[str]) -> str:
        told = sorted(uris, key=lambda uri: _plain_uri(session, uri) not in text)
        return next(str(file["name"]) for file in work["files"] if file["uri"] == told[0])

    if any(sign in text for sign in CUT_SHORT):
        return Refused({"unfit": name(uri for uri in kinds if uri.endswith(".gz")), "why": CUT})
    if "TextParsingException" not in text:
        return error
    file = name(uri for uri, kind in kinds.items() if kind.many_lines)
    line = re.search(r"line=(\d+)", text)
    rule = work["rules"]["long" if "exceeded" in text else "open"]
    problem = {"file": file, "line": int(line[1]) + 1 if line else 1, "column": "", "value": "", "rule": rule}
    counts = {"read": 0, "strict": {"faults": 1, "wrong": 0}, "filled": {}, "unreadable": {}, "cut": {}}
    return Refused({"counts": counts, "problems": [problem]})


def _measures(work: Work) -> list[Any]:
    """Return what is counted while rows are staged."""
    columns = work["columns"]
    strict = [f"problem_{place}" for place, column in enumerate(columns) if not column["lenient"]]
    measures = {
        "read": "count_if(fault IS NULL)",
        "faults": "count(fault)",
        "wrong": f"count(coalesce({', '.join([*strict, 'CAST(NULL AS STRING)'])}))",
        "open": "array_join(collect_set(CASE WHEN is_open THEN uri END), '\n')",
        "escapes": "array_join(collect_set(CASE WHEN has_escapes THEN uri END), '\n')",
    }
    for place, column in enumerate(columns):
        if column["lenient"]:
            measures |= {f"filled_{place}": f"count(cell_{place})", f"unreadable_{place}": f"count(problem_{place})"}
        if column.get("cut"):
            measures[f"cut_{place}"] = f"count_if({column['cut']})"
    return [F.expr(expression).alias(name) for name, expression in measures.items()]


def _counts(work: Work, found: Mapping[str, Any]) -> Result:
    names = {place: column["name"] for place, column in enumerate(work["columns"])}
    return {
        "read": found["read"],
        "strict": {"faults": found["faults"], "wrong": found["wrong"]},
        **{
            member: {name: found[f"{member}_{place}"] for place, name in names.items() if f"{member}_{place}" in found}
            for member in ("filled", "unreadable", "cut")
        },
    }


def _hopeless(work: Work, counts: Result) -> list[str]:
    """Return the lenient columns with so many cells that cannot be read that their type must be wrong."""
    return [n for n, count in counts["unreadable"].items() if count * work["one_in"] > counts["filled"][n]]


def _to_list(work: Work, counts: Result) -> list[int]:
    """Return the columns whose problems are told: of a refusal those that led to it, else the cells that are lost."""
    strict = [place for place, column in enumerate(work["columns"]) if not column["lenient"]]
    if any(counts["strict"].values()):
        return strict
    hopeless = _hopeless(work, counts)
    lost = [name for name, count in counts["unreadable"].items() if count]
    told = hopeless or lost
    return [place for place, column in enumerate(work["columns"]) if column["name"] in told]


def problems(session: SparkSession, work: Work, kinds: Mapping[str, Kind], columns: Sequence[int]) -> Result:
    """Return the first problems in the order of the files, those of records and those of cells of some columns.

    Besides, how many records have one.
    """
    rules = [f"problem_{place}" for place in columns]
    cells = ", ".join(
        f"struct({place} AS column, substring(cell_{place}, 1, {TOLD_CHARACTERS}) AS value, problem_{place} AS rule)"
        for place in columns
    )
    rows = all_records(session, work, kinds)
    if any(kind.many_lines for kind in kinds.values()):
        before = Window.partitionBy("uri").orderBy("pos").rowsBetween(Window.unboundedPreceding, -1)
        rows = rows.withColumn("before", F.sum("lines").over(before))
    else:
        rows = rows.withColumn("before", F.lit(None).cast("bigint"))
    wrong = _with_files(session, rows, kinds).where(f"coalesce(fault, {', '.join(rules)}) IS NOT NULL")
    first = (
        wrong.selectExpr(
            "file",
            "uri",
            "block",
            "pos",
            "before",
            "fault",
            f"substring(value, 1, {TOLD_CHARACTERS}) AS value",
            f"filter(array({cells}), cell -> cell.rule IS NOT NULL) AS cells",
        )
        .orderBy("file", "block", "pos")
        .limit(work["listed"])
        .collect()
    )
    uris = list(kinds)
    lines = Lines(session, kinds, [uris[number] for number in sorted({row.file for row in first})])
    listed = [problem for row in first for problem in _told(work, row, lines.of(row, kinds[uris[row.file]]))]
    shown = [_shortened(problem, whole=n < TOLD) for n, problem in enumerate(listed[: work["listed"]])]
    return {"problems": shown, "wrong records": len(first) if len(first) < work["listed"] else wrong.count()}


class Lines:
    """On which line of its file a record begins."""

    def __init__(self, session: SparkSession, kinds: Mapping[str, Kind], uris: Sequence[str]) -> None:
        single = [uri for uri in uris if not kinds[uri].many_lines]
        counts = lines_of(session, single).groupBy("uri", "block").count().orderBy("uri", "block") if single else None
        self._before: dict[tuple[str, int], int] = {}
        last, total = "", 0
        for uri, block, count in counts.collect() if counts else ():
            total = total if uri == last else 0
            self._before[uri, block] = total
            last, total = uri, total + count

    def of(self, row: Any, kind: Kind) -> int:
        """Return the line, the first being 1; blank lines of files with cells of several lines are not seen."""
        if kind.many_lines:
            return kind.header_lines + 1 + int(row.before or 0)
        return self._before[row.uri, row.block] + int(row.pos) + 1


def _told(work: Work, row: Any, line: int) -> Iterator[Result]:
    where = {"file": work["files"][row.file]["name"], "line": line}
    if row.fault:
        yield {**where, "column": "", "value": (row.value or "").strip(), "rule": work["rules"][row.fault]}
        return
    for cell in row.cells:
        yield {**where, "column": work["columns"][cell.column]["name"], "value": cell.value or "", "rule": cell.rule}


def _shortened(problem: Result, *, whole: bool) -> Result:
    return problem if whole else {**problem, "value": problem["value"][:SHOWN]}


def earlier(session: SparkSession, work: Work) -> DataFrame:
    """Return the rows of the snapshot that this one grows from, as if they stood before all files."""
    base = work["base"]
    select = [
        f"`{column['name']}`"
        if column["name"] in base["columns"]
        else f"CAST(NULL AS {column['type']}) AS `{column['name']}`"
        for column in work["columns"]
    ]
    if not work["events"]:
        imported = "CAST(`#import` AS INT)" if base["imports"] > 1 else "0"
        select += ["-1 AS file", "0L AS block", "0L AS pos", f"{imported} AS `#import`"]
    return session.read.parquet(*map(escaped, base["parts"])).selectExpr(*select)


def _partitions(files: Files, work: Work) -> int:
    """Return in how many parts rows are sorted: half as large as one may be, for not all come out alike."""
    size = sum(files.sizes(work["stage"]).values()) + (work["base"]["bytes"] if work.get("base") else 0)
    return max(1, math.ceil(size / (int(work["part_bytes"]) / 2)))


def _write_events(rows: DataFrame, work: Work, partitions: int) -> None:
    """Order events by user, then time, then all they hold; equal ones are kept once.

    The order is total over all parts: by ranges of the user's hash, so that they are alike, and of time, so that the
    many events of one user may lie in several.
    """
    names = [column["name"] for column in work["columns"]]
    first = ["USER_ID", "TIMESTAMP"]
    order = ["#hash", *first, *(name for name in names if name not in first)]
    keys = [F.col(f"`{name}`") for name in order]
    once = Window.partitionBy(*keys).orderBy(keys[0])
    ranged = rows.withColumn("#hash", F.xxhash64("USER_ID")).repartitionByRange(partitions, *keys[:3])
    ordered = ranged.withColumn("#once", F.row_number().over(once)).where("`#once` = 1")
    _write(ordered.select(*(F.col(f"`{name}`") for name in names)), work)


def _write_records(rows: DataFrame, work: Work, partitions: int) -> None:
    """Keep the record of each id that was written last, whole, in the order of ids."""
    key = F.col(f"`{work['key']}`")
    newest = Window.partitionBy(key).orderBy(F.desc("file"), F.desc("block"), F.desc("pos"))
    ordered = rows.repartitionByRange(partitions, key).withColumn("#once", F.row_number().over(newest))
    names = [*(column["name"] for column in work["columns"]), *(["#import"] if work.get("base") else [])]
    _write(ordered.where("`#once` = 1").select(*(F.col(f"`{name}`") for name in names)), work)


def _write(rows: DataFrame, work: Work) -> None:
    rows.write.mode("overwrite").option("maxRecordsPerFile", work["part_rows"]).parquet(work["target"])


def described(session: SparkSession, files: Files, work: Work) -> Result:
    """Return the parts of the snapshot, each with its rows, bytes and digest, and what it holds in numbers."""
    target = work["target"]
    rows = session.read.parquet(escaped(target))
    by_file = rows.groupBy(F.input_file_name().alias("uri")).count().collect()
    counts = {row.uri.rpartition("/")[2]: row["count"] for row in by_file}
    sizes = {name: size for name, size in sorted(files.sizes(target).items()) if name.endswith(".parquet")}
    for name in sizes.keys() - counts.keys():
        files.delete(f"{target}/{name}")
    with ThreadPoolExecutor(THREADS) as pool:
        digests = dict(zip(sorted(counts), pool.map(lambda name: files.sha256(f"{target}/{name}"), sorted(counts))))
    parts = [{"name": n, "rows": counts[n], "bytes": sizes[n], "sha256": digests[n]} for n in sorted(counts)]
    return {"parts": parts, "stats": _statistics(rows, work)}


def _statistics(rows: DataFrame, work: Work) -> Result:
    found = rows.agg(*(F.expr(expression).alias(name) for name, expression in work["measures"].items())).first()
    stats = {name: value for name, value in (found.asDict() if found else {}).items() if value is not None}
    # One by one: together Spark would write each row as often as there are columns to count in.
    distinct = {f"distinct {name}": rows.select(f"`{name}`").na.drop().distinct().count() for name in work["distinct"]}
    return {**stats, **distinct}


# The step `reduce`: events to numbers, histories, popularity and sums of pairs by one kernel.

# Pairs of the head that a task finds, which adds up what it can before anything is sent; pairs of the tail that a task
# finds and sends as they are, some 50 bytes each while they are sorted; and those that it puts together and ranks, 100.
ADDED_BY_TASK, SENT_BY_TASK, RANKED_BY_TASK = 8_000_000, 3_000_000, 1_000_000
# Events of a block of a history: shorter ones would be met in too many copies.
LEAST_BLOCK = 16


def reduce(session: SparkSession, files: Files, work: Work) -> Result:
    """Write what item-item models count, each as a folder of Parquet of numbers; ids are numbered in their order."""
    clock = Clock()
    session.conf.set("spark.sql.shuffle.partitions", work["parts"])
    events = session.read.parquet(*map(escaped, work["events"])).select("user_id", "item_id", "timestamp", "weight")
    users = numbered(session, work, "users", _ids(session, events, work, "user"))
    items = numbered(session, work, "items", _ids(session, events, work, "item"))
    clock.lap("ids")
    coded = events.join(users.selectExpr("id AS user_id", "code AS user"), "user_id")
    coded = coded.join(items.selectExpr("id AS item_id", "code AS item"), "item_id")
    histories = _put(session, work, "histories", _histories(coded, work["parts"]))
    clock.lap("histories")
    _put(session, work, "popularity", _popularity(histories, items))
    clock.lap("popularity")
    paired, counts = _prepared(session, work, histories)
    clock.lap("paired")
    for name, count in COUNTED.items():
        _put(session, work, name, count(work, paired, counts))
        clock.lap(name)
    files.delete(work["stage"])
    return {"counts": counts, "seconds": clock.laps}


def _put(session: SparkSession, work: Work, name: str, rows: DataFrame, under: str = "target") -> DataFrame:
    """Write a table and read it again: what is lost later is not done again from the beginning."""
    folder = f"{work[under]}/{name}"
    rows.write.mode("overwrite").parquet(folder)
    return session.read.parquet(escaped(folder))


def _ids(session: SparkSession, events: DataFrame, work: Work, kind: str) -> DataFrame:
    """Return the distinct ids of those who take part or are described."""
    ids = events.select(F.col(f"{kind}_id").alias("id"))
    if described_by := work["described"].get(kind):
        ids = ids.union(session.read.parquet(*map(escaped, described_by)).select("id"))
    return ids.where("id IS NOT NULL").distinct()


def numbered(session: SparkSession, work: Work, name: str, ids: DataFrame) -> DataFrame:
    """Write ids with their place in the order of their bytes, which is that of code points.

    Sorted once into files, each of which then begins at as many as all before it have: no task sees all ids.
    """
    ordered = ids.repartitionByRange(work["parts"], "id").sortWithinPartitions("id")
    placed = _put(session, work, name, ordered, "stage").selectExpr(
        *(f"{expression} AS {spot}" for spot, expression in SPOT.items()), "id"
    )
    begins, total = [], 0
    for row in placed.groupBy("uri", "block").count().orderBy("uri", "block").collect():
        begins.append((row.uri, row.block, total))
        total += row["count"]
    first = F.broadcast(session.createDataFrame(begins, "uri STRING, block BIGINT, begin BIGINT"))
    coded = placed.join(first, ["uri", "block"]).selectExpr("id", "CAST(begin + pos AS INT) AS code")
    return _put(session, work, name, coded)


def _histories(events: DataFrame, parts: int) -> DataFrame:
    """Order events by user, time, item and weight, each with how many of its user it is from the newest, which is 1.

    Parts are ranges of users, so that files in the order of their names are the whole order.
    """
    user = Window.partitionBy("user")
    ordered = user.orderBy("timestamp", "item", "weight")
    ranged = events.select("user", "item", "timestamp", "weight").repartitionByRange(parts, "user")
    return (
        ranged.withColumn("place", F.row_number().over(ordered))
        .withColumn("back", (F.max("place").over(user) - F.col("place") + 1).cast("int"))
        .select("user", "item", "timestamp", "weight", "back")
        .sortWithinPartitions("user", "timestamp", "item", "weight")
    )


def _popularity(histories: DataFrame, items: DataFrame) -> DataFrame:
    """Return each item's events, users and first moment: a hot one is added up in every task before it is sent."""
    by_user = histories.groupBy("item", "user").agg(F.count("*").alias("events"), F.min("timestamp").alias("first"))
    by_item = by_user.groupBy("item").agg(
        F.sum("events").alias("events"), F.count("*").alias("users"), F.min("first").alias("first")
    )
    every = items.selectExpr("code AS item").join(by_item, "item", "left")
    counts = ("coalesce(events, 0) AS events", "coalesce(users, 0) AS users")
    return every.selectExpr("item", *counts, "first").orderBy("item")


def _prepared(session: SparkSession, work: Work, histories: DataFrame) -> tuple[DataFrame, Result]:
    """Write the items by strength; return the events whose pairs count, with that of their items, and how many."""
    newest = _put(session, work, "newest", _newest(histories, work), "stage")
    strengths = _put(session, work, "strengths", _strengths(newest, work))
    known = newest.join(strengths.select("item", "strength", "events"), "item")
    return _put(session, work, "paired", known, "stage"), _amounts(work, strengths)


def _newest(histories: DataFrame, work: Work) -> DataFrame:
    """Return of each user the first event with every item, and of these so many newest.

    `length` is how many of them the user has, `beside` how many are in the event's basket.
    """
    user = Window.partitionBy("user")
    newest = user.orderBy(*(F.desc(name) for name in ("timestamp", "item", "weight")))
    moments = user.orderBy(F.desc("timestamp"))
    once = Window.partitionBy("user", "item").orderBy("timestamp", "weight")
    rows = histories.select("user", "item", "timestamp", "weight").repartition(work["parts"], "user")
    first = rows.withColumn("time", F.row_number().over(once)).where("time = 1").drop("time")
    kept = first.withColumn("back", F.row_number().over(newest)).where(F.col("back") <= work["most"])
    return (
        kept.withColumn("age", F.dense_rank().over(moments))
        .withColumn("beside", F.count("*").over(moments.rangeBetween(Window.currentRow, Window.currentRow)))
        .withColumn("length", F.max("back").over(user))
        .withColumn("basket", F.max("age").over(user) - F.col("age"))
        .selectExpr("user", "item", "weight", "length", "length - back AS place", "basket", "CAST(beside AS INT)")
    )


def _strengths(newest: DataFrame, work: Work) -> DataFrame:
    """Return the items by how many such events they have, and what each of these counts together with itself."""
    own = f"CAST(weight AS DOUBLE) * weight * power(length, {-work['pairs']['head']['exponent']})"
    by_item = newest.groupBy("item").agg(F.count("*").alias("events"), F.expr(f"sum({own})").alias("alone"))
    strength = F.row_number().over(Window.orderBy(F.desc("events"), "item")) - 1
    return by_item.select(strength.alias("strength"), "item", "events", F.col("alone").cast("float").alias("alone"))


def _amounts(work: Work, strengths: DataFrame) -> Result:
    """Return how many items and events there are, and how many of the head, which pairs are counted of exactly."""
    items = strengths.count()
    head = items if items <= work["whole"] else next(size for least, size in reversed(work["heads"]) if items >= least)
    found = strengths.agg(F.sum("events"), F.sum(F.expr(f"if(strength < {head}, events, 0)"))).first() or (0, 0)
    return {"items": items, "head": head, "events": found[0] or 0, "head events": found[1] or 0}


def _reach(events: int, limits: Work) -> int:
    """Return how many events on either side are looked at, so that all pairs stay inside a budget, if there is one."""
    most = int(limits["reach"])
    return max(1, min(most, limits["pairs"] // max(1, 2 * events))) if limits.get("pairs") else most


def _near(rows: DataFrame, columns: DataFrame, limits: Work, reach: int, tasks: int, *, both: bool) -> DataFrame:
    """Return pairs of events of a user up to `reach` events apart: row, column, lag, weight, scale.

    Of the columns' come those before the row's, or on both sides; the lag is that of the column's basket behind the
    row's. A user of n events weighs n^-exponent. A history is cut into blocks, each of which meets the events that are
    near: the many events of one user are many groups, and no group is large.
    """
    block = max(reach, LEAST_BLOCK)
    share = f"CAST(weight * power(length, {-limits['exponent']}) AS FLOAT) AS share"
    one = rows.selectExpr("user", f"place DIV {block} AS block", "place", "basket", "strength AS row", share)
    met = f"sequence((place - {reach if both else 0}) DIV {block}, (place + {reach}) DIV {block})"
    other = columns.selectExpr(
        "user",
        f"explode({met}) AS block",
        *("place AS other_place", "basket AS other_basket", "strength AS column", "weight"),
        "CAST(power(events, -0.5) AS FLOAT) AS scale",
    )
    one, other = (side.repartition(tasks, "user", "block") for side in (one, other))
    apart = f"BETWEEN {-reach if both else 1} AND {reach} AND place <> other_place"
    near = f"place - other_place {apart} AND abs(basket - other_basket) <= {limits['window']}"
    pairs = one.join(other.hint("merge"), ["user", "block"]).where(near)
    return pairs.selectExpr("row", "column", "other_basket - basket AS lag", "share * weight AS weight", "scale")


def _sums(limits: Work, place: str) -> list[Any]:
    """Return the sums of pairs by lag; `place` says where a table has the lag."""
    tables = {name: ", ".join(f"{weight!r}D" for weight in table) for name, table in limits["sums"].items()}
    sums = {name: f"CAST(sum(weight * array({table})[{place}]) AS FLOAT)" for name, table in tables.items()}
    return [F.expr(expression).alias(name) for name, expression in sums.items()]


def _head(work: Work, paired: DataFrame, counts: Work) -> DataFrame:
    """Add up the pairs of the head among itself, whose rows come later than their columns; `both` takes each for 1.

    Hot pairs are added up in every task before they are sent.
    """
    limits = work["pairs"]["head"]
    within = Window.partitionBy("user").orderBy("place")
    rows = paired.where(F.col("strength") < counts["head"]).withColumn("place", F.row_number().over(within) - 1)
    reach = _reach(counts["head events"], limits)
    tasks = max(work["parts"], reach * counts["head events"] // ADDED_BY_TASK)
    pairs = _near(rows, rows, limits, reach, tasks, both=False)
    both = F.sum("weight").cast("float").alias("both")
    return pairs.groupBy("row", "column").agg(*_sums(limits, "-lag"), both)


def _tail(work: Work, paired: DataFrame, counts: Work) -> DataFrame:
    """Add up the pairs of all others with everybody; the strongest of each row are kept.

    Strong is what is counted often for how often the column is there at all. Most rows have too few events for as many
    cells as are kept: they need no ranks, which cost as much as all the rest.
    """
    limits, events = work["pairs"]["tail"], counts["events"] - counts["head events"]
    reach, kept = _reach(events, limits), max(limits["least"], limits["cells"] // max(1, counts["items"]))
    rows = paired.where(F.col("strength") >= counts["head"])
    columns, is_cut = paired if events else rows, F.col("events") > kept // (2 * reach)
    few, many = (
        _tail_cells(work, some, columns, reach, 2 * reach * events)
        for some in (rows.where(~is_cut), rows.where(is_cut))
    )
    few = few.sortWithinPartitions("row")
    return few.unionByName(_best(many, kept, "row", "worth", "column")).drop("worth")


def _tail_cells(work: Work, rows: DataFrame, columns: DataFrame, reach: int, pairs: int) -> DataFrame:
    """Add up the pairs, at most so many, of some rows.

    Pairs seldom meet another one in the same task, so they are sent as they are, those of a row to one task; no row is
    hot, for hot ones are the head.
    """
    limits, tasks = work["pairs"]["tail"], max(work["parts"], pairs // SENT_BY_TASK)
    near = _near(rows, columns, limits, reach, tasks, both=True)
    worth = F.expr("sum(weight * scale)").alias("worth")
    by_pair = near.repartition(1 + pairs // RANKED_BY_TASK, "row").groupBy("row", "column")
    return by_pair.agg(*_sums(limits, f"lag + {limits['window']}"), worth)


def _after(work: Work, paired: DataFrame, counts: Work) -> DataFrame:
    """Count what came in the basket after each item's, baskets of very many aside; the most frequent are kept.

    `total` is how much came in all.
    """
    del counts
    limits = work["pairs"]["after"]
    usual = paired.where(F.col("beside") <= limits["basket"])
    before = usual.selectExpr("user", "basket + 1 AS basket", "item")
    pairs = before.join(usual.selectExpr("user", "basket", "item AS other", "weight"), ["user", "basket"])
    cells = pairs.groupBy("item", "other").agg(F.sum("weight").cast("float").alias("weight"))
    whole = F.sum("weight").over(Window.partitionBy("item")).cast("float")
    return _best(cells.withColumn("total", whole), limits["kept"], "item", "weight", "other")


def _best(cells: DataFrame, kept: int, row: str, worth: str, column: str) -> DataFrame:
    """Return so many cells of each row, the worthiest."""
    order = Window.partitionBy(row).orderBy(F.desc(worth), column)
    return cells.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= kept).drop("rank")


COUNTED: dict[str, Callable[[Work, DataFrame, Work], DataFrame]] = {"head": _head, "tail": _tail, "after": _after}


STEPS: dict[str, Callable[[SparkSession, Files, Work], Result]] = {"snapshot": snapshot, "reduce": reduce}


def result_of(uri: str) -> str:
    """Return where the result of a work document is."""
    return f"{uri.removesuffix('.json')}.result.json"


def run(session: SparkSession, uri: str) -> Result:
    """Do what a work document asks for, and write the result beside it."""
    files = Files(session)
    work = json.loads(files.read(uri))
    try:
        result = {"status": "DONE", **STEPS[work["step"]](session, files, work)}
    except Refused as refused:
        files.delete(work["stage"])
        result = {"status": "REFUSED", **refused.args[0]}
    files.write(result_of(uri), json.dumps(result).encode())
    return result


def open_session(settings: Mapping[str, str] | None = None) -> SparkSession:
    """Return a session with the settings that the steps count on."""
    builder = SparkSession.builder.appName("tastemaker")
    for name, value in {**SETTINGS, **(settings or {})}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def main() -> None:
    """Run the step of the work document that the command line names."""
    session = open_session()
    try:
        run(session, sys.argv[1])
    finally:
        session.stop()


if __name__ == "__main__":
    main()
