"""A small ridge regression for each target: the way to a million items.

For target j only the m sources S with the largest R_ij^2 / (A_ii + lam) take part, those that explain most of it alone:

    B_Sj = (A_SS + lam I)^-1 R_Sj

A is counted sparsely, below its diagonal only (items being numbered by falling strength), block of rows by block of
rows; the small systems are solved in batches. Items with few events have few sources: they could not carry more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.matrix import grams
from tastemaker.recipes.matrix.grams import Block, ranges
from tastemaker.recipes.matrix.neighbours import Rows
from tastemaker.recipes.matrix.sparse import Counting, Sparse

# Sources of a target: this many by event, within bounds.
BY_EVENT, LEAST, MOST = 2, 16, 64
# Cells of the small systems that are solved at once.
CELLS = 1 << 20


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources and R of consecutive targets, padded with -1 and 0 to one width: both (targets, m)."""

    places: Indices
    values: Floats

    @classmethod
    def join(cls, parts: list["Sources"]) -> "Sources":
        """Put targets after one another, at the width of the widest."""
        width = max(part.places.shape[1] for part in parts)
        wide = [(0, 0), (0, width)]
        places = [np.pad(part.places, wide, constant_values=-1)[:, :width] for part in parts]
        return cls(np.concatenate(places), np.concatenate([np.pad(part.values, wide)[:, :width] for part in parts]))


@dataclass(frozen=True, slots=True)
class Covariance:
    """A: dense among the head items, sparse below the diagonal for all the others; `diagonal` is (items,)."""

    head: Floats
    lower: Sparse
    diagonal: Floats

    def among(self, places: Indices, lam: float) -> Floats:
        """Return A_SS + lam I of many sets of sources (targets, m); a source that is none stands for itself alone."""
        size = places.shape[1]
        one, other = np.tril_indices(size, -1)
        high, low = np.maximum(places[:, one], places[:, other]), np.minimum(places[:, one], places[:, other])
        cells = np.zeros((len(places), size, size), np.float32)
        cells[:, one, other] = cells[:, other, one] = self._at(high, low)
        missing = places < 0
        ones = np.where(missing, np.float32(1), self.diagonal[places] + np.float32(lam))
        np.einsum("kii->ki", cells)[:] = ones
        return cells

    def _at(self, high: Indices, low: Indices) -> Floats:
        values = np.zeros(high.shape, np.float32)
        dense = (low >= 0) & (high < len(self.head))
        values[dense] = self.head[high[dense], low[dense]]
        sparse = (low >= 0) & ~dense
        values[sparse] = self.lower.at(high[sparse] - np.int32(len(self.head)), low[sparse])
        return values


def learn(counter: Counting, head: Floats, diagonal: Floats, events: Times, lam: float) -> Rows:
    """Return B of the targets below the head as rows by source, (items, items) in places.

    `counter` has a row for every such target (columns: the places of all items, rows following them), `events`
    (targets,) says how many each has.
    """
    most, floor = np.clip(BY_EVENT * events, LEAST, MOST), diagonal + np.float32(lam)

    def count(block: Block) -> tuple[Sparse, Sources]:
        rows = counter.sparse(block)
        own = np.arange(*block) + len(head)
        return _below(rows, own), _strongest(rows, own, most[slice(*block)], floor)

    lower, sources = zip(*workers.spread(count, counter.blocks(grams.ROWS)), strict=True)
    covariance = Covariance(head, Sparse.join(lower), diagonal)
    del lower
    return _by_source(covariance, _batches(sources), counter.n_columns, len(head), lam)


def _batches(sources: Iterable[Sources]) -> list[Sources]:
    """Put blocks of targets together up to CELLS."""
    batches: list[Sources] = []
    waiting: list[Sources] = []
    cells = 0
    for each in sources:
        waiting.append(each)
        cells += each.places.size * each.places.shape[1]
        if cells >= CELLS:
            batches.append(Sources.join(waiting))
            waiting, cells = [], 0
    return [*batches, Sources.join(waiting)] if waiting else batches


def _below(rows: Sparse, own: Times) -> Sparse:
    """Return the real parts left of the diagonal."""
    below = rows.columns < own[rows.owners()]
    starts = np.concatenate([[0], np.cumsum(below)])[rows.starts]
    return Sparse(starts, rows.columns[below], rows.values.real[below])


def _strongest(rows: Sparse, own: Times, most: Times, floor: Floats) -> Sources:
    """Choose the sources that explain most of each target by themselves; `floor` (items,) is A_ii + lam."""
    lengths, targets = np.diff(rows.starts), rows.owners()
    worth = rows.values.imag**2 / floor[rows.columns]
    worth[rows.columns == own[targets]] = 0
    # Positive floats order as their bits do: one sort of packed keys orders all rows at once, and is many times as fast
    # as a sort that carries indices.
    bits = (np.uint32(0x7FFFFFFF) - worth.astype(np.float32).view(np.uint32)).astype(np.uint64)
    keys = targets.astype(np.uint64) << np.uint64(52) | bits >> np.uint64(11) << np.uint64(32)
    keys |= np.arange(len(worth), dtype=np.uint64)
    keys.sort()
    sizes = np.minimum(most, lengths)
    first = ranges(rows.starts[:-1], sizes)
    entries = (keys[first] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    width = int(most.max())
    places, values = np.full((len(own), width), -1, np.int32), np.zeros((len(own), width), np.float32)
    there = np.arange(width) < sizes[:, None]
    places[there], values[there] = rows.columns[entries], rows.values.imag[entries]
    places[values == 0] = -1
    return Sources(places, values)


def _by_source(covariance: Covariance, sources: list[Sources], size: int, first: int, lam: float) -> Rows:
    """Solve all targets and list the solutions by source."""
    from scipy.sparse import coo_matrix  # noqa: PLC0415

    def solve(each: Sources) -> Floats:
        cells = covariance.among(each.places, lam)
        return np.asarray(np.linalg.solve(cells, each.values[:, :, None])[:, :, 0], np.float32)

    solutions = list(workers.spread(solve, sources))
    there = [each.places >= 0 for each in sources]
    starts = first + np.cumsum([0, *(len(each.places) for each in sources)])
    targets = [np.nonzero(mask)[0] + start for mask, start in zip(there, starts[:-1], strict=True)]
    rows = [each.places[mask] for each, mask in zip(sources, there, strict=True)]
    values = [each[mask] for each, mask in zip(solutions, there, strict=True)]
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(targets))
    matrix = coo_matrix(entries, (size, size)).tocsr()
    return Rows(np.diff(matrix.indptr).astype(np.int64), matrix.indices, matrix.data)
