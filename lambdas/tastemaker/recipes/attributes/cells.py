"""Columns of items and users as arrays: one code a cell."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Times

Arrays = dict[str, NDArray[Any]]


_CELLS = ".cells"


@dataclass(frozen=True, slots=True)
class Cells:
    """A field as the text of its cells, for answers: row r is `letters[bounds[r] : bounds[r + 1]]`, in UTF-8."""

    letters: NDArray[np.uint8]
    bounds: Times

    @classmethod
    def of(cls, cells: Iterable[str]) -> Self:
        """Lay the cells of all rows one behind the other."""
        parts = [cell.encode() for cell in cells]
        bounds = np.array([0, *accumulate(map(len, parts))], np.int64)
        return cls(np.frombuffer(b"".join(parts), np.uint8), bounds)

    def text(self, row: int) -> str:
        """Return one row's cell."""
        return self.letters[self.bounds[row] : self.bounds[row + 1]].tobytes().decode()


def arrays_of_cells(dataset: str, field: str, cells: Cells) -> Arrays:
    """Return a field's text as arrays by their names in storage."""
    stem = f"{dataset}.{field.upper()}"
    return {f"{stem}{_CELLS}": cells.letters, f"{stem}.ends": cells.bounds}
