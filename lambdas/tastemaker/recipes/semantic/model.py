"""A model of meanings: what is most alike, of all items that there are, with the popular and the new ones before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Arrays, Impersonal
from tastemaker.recipes.data import (
    Cause,
    CauseKind,
    Encoder,
    Floats,
    Indices,
    Mask,
    Newcomers,
    Query,
    Ranking,
    Value,
)
from tastemaker.recipes.histories.popularity import filled, with_last
from tastemaker.recipes.semantic.index import WORDS, WORDS_BESIDE_AN_ENCODER, Index, Probe, quantised
from tastemaker.recipes.semantic.meanings import Meanings
from tastemaker.recipes.semantic.standing import FRESHNESS, POPULARITY, Standing
from tastemaker.recipes.semantic.terms import Row, Terms, Vocabulary

# Items of which only the most alike is looked at to find out how alike the k-th must be at least.
_BLOCK: Final = 256
# What is as little alike as this is not alike at all.
_LEAST: Final = 1e-6
# Texts that an encoder is given at once.
_ENCODED: Final = 1 << 12
_TERMS: Final = ("letters", "bounds", "weights")
_KINDS: Final[Mapping[str, CauseKind]] = {POPULARITY: "Popularity", FRESHNESS: "Freshness"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts become rows of an index; `texts` is a digest of those that were read.

    `encoder` names what said what they mean, if that was not learned from themselves.
    """

    vocabulary: Vocabulary
    meanings: Meanings
    texts: str
    encoder: str = ""

    def index(self, rows: Sequence[Row], *, fitting: bool = False, encoder: Encoder | None = None) -> Index:
        """Return an index of items by the cells of their columns; equal items are read once.

        While `fitting`, when there are many, scipy is at hand, and perhaps the `encoder`.
        """
        places: dict[Row, int] = {}
        owners = np.array([places.setdefault(row, len(places)) for row in rows], np.int32)
        distinct = list(places)
        words, pieces = self.vocabulary.rows(distinct)
        if encoder and encoder.name == self.encoder:
            vectors, lengths = encoded(encoder, distinct)
        else:
            vectors, lengths = quantised(self.meanings.vectors(words, pieces, fitting=fitting))
        return Index.of(vectors[owners], lengths[owners], words.taken(owners), len(self.vocabulary.words))


