"""Files that nobody should have sent, what each must come to, and a program that prints what it does come to.

Run: .venv/bin/python -m tests.unit.pipelines.imports.hostile_files
"""

import gzip
import platform
import sys
from datetime import UTC, datetime

from tastemaker.errors import JobFailed
from tests.unit.pipelines.fakes import INTERACTIONS, a_world

HEAD = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
ROW = "u1,i1,5,View,1.5\n"
GOOD = ("u1", "i1", 5, "View", 1.5)
SHORT = ("u1", "i1", 5, None, None)
NO_COLUMNS = "Input CSV is missing the following columns:[USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE, EVENT_VALUE]"
INTEGER, NUMBER = "column TIMESTAMP: the value must be an integer", "column EVENT_VALUE: the value must be a number"
QUOTE = "an opening quote must have a closing one before the next comma or line end"
CELLS = "the record must have as many cells as the header"
LONG = "a record must not be longer than 2 MB"

ACCEPTED = {
    "spaces around names": ("  USER_ID , ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n" + ROW, GOOD),
    "a foreign name in latin-1": (
        b"USER_ID,ITEM_ID,TIMESTAMP,caf\xe9,EVENT_TYPE,EVENT_VALUE\nu1,i1,5,x,View,1.5\n",
        GOOD,
    ),
    "carriage returns alone": ((HEAD + ROW).replace("\n", "\r"), GOOD),
    "mixed line ends": (HEAD + ROW.replace("\n", "\r\n") + ROW, GOOD),
    "a comma at the end": (HEAD + "u1,i1,5,View,1.5,\n", GOOD),
    "a time in scientific notation": (HEAD + "u1,i1,1e9,,\n", ("u1", "i1", 10**9, None, None)),
    "a time with spaces": (HEAD + "u1,i1, 5,,\n", SHORT),
    "a time with a sign": (HEAD + "u1,i1,+5,,\n", SHORT),
    "a time before 1970": (HEAD + "u1,i1,-5,,\n", ("u1", "i1", -5, None, None)),
    "milliseconds": (HEAD + "u1,i1,1700000000000,,\n", ("u1", "i1", 1_700_000_000_000, None, None)),
    "256 characters of four bytes": (HEAD + "\U0001f600" * 256 + ",i1,5,,\n", ("\U0001f600" * 256, *SHORT[1:])),
    "the word null": (HEAD + "null,i1,5,,\n", ("null", *SHORT[1:])),
    "SQL": (HEAD + "'; DROP TABLE x; --,i1,5,,\n", ("'; DROP TABLE x; --", *SHORT[1:])),
    "a formula": (HEAD + '"=cmd|"" /C calc""!A0",i1,5,,\n', ('=cmd|" /C calc"!A0', *SHORT[1:])),
    "quotes inside a cell": (HEAD + 'u"1"x,i1,5,,\n', ('u"1"x', *SHORT[1:])),
    "gzip in several members": (gzip.compress(HEAD.encode()) + gzip.compress(ROW.encode()), GOOD),
    "blank lines between records": (HEAD + "\n\n" + ROW + "\n\n", GOOD),
}
REFUSED = {
    "nothing": (b"", "is empty; its first line must name the columns"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty; its first line must name the columns"),
    "only blank lines": ("\n\n\n", "is empty; its first line must name the columns"),
    "only a header": (HEAD, "s3://bucket/data.csv holds no records."),
    "only a header, CRLF": (HEAD.replace("\n", "\r\n"), "s3://bucket/data.csv holds no records."),
    "NUL in an id": (HEAD + "u\0,i1,5,,\n", "line 2: the text must be UTF-8 without NUL characters."),
    "NULs": (b"\0" * 1_000, "line 1: the text must be UTF-8 without NUL characters."),
    "UTF-16": ((HEAD + ROW).encode("utf-16"), "line 1: the text must be UTF-8 without NUL characters."),
    "latin-1 in an id": (HEAD.encode() + b"caf\xe9,i1,5,,\n", "line 2: the text must be UTF-8"),
    "half a surrogate pair": (HEAD.encode() + b"\xed\xa0\x80,i1,5,,\n", "line 2: the text must be UTF-8"),
    "tabs": ((HEAD + ROW).replace(",", "\t"), NO_COLUMNS),
    "semicolons": ((HEAD + ROW).replace(",", ";"), NO_COLUMNS),
    "JSON": ('{"USER_ID": "u1"}\n', NO_COLUMNS),
    "HTML": ("<html><body>403 Forbidden</body></html>", NO_COLUMNS),
    "gzip in gzip": (gzip.compress(gzip.compress((HEAD + ROW).encode())), ""),
    "a cut gzip file": (gzip.compress((HEAD + ROW).encode())[:20], "is not a whole gzip file"),
    "a broken gzip file": (b"\x1f\x8b" + bytes(range(100)), "is not a whole gzip file"),
    "gzip with a tail": (gzip.compress((HEAD + ROW).encode()) + b"junk", "is not a whole gzip file"),
    "a column named twice": (HEAD.strip() + ",user_id\n" + ROW.strip() + ",v\n", "line 1: the column USER_ID is there"),
    "a column missing": (HEAD.replace("ITEM_ID", "ITEM") + ROW, "missing the following columns:[ITEM_ID]"),
    "100,000 columns": (HEAD.strip() + ",x" * 100_000 + "\n" + ROW, "line 1: there are 100005 columns; at most 10000"),
    "not a number": (HEAD + "u1,i1,5,,NaN\n", f"{NUMBER}; found 'NaN'"),
    "minus infinity": (HEAD + "u1,i1,5,,-Infinity\n", f"{NUMBER}; found '-Infinity'"),
    "a number out of range": (HEAD + "u1,i1,5,,1e400\n", f"{NUMBER}; found '1e400'"),
    "a hexadecimal number": (HEAD + "u1,i1,5,,0x10\n", f"{NUMBER}; found '0x10'"),
    "a decimal comma": (HEAD + 'u1,i1,5,,"1,5"\n', f"{NUMBER}; found '1,5'"),
    "a digit separator": (HEAD + "u1,i1,1_000,,\n", f"{INTEGER}; found '1_000'"),
    "a fraction of a second": (HEAD + "u1,i1,5.5,,\n", f"{INTEGER}; found '5.5'"),
    "a time out of range": (HEAD + f"u1,i1,{10**20},,\n", f"{INTEGER}; found '{10**20}'"),
    "a date": (HEAD + "u1,i1,2024-01-01,,\n", f"{INTEGER}; found '2024-01-01'"),
    "digits of another script": (HEAD + "u1,i1,\u0665,,\n", f"{INTEGER}; found '\u0665'"),
    "a long id": (HEAD + "u" * 257 + ",i1,5,,\n", "Length cannot be more than 256 characters for USER_ID"),
    "a quote left open": (HEAD + '"u1,i1,5,,\n', f"line 2: {QUOTE}"),
    "text after a quoted cell": (HEAD + '"u1"x,i1,5,,\n', f"line 2: {QUOTE}"),
    "too few cells": (HEAD + "u1,i1\n", f"line 2: {CELLS}; found 'u1,i1'"),
    "too many cells": (HEAD + "u1,i1,5,,,x\n", f"line 2: {CELLS}; found 'u1,i1,5,,,x'"),
    "a record of 3 MB": (HEAD + ROW + "u1,i1,5," + "x" * 3_000_000 + ",\n", f"line 3: {LONG}"),
    "a record of 100 MB": (HEAD + ROW + "u1,i1,5," + "x" * 100_000_000 + ",\n", f"line 3: {LONG}"),
    "a cell of 100 MB in quotes": (HEAD + ROW + 'u1,i1,5,"' + "x\n" * 50_000_000 + '",\n', f"line 3: {LONG}"),
}
KEYS = ["../secret.csv", "a/../../b.csv", "%2e%2e/b.csv"]


def a_bomb():
    """A gzip file of 50 kB that unpacks to 50 MB."""
    return gzip.compress(bytes(50_000_000))


def fate(body):
    world = a_world()
    dataset = world.dataset("INTERACTIONS", INTERACTIONS)
    world.put("data.csv", body)
    return world, dataset


def outcome(body, location="s3://bucket/data.csv"):
    """Return how the import of a file ends, and what is said of it."""
    world, dataset = fate(body)
    try:
        world.run(dataset, location)
    except JobFailed as failure:
        return "CREATE FAILED", str(failure)
    manifest = world.manifest(dataset)
    return "ACTIVE", f"{manifest['rows']} rows. {' '.join(manifest['warnings'])}"


def main():
    """Print a line of each file's outcome and a line of its message."""
    files = {name: (body, "s3://bucket/data.csv") for name, (body, _) in {**ACCEPTED, **REFUSED}.items()}
    files |= {f"the key {key}": (HEAD + ROW, f"s3://bucket/{key}") for key in KEYS}
    files["a gzip bomb of NULs, 50 MB"] = (a_bomb(), "s3://bucket/data.csv")
    sys.stdout.write("$ python -m tests.unit.pipelines.imports.hostile_files\n")
    about = f"{platform.machine()}, {datetime.now(UTC).date()}, {len(files)} files"
    sys.stdout.write(f"{about}, each sent as the only object of an import of interactions\n\n")
    for name, (body, location) in files.items():
        status, told = outcome(body, location)
        sys.stdout.write(f"{status:13} {name}\n              {told.strip()}\n")


if __name__ == "__main__":
    main()
