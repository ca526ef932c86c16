"""Folders of a process on a disk that outlives it: Lambda ends a process that takes too long, and keeps its /tmp."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path


@cache
def own_folder(purpose: str) -> Path:
    """Make this process's own folder for something, and remove those of processes that were killed.

    They would fill Lambda's disk. A folder is locked as long as its process lives, so whose lock is free is gone.
    """
    home = Path(tempfile.gettempdir()) / f"tastemaker-{purpose}-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    with _locked(home):
        for folder in home.iterdir():
            with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)
        own = Path(tempfile.mkdtemp(dir=home))
        # Held until this process ends, however it ends.
        fcntl.flock(os.open(own, os.O_RDONLY), fcntl.LOCK_EX)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


@contextmanager
def _locked(folder: Path, more: int = 0) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | more)
        yield
    finally:
        os.close(handle)