class SemanticSimilarity(Impersonal):
    """`indices` are of the items trained with and of those that came since, one after the other.

    `order` (items,) is what fills a list: by popularity.
    """

    def __init__(self, reading: Reading, indices: tuple[Index, ...], standing: Standing, order: Indices) -> None:
        self.reading, self.indices, self.standing, self.order = reading, indices, standing, order
        self.starts = [0, *accumulate(map(len, indices))]

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, at the end, told by their texts."""
        index = self.reading.index(rows_of(self.reading.vocabulary.columns, newcomers.rows))
        order = with_last(self.order, len(newcomers))
        return type(self)(self.reading, (*self.indices, index), self.standing.grown(newcomers), order)

    @property
    def describes(self) -> bool:
        """Say yes: nothing else counts."""
        return True

    @property
    def settings(self) -> dict[str, Any]:
        """Return which columns were read, what each weighs, and a digest of what stood there."""
        vocabulary = self.reading.vocabulary
        names = {"columns": list(vocabulary.columns), "worth": list(vocabulary.worth), "texts": self.reading.texts}
        return {**names, "encoder": self.reading.encoder}

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the items most like the query's, and popular items where these are too few."""
        items = filled(self._nearest(query, k, allowed), self.order, k, allowed, query.item)
        return Ranking(items.astype(np.int32))

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, those like the query's first."""
        scores = self._scores_of(query, items)
        near = _best(items, scores, self.standing.popularity)[: int((scores >= _LEAST).sum())]
        place = np.empty(len(self.order), np.int32)
        place[self.order] = np.arange(len(self.order))
        rest = items[~np.isin(items, near)]
        return Ranking(np.concatenate([near, rest[np.argsort(place[rest])]]).astype(np.int32))

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return the query's item as the cause of those like it, beside what was to count too."""
        del allowed, listed
        boosts = self.standing.boosts(query.influence or {})
        shares = [(_KINDS[name], boost[items]) for name, boost in boosts.items()]
        whole = 1 + sum((share for _, share in shares), np.zeros(len(items), np.float32))
        alike = (self._scores_of(query, items) >= _LEAST).tolist()
        return [
            _causes(query.item, float(whole[at]), [(kind, float(share[at])) for kind, share in shares])
            if near
            else [Cause("Popularity", 1.0)]
            for at, near in enumerate(alike)
        ]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of a model that nothing was added to."""
        [index], reading = self.indices, self.reading
        terms = {"words": reading.vocabulary.words, "pieces": reading.vocabulary.pieces}
        return {
            **{f"index_{name}": array for name, array in index.to_arrays().items()},
            **{f"standing_{name}": array for name, array in self.standing.to_arrays().items()},
            **{f"{kind}_{name}": getattr(each, name) for kind, each in terms.items() for name in _TERMS},
            "meanings": np.concatenate([reading.meanings.words, reading.meanings.pieces]),
            "order": self.order,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the model again."""
        words, pieces = (Terms(*(arrays[f"{kind}_{name}"] for name in _TERMS)) for kind in ("words", "pieces"))
        vocabulary = Vocabulary(tuple(settings["columns"]), tuple(settings["worth"]), words, pieces)
        meanings = Meanings.of(arrays["meanings"], len(words))
        reading = Reading(vocabulary, meanings, settings["texts"], settings["encoder"])
        index, standing = Index.from_arrays(_named("index_", arrays)), Standing.from_arrays(_named("standing_", arrays))
        return cls(reading, (index,), standing, arrays["order"])

    def likeness_of(self, item: int, items: Indices) -> Floats:
        """Return how alike some items and one are (items,), from -1 to 1."""
        probe, likeness = self._probe(item), np.empty(len(items), np.float32)
        for start, index in zip(self.starts, self.indices, strict=False):
            mask = (items >= start) & (items < start + len(index))
            likeness[mask] = index.likeness_of(probe, items[mask] - start)
        return likeness

    def _nearest(self, query: Query, k: int, allowed: Mask | None) -> Indices:
        """Return up to k items that are like the query's at all, best first."""
        if query.item is None:
            return np.empty(0, np.int32)
        probe = self._probe(query.item)
        parts = [index.likeness(probe) for index in self.indices]
        scores = _boosted(parts[0] if len(parts) == 1 else np.concatenate(parts), self._boosts(query))
        scores[query.item] = 0
        if allowed is not None:
            scores *= allowed
        items = np.flatnonzero(scores >= max(_least(scores, k), _LEAST)).astype(np.int32)
        return _best(items, scores[items], self.standing.popularity)[:k]

    def _scores_of(self, query: Query, items: Indices) -> Floats:
        """Return the scores by which `_nearest` orders, of some items."""
        if query.item is None:
            return np.zeros(len(items), np.float32)
        boosts = [boost[items] for boost in self._boosts(query)]
        return np.where(items == query.item, 0, _boosted(self.likeness_of(query.item, items), boosts))

    def _boosts(self, query: Query) -> list[Floats]:
        return list(self.standing.boosts(query.influence or {}).values())

    def _probe(self, item: int) -> Probe:
        place = int(np.searchsorted(self.starts, item, "right")) - 1
        share = WORDS_BESIDE_AN_ENCODER if self.reading.encoder else WORDS
        return self.indices[place].probe(item - self.starts[place], share)


def encoded(encoder: Encoder, rows: Sequence[Row]) -> tuple[NDArray[np.int8], Floats]:
    """Return the vectors of some texts as an encoder gives them, in 8 bits, and their lengths."""
    parts = [quantised(vectors_of(encoder, rows[at : at + _ENCODED])) for at in range(0, len(rows), _ENCODED)]
    vectors, lengths = zip(*parts, strict=True)
    return np.concatenate(vectors), np.concatenate(lengths)


def vectors_of(encoder: Encoder, rows: Sequence[Row]) -> Floats:
    """Return what an encoder says of some texts, (rows, dimensions)."""
    return np.asarray(encoder.encode([". ".join(cell for cell in row if cell) for row in rows]), np.float32)


def rows_of(columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> list[Row]:
    """Return the cells of some columns of items, an empty one where there is none."""
    return [tuple(str(row.get(name, "")) for name in columns) for row in rows]


def _boosted(scores: Floats, boosts: Sequence[Floats]) -> Floats:
    """Multiply scores by 1 and all that counts beside them: what is not alike stays so, however popular it is."""
    if boosts:
        whole = boosts[0] + np.float32(1)
        for boost in boosts[1:]:
            whole += boost
        scores *= whole
    return scores


def _least(scores: Floats, k: int) -> float:
    """Return what the k-th best of all scores is at least: the k-th best of the best of blocks."""
    if len(scores) < k * _BLOCK:
        return float(np.partition(scores, -k)[-k]) if len(scores) > k else 0.0
    best = np.maximum.reduceat(scores, np.arange(0, len(scores), _BLOCK))
    return float(np.partition(best, -k)[-k])


def _best(items: Indices, scores: Floats, popularity: Floats) -> Indices:
    """Return items by falling score; of equal ones the most popular first."""
    return items[np.lexsort((items, -popularity[items], -scores))]


def _causes(item: int | None, whole: float, shares: Sequence[tuple[CauseKind, float]]) -> list[Cause]:
    causes = [Cause("Item", 1 / whole, item), *(Cause(kind, share / whole) for kind, share in shares if share)]
    return sorted(causes, key=lambda cause: -cause.share)


def _named(prefix: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
