"""What an import puts up with: a cell of metadata that cannot be read is missing, unless such cells are many.

Both limits are here: which share of a column's filled cells may be lost before its type in the schema must be wrong,
and how many of them a job's record shows. The real service imported a file with two years in one cell as ACTIVE.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.csv_files import CsvFile
from tastemaker.pipelines.datasets.csv_problems import Problem, Refusal, refusal, wrong_cells

ONE_IN = 20  # filled cells of a column: more unreadable ones than that fail the job
SHOWN = 10  # unreadable cells that the job's record shows; the rejects file lists more


@dataclass(frozen=True, slots=True)
class Losses:
    """How many cells of each column cannot be read, and the first of them in the order of the files."""

    counts: Mapping[str, int]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The filled cells of a column, and those of them that cannot be read."""

    name: str
    filled: int
    unreadable: int

    @property
    def is_hopeless(self) -> bool:
        """Whether so many cells cannot be read that the column's type must be wrong."""
        return self.unreadable * ONE_IN > self.filled

    def __str__(self) -> str:
        return f"{self.name} ({self.unreadable} of {self.filled})"


def judge(session: DuckDBPyConnection, files: Sequence[CsvFile], columns: Sequence[Column]) -> Refusal | Losses | None:
    """Say why files that the quick way refused are refused, or which cells of them are lost; None if they are fine."""
    lenient = {column.field.name for column in columns if column.is_lenient}
    if strict := refusal(session, files, columns, lenient=lenient):
        return strict
    tallies = [tally for tally in _tallies(session, files, columns) if tally.unreadable]
    if hopeless := [tally for tally in tallies if tally.is_hopeless]:
        lenient -= {tally.name for tally in hopeless}
        return refusal(session, files, columns, lenient=lenient, note=wrong_types(hopeless))
    if not tallies:
        return None
    counts = {tally.name: tally.unreadable for tally in tallies}
    return Losses(counts, wrong_cells(session, files, [c for c in columns if c.field.name in counts]))


def wrong_types(hopeless: Sequence[Tally]) -> str:
    """Say of which columns so many cells cannot be read that their type must be wrong."""
    return (
        f"More than one in {ONE_IN} of the filled cells cannot be read in {', '.join(map(str, hopeless))}: "
        "the type in the schema does not fit."
    )


def _tallies(session: DuckDBPyConnection, files: Sequence[CsvFile], columns: Sequence[Column]) -> list[Tally]:
    lenient = [column for column in columns if column.is_lenient]
    names = [column.field.name for column in lenient]
    counts = [0] * (2 * len(lenient))
    for file in files if lenient else ():
        cells = [file.cells(names, "")[name] for name in names]
        measures = [f"count({cell})" for cell in cells]
        measures += [f"count({column.problem(cell)})" for column, cell in zip(lenient, cells, strict=True)]
        row = session.execute(f"SELECT {', '.join(measures)} FROM {file.scan()}").fetchone()  # noqa: S608
        counts = [sum(pair) for pair in zip(counts, row or (), strict=True)]
    return [Tally(*row) for row in zip(names, counts[: len(names)], counts[len(names) :], strict=True)]
