"""What is wrong with refused CSV files: each problem named exactly, and how many there are."""

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import chain, islice
from typing import Self

import duckdb
from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.columns import TOO_LONG, Column
from tastemaker.pipelines.datasets.csv_files import LINE_TOO_LONG, CsvFile

TOLD = 10  # problems that the failure reason tells
LISTED = 10_000  # problems that the rejects file lists
_LONG_RECORD = 2_000_000  # bytes, the reader's own limit
SHOWN_CHARACTERS = 60  # characters of a value in a message
BROKEN_CELLS = "the record must have as many cells as the header"
UNQUOTED = "an opening quote must have a closing one before the next comma or line end"
ENCODING = "the text must be UTF-8"
_STRUCTURE = {
    "MISSING COLUMNS": BROKEN_CELLS,
    "TOO MANY COLUMNS": BROKEN_CELLS,
    "UNQUOTED VALUE": UNQUOTED,
    "LINE SIZE OVER MAXIMUM": LINE_TOO_LONG,
    "INVALID ENCODING": ENCODING,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that one record breaks; a record that is no CSV has no column."""

    file: str
    line: int
    column: str
    value: str
    rule: str

    @property
    def shortened(self) -> Self:
        """The problem with no more of its value than a message shows."""
        return replace(self, value=self.value[:SHOWN_CHARACTERS])

    @property
    def without_value(self) -> Self:
        """The problem without what the cell holds, for where values must not stand."""
        return replace(self, value="")

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}{self.column and ', column '}{self.column}"
        if self.rule.startswith(TOO_LONG):
            found = f": {_shown(self.value)} ({len(self.value)} characters)" if self.value else ""
            return (
                f"{self.rule}. If no values exceed the character limit, make sure your data follows the formatting "
                f"guidelines. First in {where}{found}"
            )
        what = f"the value {self.rule}" if self.column else self.rule
        return f"{where}: {what}; found {_shown(self.value)}" if self.value else f"{where}: {what}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first problems in the order of the files, and the number of records that have one."""

    problems: tuple[Problem, ...]
    count: int
    note: str = ""

    @property
    def without_values(self) -> Self:
        """The refusal without what any cell holds."""
        return replace(self, problems=tuple(problem.without_value for problem in self.problems[:TOLD]))

    def __str__(self) -> str:
        first, *others = (str(problem) for problem in self.problems[:TOLD])
        also = f" Then {'; '.join(others)}." if others else ""
        return f"{first}.{also} Records with a problem: {self.count}."


def listed(problems: Sequence[Problem]) -> bytes:
    """Return the rejects file: a line per problem, values cut to what a message shows."""
    body = io.StringIO()
    writer = csv.writer(body, lineterminator="\n")
    writer.writerow(["file", "line", "column", "value", "rule"])
    writer.writerows(astuple(problem.shortened) for problem in problems)
    return body.getvalue().encode(errors="replace")


def refusal(
    session: DuckDBPyConnection,
    files: Sequence[CsvFile],
    columns: Sequence[Column],
    *,
    lenient: Collection[str] = (),
    note: str = "",
) -> Refusal | None:
    """Read the files once more, this time to find out why they were refused; None if they are fine.

    `lenient`: columns whose cells may break their rules; `note`: what is to be said besides.
    """
    problems: list[Problem] = []
    total = 0
    strict = [column for column in columns if column.field.name not in lenient]
    for file in files:
        if endless := _endless_record(session, file):
            return Refusal((endless,), 1)
        cells = file.cells([column.field.name for column in columns], "")
        unreadable, unreadable_count = _broken_records(session, file, [c.problem(cells[c.field.name]) for c in columns])
        wrong, wrong_count = _wrong_records(session, file, strict)
        problems += sorted([*unreadable, *wrong], key=lambda problem: problem.line)
        total += unreadable_count + wrong_count
    return Refusal(tuple(problems[:LISTED]), total, note) if problems else None


def wrong_cells(
    session: DuckDBPyConnection, files: Sequence[CsvFile], columns: Sequence[Column]
) -> tuple[Problem, ...]:
    """Return the first cells that break a rule of their column, as many as the rejects file lists."""
    return tuple(islice(chain.from_iterable(_wrong_records(session, file, columns)[0] for file in files), LISTED))


def _endless_record(session: DuckDBPyConnection, file: CsvFile) -> Problem | None:
    """Look for a record of many megabytes: the search for the other problems would take hours over it."""
    try:
        session.execute(f"SELECT count(*) FROM {file.scan()}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        message = str(error)[:1_000]
        large = file.path.stat().st_size > _LONG_RECORD
        if "Maximum line size" in str(error) or (large and "unterminated quote" in message):
            line = re.search(r"CSV Error on Line: (\d+)", message)
            rule = f"{LINE_TOO_LONG}, and {UNQUOTED}"
            return Problem(file.name, int(line[1]) if line else 1, "", "", rule)
    return None


def _broken_records(session: DuckDBPyConnection, file: CsvFile, rules: Sequence[str]) -> tuple[list[Problem], int]:
    """Look for records that are no CSV; the reader keeps them in a table of its own."""
    session.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    scan = file.scan(store_rejects="true", rejects_limit="0")
    session.execute(f"SELECT count(*) FROM {scan} WHERE coalesce({', '.join(rules)}) IS NOT NULL").fetchall()  # noqa: S608
    [(count,)] = session.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()
    query = f"""
        SELECT line, error_type, csv_line, error_message FROM reject_errors
        QUALIFY row_number() OVER (PARTITION BY line) = 1 ORDER BY line LIMIT {LISTED}
    """  # noqa: S608
    return [_broken(file, *row) for row in session.execute(query).fetchall()], count


def _broken(file: CsvFile, line: int, kind: str, text: str | None, message: str) -> Problem:
    record = text or ""
    rule = _STRUCTURE.get(kind, message.partition("\n")[0])
    # Of one column the reader has counted them, as records.
    before = _blank_lines(record) if len(file.header) > 1 else 0
    return Problem(file.name, line + before, "", record.strip(), rule)


def _blank_lines(text: str) -> int:
    """Count the empty lines before a broken record, which the reader takes for a part of it."""
    begin = text[: len(text) - len(text.lstrip("\r\n"))]
    return len(begin.splitlines())


def _wrong_records(session: DuckDBPyConnection, file: CsvFile, columns: Sequence[Column]) -> tuple[list[Problem], int]:
    """Look for records with a cell that breaks its column's rule."""
    by_name = file.cells([column.field.name for column in columns], "")
    cells = [by_name[column.field.name] for column in columns]
    rules = [column.problem(cell) for column, cell in zip(columns, cells, strict=True)]
    scan = file.scan(parallel="false", ignore_errors="true")
    records = f"(SELECT row_number() OVER () AS record, * FROM {scan})"  # noqa: S608
    wrong = f"FROM {records} WHERE coalesce({', '.join(rules)}) IS NOT NULL"
    [(count,)] = session.execute(f"SELECT count(*) {wrong}").fetchall()
    if not count:
        return [], 0
    query = f"SELECT record, [{', '.join(rules)}], [{', '.join(cells)}] {wrong} ORDER BY record LIMIT {LISTED}"
    rows = session.execute(query).fetchall()
    lines = file.lines_of([row[0] for row in rows])
    problems = [
        Problem(file.name, line, columns[place].field.name, value or "", rule)
        for line, (_, row_rules, values) in zip(lines, rows, strict=True)
        for place, (rule, value) in enumerate(zip(row_rules, values, strict=True))
        if rule
    ]
    return list(islice(problems, LISTED)), count


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}...")
