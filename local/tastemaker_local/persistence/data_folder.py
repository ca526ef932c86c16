"""The folder of `--data`: one SQLite file for everything small, one file per S3 object, one service at a time.

A write is complete before the reply that tells of it: SQLite in WAL mode hands it to the operating system, which
keeps it when the process is killed. Not so when the power fails (`synchronous=NORMAL`): the last moments may be lost
then, yet what is found is whole, because objects are flushed to disk before a row names them. A flush per request
would cost more than all the rest of the request.
"""

import os
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from uuid import uuid4

from tastemaker_local.emulation.messages import CannotStart

_VERSION = 1
_DATABASE = "state.sqlite3"
# The demo marks a folder as its own before the service uses it.
DEMOS = "made-by-tastemaker-demo"
_WANTED = "--data wants a folder of its own, which may be new"
_NAMED = 3
# What may lie in a folder before a service uses it: its own first step, and what a new file system has.
_HARMLESS = frozenset({"objects", "lost+found"})
# Seconds for which an object that is gone stays on disk.
_GRACE = 60.0
_SCHEMA = """
CREATE TABLE regions (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE items (region TEXT, name TEXT, hash TEXT, range TEXT, body TEXT,
    PRIMARY KEY (region, name, hash, range)) WITHOUT ROWID;
CREATE TABLE objects (bucket TEXT, name TEXT, position INTEGER, file TEXT, body TEXT,
    PRIMARY KEY (bucket, name, position)) WITHOUT ROWID;
CREATE TABLE journal (id INTEGER PRIMARY KEY, moment REAL, region TEXT, seed TEXT, head TEXT, body BLOB);
CREATE TABLE executions (arn TEXT PRIMARY KEY, region TEXT, machine TEXT, name TEXT, input TEXT) WITHOUT ROWID;
"""

# A statement and the rows to run it with.
Change = tuple[str, Sequence[Sequence[Any]]]


class FolderInUse(CannotStart):
    """Another service works on the folder."""


class UnfitFolder(CannotStart):
    """The folder cannot be used, or is somebody else's."""


class DataFolder:
    """Opens the folder, or raises CannotStart; the lock goes away with the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        _make(folder, self._objects)
        self._lock = Lock()
        self._dropped: deque[tuple[float, str]] = deque()
        try:
            self._database = sqlite3.connect(
                folder / _DATABASE, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise UnfitFolder(f"cannot use {folder / _DATABASE}: {error}") from error
        try:
            self._prepare(folder)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock:
            self._database.close()

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def write(self, changes: Iterable[Change]) -> None:
        """Make all changes, or none."""
        with self._lock, self._transaction():
            for statement, rows in changes:
                self._database.executemany(statement, rows)

    def keep(self, content: bytes) -> str:
        """Store bytes in a file of their own and return its name; until a row names it, nobody will miss it."""
        name = uuid4().hex
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        with path.with_suffix(".part").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").rename(path)
        return name

    def path(self, name: str) -> Path:
        """Return where the bytes of an object are."""
        return self._objects / name[:2] / name

    def drop(self, names: Iterable[str]) -> None:
        """Remove files that no row names any more, after a while: a request that is under way may be reading one."""
        now = monotonic()
        self._dropped += [(now, name) for name in names]
        while self._dropped and self._dropped[0][0] < now - _GRACE:
            _, name = self._dropped.popleft()
            self.path(name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove every row, in one transaction, and then the files."""
        files = [name for (name,) in self.read("SELECT file FROM objects WHERE file IS NOT NULL")]
        tables = [name for (name,) in self.read("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self.write([(f"DELETE FROM {table}", [()]) for table in tables])  # noqa: S608 - names of our own tables
        for name in [*files, *(name for _, name in self._dropped)]:
            self.path(name).unlink(missing_ok=True)
        self._dropped.clear()

    def _prepare(self, folder: Path) -> None:
        try:
            # Exclusive from the first write to the end of the process, or of its life.
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("BEGIN IMMEDIATE").execute("COMMIT")
        except sqlite3.Error as error:
            if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise FolderInUse(f"another local service uses {folder}") from error
            raise UnfitFolder(f"cannot use {folder / _DATABASE}: {error}") from error
        self._create_tables(folder)
        self._drop_orphans()

    def _create_tables(self, folder: Path) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise FolderInUse(f"{folder} was written by a newer version of Tastemaker")
        if version == 0:
            if self._database.execute("SELECT name FROM sqlite_master").fetchone():
                raise UnfitFolder(f"{folder / _DATABASE} is not of Tastemaker; {_WANTED}")
            script = f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;"
            self._database.executescript(script)

    def _drop_orphans(self) -> None:
        files = {name for (name,) in self._database.execute("SELECT file FROM objects")}
        for path in self._objects.glob("*/*"):
            if path.name not in files:
                path.unlink()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _make(folder: Path, objects: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UnfitFolder(f"{folder} is a file; {_WANTED}")
    try:
        strangers = [] if any((folder / name).exists() for name in (_DATABASE, DEMOS)) else _strangers(folder)
        if not strangers:
            objects.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnfitFolder(f"cannot make or read the folder {folder}: {error.strerror}; {_WANTED}") from error
    if strangers:
        some = ", ".join(strangers[:_NAMED]) + (" ..." if len(strangers) > _NAMED else "")
        raise UnfitFolder(f"{folder} holds other files ({some}); {_WANTED}")


def _strangers(folder: Path) -> list[str]:
    """Return what is in a folder that a service has not begun to use; hidden files are nobody's data."""
    names = (path.name for path in folder.iterdir()) if folder.exists() else ()
    return sorted(name for name in names if name not in _HARMLESS and not name.startswith("."))
