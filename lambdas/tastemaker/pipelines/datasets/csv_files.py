"""CSV files as clients write them (gzip, byte order marks, two kinds of escapes), made fit for a strict reader."""

import csv
import gzip
import mmap
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tastemaker.domain.supersets import GZIP, refusal
from tastemaker.errors import JobFailed

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 22
_MOST_BYTES = 100 << 30  # AWS's quota for a bulk import
_MOST_COLUMNS = 10_000
NO_NUL = "the text must be UTF-8 without NUL characters"
LINE_TOO_LONG = "a record must not be longer than 2 MB"
# A line end, or a quoted cell where a cell may begin; inside, "" escapes a quote, and in the first a backslash too.
_WITH_BACKSLASH = re.compile(rb'\r\n?|(?<![^,\r\n])"(?P<cell>(?:[^"\\]++|\\.|"")*+)"', re.DOTALL)
_WITHOUT_BACKSLASH = re.compile(rb'\r\n?|(?<![^,\r\n])"(?P<cell>(?:[^"]++|"")*+)"')
_ESCAPED = re.compile(rb'\\(["\\])')
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_SHOWN = 200  # characters of a first line in a message
_AFTER_CELL = (b",", b"\r", b"\n", b"")


@dataclass(frozen=True, slots=True)
class Source:
    """One object of CSV, as it was when a job looked."""

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that has been downloaded and prepared; `name` is what the caller calls it."""

    name: str
    path: Path
    header: tuple[str, ...]
    line_end: str | None = None  # None: all lines end in the same way, which the reader finds out
    header_lines: int = 1  # blank ones before it among them

    def cells(self, names: Sequence[str], dataset: str) -> dict[str, str]:
        """Return which of the scan's columns (c0, c1, ...) holds each of `names`, whatever their case."""
        titles = [title.strip().upper() for title in self.header]
        missing = [name for name in names if name.upper() not in titles]
        if missing:
            # The first sentence is Amazon's, word for word: clients match it.
            raise JobFailed(
                f"Failed to create a data import job {dataset} dataset...Input CSV is missing the following columns:"
                f"[{', '.join(missing)}]. File: {self.name}. {self._first_line}."
            )
        twice = [name for name in names if titles.count(name.upper()) > 1]
        if twice:
            raise JobFailed(f"{self.name}, line 1: the column {twice[0]} is there twice.")
        return {name: f"c{titles.index(name.upper())}" for name in names}

    @property
    def _first_line(self) -> str:
        """The first line, and what it shows of why a column is not there."""
        line = ",".join(self.header)
        separator = next((name for mark, name in _SEPARATORS.items() if mark in line and len(self.header) == 1), None)
        if separator:
            return f"Its columns are separated by {separator}, and must be by commas: the first line is {_cut(line)}"
        return f"The first line is {_cut(line)}"

    @property
    def layout(self) -> tuple[object, ...]:
        """What files have alike that one scan can read."""
        return tuple(title.strip().upper() for title in self.header), self.header_lines, self.line_end

    def scan(self, *others: "CsvFile", **options: str) -> str:
        """Return what reads the file in DuckDB, every cell as text, empty ones as null; blank lines are no records.

        With it others of the same layout: scans that are put together each hold rows of their own while they are
        sorted, which is more memory than one has for many.
        """
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(self.header)))
        arguments = {
            "columns": f"{{{columns}}}",
            "header": "false",
            "skip": str(self.header_lines),
            "auto_detect": "false",
            "delim": "','",
            "quote": "'\"'",
            "escape": "'\"'",
            "nullstr": "''",
            **({"new_line": f"'{self.line_end}'"} if self.line_end else {}),
            **options,
        }
        paths = ", ".join("'" + str(file.path).replace("'", "''") + "'" for file in (self, *others))
        records = f"read_csv([{paths}], {', '.join(f'{name}={value}' for name, value in arguments.items())})"
        # Of several columns the reader itself skips them; the only one of a record might be empty.
        return records if len(self.header) > 1 else f"(SELECT * FROM {records} WHERE regexp_matches(c0, '\\S'))"  # noqa: S608

    def lines_of(self, records: Sequence[int]) -> list[int]:
        """Return the lines on which records begin, in ascending order; the first one after the header is record 1."""
        rest, numbers = deque(records), []
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            for record, line in enumerate(_begins(lines)):
                if not rest:
                    break
                if record == rest[0]:
                    numbers.append(line)
                    rest.popleft()
        return numbers + [numbers[-1] if numbers else 1] * len(rest)


def _cut(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}...")


def _begins(lines: Iterable[str]) -> Iterator[int]:
    """Walk through the lines on which records begin, the header first; blank lines are skipped as by the reader."""
    reader = csv.reader(line.replace("\0", "") for line in lines)
    begins = 1
    for row in _until_error(reader):
        if not _is_blank(row):
            yield begins
        begins = reader.line_num + 1


