"""How a model's files come from S3: whole and verified, or by blocks as they are read."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from tastemaker.store.ports import Objects

if TYPE_CHECKING:
    from tastemaker.serving.paging import Paged, Pages

SUMS: Final = ".sums"
_AT_ONCE: Final = 8  # files under way
_SMALL: Final = 1 << 23  # bytes: read with one request, where a download would ask for the size first
# Arrays of which an answer reads some rows; the others are read whole by many answers.
_BY_ROW: Final = (
    "item_ids",
    "user_ids",
    "history_",
    "taken_",
    "catalogue_",
    "model_neighbours",
    "model_transitions_",
    "model_contents_features",
    "model_contents_cells",
    "model_contents_columns",
    "model_contents_values",
)

Files = Mapping[str, Mapping[str, Any]]


def check_digest(name: str, digest: str, promise: str) -> None:
    """Raise ValueError, with the name, if what was stored is not what a record promises."""
    if digest != promise:
        raise ValueError(f"{name} has SHA-256 {digest}, its record says {promise}")


def sums_beside(files: Files) -> list[str]:
    """Return the names of the files with the sums of blocks, of what a manifest says of its arrays."""
    return [f"{name}{SUMS}" for name, file in files.items() if "sums" in file]


def by_row(files: Files) -> Iterable[str]:
    """Name the files of which an answer reads some rows and that have sums of their blocks."""
    return [name for name, file in files.items() if "sums" in file and name.startswith(_BY_ROW)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which files of a model, by name, come whole and which by blocks, of which `room` bytes are kept."""

    whole: Files
    paged: Files
    room: int

    @classmethod
    def of(cls, files: Files, most: int, room: int) -> Self:
        """Let all files come whole if that is not more than `most` bytes, or else those of which whole ones are read.

        ValueError if these are too many themselves.
        """
        late = by_row(files) if _bytes(files) > most else ()
        paged = {name: files[name] for name in late}
        whole = {name: file for name, file in files.items() if name not in paged}
        plan = cls(whole, paged, min(room, _bytes(paged)))
        if plan.fetched > most:
            raise ValueError(
                f"its files that are read whole have {plan.fetched / 1e6:,.0f} MB; a function that answers has room "
                f"for {most / 1e6:,.0f}"
            )
        return plan

    @property
    def fetched(self) -> int:
        """How many bytes are fetched before the first answer, but for the blocks that it reads."""
        return _bytes(self.whole) + _bytes({name: file["sums"] for name, file in self.paged.items()})

    @property
    def kept(self) -> int:
        """How many bytes lie on the disk at most."""
        return self.fetched + self.room


def _bytes(files: Files) -> int:
    return sum(file["bytes"] for file in files.values())


@dataclass(frozen=True, slots=True)
class Fetching:
    """The files of the model below a prefix, on their way into a folder."""

    objects: Objects
    bucket: str
    prefix: str
    folder: Path

    def whole(self, files: Files) -> None:
        """Fetch arrays and verify them."""
        named = [(f"{name}.npy", file) for name, file in files.items()]
        self._all([name for name, _ in named], [file for _, file in named])

    def paged(self, files: Files, room: int) -> "tuple[Pages | None, dict[str, Paged]]":
        """Return arrays of which nothing is here but the sums of their blocks, and where so many bytes of them go."""
        if not files:
            return None, {}
        from tastemaker.serving.paging import Pages  # noqa: PLC0415  other cold starts wait less

        pages = Pages(self.objects, self.bucket, room)
        self._all([f"{name}{SUMS}" for name in files], [file["sums"] for file in files.values()])
        return pages, {name: self._paged(name, file["bytes"], pages) for name, file in files.items()}

    def _paged(self, name: str, size: int, pages: "Pages") -> "Paged":
        sums = (self.folder / f"{name}{SUMS}").read_bytes()
        return pages.array(f"{self.prefix}{name}.npy", self.folder / f"{name}.npy", size, sums)

    def _all(self, names: Sequence[str], files: Sequence[Mapping[str, Any]]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(self._fetch, names, files):
                pass

    def _fetch(self, name: str, file: Mapping[str, Any]) -> None:
        path, key = self.folder / name, f"{self.prefix}{name}"
        if file["bytes"] < _SMALL:
            path.write_bytes(self.objects.read(self.bucket, key))
        else:
            self.objects.download(self.bucket, key, path)
        with path.open("rb") as stored:
            check_digest(name, hashlib.file_digest(stored, "sha256").hexdigest(), file["sha256"])
