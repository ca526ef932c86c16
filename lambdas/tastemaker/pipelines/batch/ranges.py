"""Lines of an object, read range by range: a block and a line are in memory, whatever the object's size."""

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

LONGEST_LINE = 1_000_000  # bytes: 500 ids to rank fit
_BLOCK = 1 << 19
_BOM = b"\xef\xbb\xbf"
# Gives up to so many bytes of an object from a place on.
Read = Callable[[int, int], bytes]


class _Object(io.RawIOBase):
    """An object as a file that is read from any place."""

    def __init__(self, read: Read, size: int, place: int) -> None:
        self._read, self._size, self._place = read, size, place

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # all that BufferedReader gives
        """Fill a buffer as far as there is something."""
        size = min(len(buffer), self._size - self._place)
        data = self._read(self._place, size) if size > 0 else b""
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def lines(read: Read, size: int, begin: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Walk through the lines that begin between two places of an object of `size` bytes, with where each one ends.

    Blank ones are left out; of one that is too long only the beginning is kept.
    """
    place = max(0, begin - 1)
    # The last line may go on behind the range, and no further than a block is read in vain.
    with io.BufferedReader(_Object(read, size, place), min(_BLOCK, end - place + 1024)) as file:
        if begin:  # what is left of a line belongs to whoever has its beginning
            place += _skip_line(file, end - place)
        elif file.peek(len(_BOM))[: len(_BOM)] == _BOM:
            place += len(file.read(len(_BOM)))
            end = max(end, place + 1)  # the mark is a part of the line behind it
        while place < end and (text := file.readline(LONGEST_LINE + 1)):
            place += len(text)
            if len(text) > LONGEST_LINE and not text.endswith(b"\n"):
                place += _skip_line(file, size)
            if text.strip():
                yield text, place


def _skip_line(file: BinaryIO, most: int) -> int:
    """Read to the end of a line, or `most` bytes and a little more, and return how many bytes these were."""
    skipped = 0
    while skipped < most and (text := file.readline(LONGEST_LINE)):
        skipped += len(text)
        if text.endswith(b"\n"):
            break
    return skipped