def _is_blank(row: Sequence[str]) -> bool:
    return len(row) < 2 and not "".join(row).strip(" \t\n\f\r")  # noqa: PLR2004 - one cell, or none


def prepare(path: Path, name: str, *, most_bytes: int = _MOST_BYTES, strict: bool = False) -> CsvFile:
    """Unpack a downloaded file, which strictly may not be packed, settle its dialect and read its header."""
    if is_packed(path):
        if strict:
            raise JobFailed(refusal(GZIP, name=name))
        path = _unpacked(path, name, most_bytes)
    line_end = None
    if _has_odd_dialect(path, name):
        # Told to the reader: a carriage return inside a cell makes it guess wrongly.
        path, line_end = _normalised(path), "\\n"
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = csv.reader(lines)
        header = next((row for row in _until_error(reader) if not _is_blank(row)), [])
        header_lines = reader.line_num
    require_header(name, header)
    return CsvFile(name, path, tuple(header), line_end, header_lines)


def require_header(name: str, header: Sequence[str]) -> None:
    """Refuse a file without a line that names its columns, or with more of them than are read."""
    if not header:
        raise JobFailed(f"{name} is empty; its first line must name the columns.")
    if len(header) > _MOST_COLUMNS:
        raise JobFailed(f"{name}, line 1: there are {len(header)} columns; at most {_MOST_COLUMNS} are read.")


def _until_error(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def is_packed(path: Path) -> bool:
    """Whether a file is a gzip file, whatever it is called."""
    return _starts_with(path, _GZIP)


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _unpacked(path: Path, name: str, most_bytes: int) -> Path:
    plain = path.with_suffix(".plain")
    size = 0
    try:
        with gzip.open(path) as archive, plain.open("wb") as file:
            while size <= most_bytes and (chunk := archive.read(_CHUNK)):
                size += file.write(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise JobFailed(f"{name} is not a whole gzip file: {error}.") from None
    path.unlink()
    if size > most_bytes:
        raise JobFailed(f"{name} unpacks to more than {most_bytes} bytes.")
    return plain


def _has_odd_dialect(path: Path, name: str) -> bool:
    """Whether backslashes escape something, or line ends are mixed; what no reader should see is refused."""
    odd = returns = False
    tail, line = b"", 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            _refuse_hostile(chunk, name, line)
            if b"\\" in chunk or b"\\" in tail:
                both = tail + chunk
                odd = odd or b'\\"' in both or b"\\\\" in both
            returns = returns or b"\r" in chunk
            tail = chunk[-1:]
            line += chunk.count(b"\n")
    return odd or (returns and _has_mixed_line_ends(path))


def _refuse_hostile(chunk: bytes, name: str, line: int) -> None:
    # A string array drops NUL at the end of an id, and one line of many megabytes is skipped by the reader unsaid.
    if b"\0" in chunk:
        line += chunk[: chunk.index(b"\0")].count(b"\n")
        raise JobFailed(f"{name}, line {line}: {NO_NUL}.")
    if len(chunk) == _CHUNK and b"\n" not in chunk and b"\r" not in chunk:
        raise JobFailed(f"{name}, line {line}: {LINE_TOO_LONG}.")


def _has_mixed_line_ends(path: Path) -> bool:
    feeds = returns = pairs = 0
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            pairs += (tail + chunk).count(b"\r\n")
            tail = chunk[-1:]
    return feeds > 0 and not feeds == returns == pairs


def _normalised(path: Path) -> Path:
    """Write the file anew with "" as the only escape and line feeds between records."""
    clean = path.with_suffix(".clean")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        # Some writers double quotes and mean their backslashes. Read as escapes, those would end a cell in its middle.
        pattern = _WITH_BACKSLASH if _fits(text, _WITH_BACKSLASH) else _WITHOUT_BACKSLASH
        with clean.open("wb") as out:
            position = 0
            for match in pattern.finditer(text):
                _copy(text, out, position, match.start())
                out.write(_plain(match, unescape=pattern is _WITH_BACKSLASH))
                position = match.end()
            _copy(text, out, position, len(text))
    path.unlink()
    return clean


def _fits(text: mmap.mmap, pattern: re.Pattern[bytes]) -> bool:
    return all(
        match["cell"] is None or text[match.end() : match.end() + 1] in _AFTER_CELL for match in pattern.finditer(text)
    )


def _plain(match: re.Match[bytes], *, unescape: bool) -> bytes:
    cell: bytes | None = match["cell"]
    if cell is None:
        return b"\n"
    if unescape and b"\\" in cell:
        cell = _ESCAPED.sub(lambda pair: b'""' if pair[1] == b'"' else b"\\", cell)
    return b'"' + cell + b'"'


def _copy(text: mmap.mmap, out: BinaryIO, start: int, end: int) -> None:
    out.writelines(text[place : min(place + _CHUNK, end)] for place in range(start, end, _CHUNK))
