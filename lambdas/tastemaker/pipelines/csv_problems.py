"""What is wrong with refused CSV files: the first problem, named exactly, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.csv_columns import TOO_LONG, Column
from tastemaker.pipelines.csv_files import CsvFile

_SHOWN = 60  # characters of a value in a message
_STRUCTURE = {
    "MISSING COLUMNS": "the record must have as many cells as the header",
    "TOO MANY COLUMNS": "the record must have as many cells as the header",
    "UNQUOTED VALUE": "an opening quote must have a closing one before the next comma or line end",
    "LINE SIZE OVER MAXIMUM": "a record must not be longer than 2 MB",
    "INVALID ENCODING": "the text must be UTF-8",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first problem in words, and the number of records that have one."""

    first: str
    count: int

    def __str__(self) -> str:
        return f"{self.first}. Records with a problem: {self.count}."


def refusal(session: DuckDBPyConnection, files: Sequence[CsvFile], columns: Sequence[Column]) -> Refusal | None:
    """Read the files once more, this time to find out why they were refused; None if they are fine."""
    firsts, total = [], 0
    for file in files:
        cells = file.cells([column.field.name for column in columns], "")
        problems = [column.problem(cells[column.field.name]) for column in columns]
        broken = _broken_records(session, file, problems)
        wrong = _wrong_records(session, file, problems, [cells[column.field.name] for column in columns], columns)
        total += sum(found.count for found in (broken, wrong) if found)
        firsts += [found.first for found in (broken, wrong) if found]
    return Refusal(firsts[0], total) if firsts else None


def _broken_records(session: DuckDBPyConnection, file: CsvFile, problems: Sequence[str]) -> Refusal | None:
    """Look for records that are no CSV; the reader keeps them in a table of its own."""
    session.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    scan = file.scan(store_rejects="true")
    session.execute(f"SELECT count(*) FROM {scan} WHERE coalesce({', '.join(problems)}) IS NOT NULL").fetchall()  # noqa: S608
    query = "SELECT line, error_type, csv_line, error_message FROM reject_errors ORDER BY line"
    rows = session.execute(query).fetchall()
    if not rows:
        return None
    line, kind, text, message = rows[0]
    rule = _STRUCTURE.get(kind, message.partition("\n")[0])
    return Refusal(
        f"{file.name}, line {line + _blank_lines(text)}: {rule}; found {_shown(text.strip())}",
        len({row[0] for row in rows}),
    )


def _blank_lines(text: str) -> int:
    """Count the empty lines before a broken record, which the reader takes for a part of it."""
    begin = text[: len(text) - len(text.lstrip("\r\n"))]
    return len(begin.splitlines())


def _wrong_records(
    session: DuckDBPyConnection,
    file: CsvFile,
    problems: Sequence[str],
    cells: Sequence[str],
    columns: Sequence[Column],
) -> Refusal | None:
    """Look for records with a cell that breaks its column's rule."""
    scan = file.scan(parallel="false", ignore_errors="true")
    records = f"(SELECT row_number() OVER () AS record, * FROM {scan})"  # noqa: S608
    wrong = f"FROM {records} WHERE coalesce({', '.join(problems)}) IS NOT NULL"
    [(count, first)] = session.execute(f"SELECT count(*), min(record) {wrong}").fetchall()
    if not count:
        return None
    query = f"SELECT [{', '.join(problems)}], [{', '.join(cells)}] {wrong} AND record = {first}"
    [(rules, values)] = session.execute(query).fetchall()
    place = next(place for place, rule in enumerate(rules) if rule)
    where = f"{file.name}, line {file.line_of(first)}, column {columns[place].field.name}"
    return Refusal(_sentence(where, rules[place], values[place]), count)


def _sentence(where: str, rule: str, value: str | None) -> str:
    if rule.startswith(TOO_LONG):
        return (
            f"{rule}. If no values exceed the character limit, make sure your data follows the formatting guidelines. "
            f"First in {where}: {_shown(value)} ({len(value or '')} characters)"
        )
    return f"{where}: the value {rule}; found {_shown(value)}" if value else f"{where}: the value {rule}"


def _shown(value: str | None) -> str:
    text = value or ""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
