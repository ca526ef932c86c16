"""Large files of a model, of which only the blocks that are read are fetched, each verified before anybody sees it.

A file has the SHA-256 of its blocks beside it, whose own the manifest names. What was fetched lies in a sparse file.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from threading import RLock
from typing import Any, Final

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_magic
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from tastemaker.recipes.data import Times
from tastemaker.serving.ports import ModelGone, TooLarge
from tastemaker.store.ports import Objects

BLOCK: Final = 1 << 16
# Bytes from which on a file has sums of its blocks.
LEAST: Final = 1 << 25
_DIGEST: Final = 32
_AT_ONCE: Final = 32  # requests under way
_TOGETHER: Final = 16  # blocks side by side that one request asks for
_PROBED: Final = 16  # places that one step of a search looks at


def sums_of(path: Path) -> bytes:
    """Return the digests of a file's blocks, one after another."""
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(BLOCK), b"")
        return b"".join(hashlib.sha256(block).digest() for block in blocks)


class Pages:
    """What is here of the paged files of one model: `room` bytes at most, all of which are given up for others."""

    def __init__(self, objects: Objects, bucket: str, room: int) -> None:
        self._objects, self._bucket = objects, bucket
        self.room = room
        self.used = 0
        self.gone = False
        self.lock = RLock()
        self._files: list[PagedFile] = []

    def array(self, key: str, path: Path, size: int, sums: bytes) -> "Paged":
        """Return a stored array of which nothing is here yet; ValueError if it has not as many blocks as sums."""
        if -(-size // BLOCK) * _DIGEST != len(sums):
            raise ValueError(f"{path.name} has {len(sums) // _DIGEST} sums for {size:,} bytes")
        file = PagedFile(self, key, path, size, sums)
        self._files.append(file)
        return Paged(self, file)

    def fetch(self, key: str, begin: int, size: int) -> bytes:
        """Return some bytes of a stored file."""
        try:
            return self._objects.read_range(self._bucket, key, begin, size)
        except FileNotFoundError as problem:
            self.gone = True
            raise ModelGone(str(problem)) from None

    def give_up(self) -> None:
        """Forget what is here of all files."""
        self.used = 0
        for file in self._files:
            file.empty()


class PagedFile:
    """A stored file, the blocks of it that are here in a sparse one of the same size."""

    def __init__(self, pages: Pages, key: str, path: Path, size: int, sums: bytes) -> None:
        self._pages, self._key, self._path, self.size, self._sums = pages, key, path, size, sums
        self.empty()

    def empty(self) -> None:
        """Forget what is here; who still looks at it keeps it."""
        self._path.unlink(missing_ok=True)
        with self._path.open("wb") as file:
            os.truncate(file.fileno(), self.size)
        self.here = np.zeros(-(-self.size // BLOCK), bool)
        self.bytes: NDArray[np.uint8] = np.memmap(self._path, np.uint8, "r+")

    def need(self, begins: Times, ends: Times) -> None:
        """Fetch the blocks in which spans of bytes lie, as far as they are not here."""
        blocks = _blocks(begins, ends)
        missing = blocks[~self.here[blocks]]
        if self._pages.used + len(missing) * BLOCK > self._pages.room:
            self._pages.give_up()
            missing = blocks
        self._pages.used += len(missing) * BLOCK
        runs = list(_runs(missing))
        if len(runs) == 1:
            self._fetch(*runs[0])
        elif runs:
            with ThreadPoolExecutor(min(_AT_ONCE, len(runs))) as pool:
                for _ in pool.map(lambda run: self._fetch(*run), runs):
                    pass

    def _fetch(self, first: int, last: int) -> None:
        """Fetch blocks, without the last, and verify each of them."""
        begin = first * BLOCK
        body = self._pages.fetch(self._key, begin, min(self.size, last * BLOCK) - begin)
        for number in range(first, last):
            block = body[number * BLOCK - begin : (number + 1) * BLOCK - begin]
            if hashlib.sha256(block).digest() != self._sums[number * _DIGEST : (number + 1) * _DIGEST]:
                raise ValueError(f"{self._path.name} is not what its record promises from byte {number * BLOCK:,} on")
        self.bytes[begin : begin + len(body)] = np.frombuffer(body, np.uint8)
        self.here[first:last] = True


def _blocks(begins: Times, ends: Times) -> Times:
    """Return the blocks of spans of bytes, sorted, each once."""
    first, last = begins // BLOCK, np.maximum(begins, ends - 1) // BLOCK
    lengths = last - first + 1
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.unique(np.repeat(first, lengths) + offsets)


def _runs(blocks: Times) -> Iterator[tuple[int, int]]:
    """Yield (first, behind the last) of blocks side by side, a few at a time."""
    cuts = np.flatnonzero(np.diff(blocks) != 1) + 1
    for begin, end in pairwise([0, *cuts.tolist(), len(blocks)]):
        for part in range(begin, end, _TOGETHER):
            yield int(blocks[part]), int(blocks[min(end, part + _TOGETHER) - 1]) + 1


class Paged(NDArrayOperatorsMixin):
    """An array in a paged file: rows are fetched when they are read, and all of them where numpy wants an array."""

    def __init__(self, pages: Pages, file: PagedFile) -> None:
        self._pages, self._file = pages, file
        with pages.lock:
            file.need(np.array([0]), np.array([min(file.size, BLOCK)]))
            self.shape, self.dtype, self._begin = _header(file.bytes)
        self.ndim = len(self.shape)
        self._row = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401  as numpy has it
        if isinstance(index, tuple):
            return self.whole()[index]
        if isinstance(index, slice):
            begin, end, step = index.indices(len(self))
            if step == 1:
                return self.pieces(np.array([begin]), np.array([max(begin, end)]))
            index = np.arange(begin, end, step)
        rows = np.asarray(index)
        if rows.dtype.kind not in "iu":
            return self.whole()[index]
        if rows.size and (rows.min() < -len(self) or rows.max() >= len(self)):
            raise IndexError(f"index {index} is out of bounds for {len(self)} rows")
        with self._pages.lock:
            places = np.where(rows < 0, rows + len(self), rows).ravel().astype(np.int64)
            self._need(places, places + 1)
            return self._view()[index]

    def pieces(self, begins: Times, ends: Times) -> NDArray[Any]:
        """Return spans of rows, one after another."""
        with self._pages.lock:
            there = ends > begins
            self._need(begins[there], ends[there])
            view = self._view()
            rows = [slice(*span) for span in zip(begins.tolist(), ends.tolist(), strict=True)]
            return view[rows[0]] if len(rows) == 1 else np.concatenate([view[:0], *(view[row] for row in rows)])

    def searchsorted(self, key: Any, side: Any = "left", sorter: None = None) -> Any:  # noqa: ANN401  as numpy has it
        """Return where keys belong among sorted rows."""
        del sorter
        keys = np.asarray(key)
        if keys.ndim:
            return np.array([self._place(one, side) for one in keys], np.int64)
        return np.int64(self._place(keys, side))

    def _place(self, key: NDArray[Any], side: Any) -> int:  # noqa: ANN401  as numpy has it
        low, high, near = 0, len(self), BLOCK // max(1, self._row)
        while high - low > near:
            probes = np.unique(np.linspace(low, high - 1, _PROBED + 2).astype(np.int64)[1:-1])
            behind = int(self[probes].searchsorted(key, side))
            bounds = [low, *(probes + 1).tolist(), high]
            low, high = bounds[behind], (int(probes[behind]) if behind < len(probes) else high)
        return low + int(self[low:high].searchsorted(key, side))

    def whole(self) -> NDArray[Any]:
        """Return all rows; TooLarge where there is no room for them."""
        if self._file.size > self._pages.room:
            needed, there_is = (f"{each / 1e6:,.0f}" for each in (self._file.size, self._pages.room))
            raise TooLarge(f"{needed} MB of it would be gone through, and there is room for {there_is}")
        with self._pages.lock:
            self._need(np.array([0]), np.array([len(self)]))
            return self._view()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: ANN401, FBT001  as numpy
        array = self.whole()
        return array.astype(dtype) if copy or dtype not in {None, self.dtype} else array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:  # noqa: ANN401  as numpy
        arrays = [each.whole() if isinstance(each, Paged) else each for each in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  what else arrays have
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.whole(), name)

    def _need(self, begins: Times, ends: Times) -> None:
        self._file.need(self._begin + begins * self._row, self._begin + ends * self._row)

    def _view(self) -> NDArray[Any]:
        return np.asarray(self._file.bytes[self._begin :]).view(self.dtype).reshape(self.shape)


def _header(first: NDArray[np.uint8]) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Return shape, dtype and where the rows begin, of the first bytes of a file as numpy writes it."""
    head = BytesIO(first[:BLOCK].tobytes())
    if read_magic(head) != (1, 0):
        raise ValueError("an array was stored in another way than this one reads")
    shape, in_columns, dtype = read_array_header_1_0(head)
    if in_columns:
        raise ValueError("an array was stored by columns")
    return shape, dtype, head.tell()
