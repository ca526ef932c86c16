"""Semantic-Similarity: items whose names, texts and categories are alike, whoever has met them.

How alike two items are is the cosine of what their texts say (TF-IDF of words) mixed with that of what they mean (a
truncated SVD of words and pieces of words): `index`, `meanings`. What is popular or new counts beside it as far
as a campaign asks for it: the likeness is multiplied by 1 + p POPULARITY + f FRESHNESS (guide: "Semantic-Similarity
recipe", `rankingInfluence`). A training that goes on from another one keeps its words and what they mean, and reads
the items anew.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final, NamedTuple

from tastemaker.recipes.contract import Progress, recipe
from tastemaker.recipes.data import Encoder, TrainingData
from tastemaker.recipes.metadata import Metadata
from tastemaker.recipes.semantic.costs import READING
from tastemaker.recipes.semantic.evaluation import measure
from tastemaker.recipes.semantic.meanings import Meanings
from tastemaker.recipes.semantic.model import Reading, SemanticSimilarity, vectors_of
from tastemaker.recipes.semantic.standing import Standing
from tastemaker.recipes.semantic.terms import Row, Vocabulary

# Of different texts so many teach what words mean.
TAUGHT: Final = 100_000
# And so many what an encoder would say of words, where there is one.
ENCODED: Final = 20_000
# What a column counts: a category says as much as it is read for half.
PROSE, CATEGORY = 1.0, 0.5


@recipe(
    Metadata(
        "aws-semantic-similarity",
        "RELATED_ITEMS",
        "Items whose texts mean something alike.",
        created="2025-11-30",
        feature_transformation="semantic-similarity",
        features=("performIncrementalUpdate", "rankingInfluence"),
        requires=("ITEMS",),
        reads_texts=True,
        needs_user=False,
        needs_item=True,
    ),
    SemanticSimilarity,
    costs=READING,
    measure=measure,
)
def semantic_similarity(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> SemanticSimilarity:
    """Learn what words mean, and read all items."""
    del parameters
    before = data.like if isinstance(data.like, SemanticSimilarity) else None
    progress(0.0, "reading the items")
    columns = _columns(data)
    names = list(before.reading.vocabulary.columns) if before else sorted(columns)
    rows = _rows(names, columns, len(data.item_ids))
    texts, standing = _digest(rows), Standing.of(data)
    if before and before.reading.texts == texts:
        return SemanticSimilarity(before.reading, before.indices, standing, standing.order())
    if before:
        reading = replace(before.reading, texts=texts)
    else:
        reading = _learned(names, [columns[name].worth for name in names], rows, texts, seed)
        reading = _encoding(reading, rows, data.encoder) if data.encoder else reading
    progress(0.5, "comparing the items")
    index = reading.index(rows, fitting=True, encoder=data.encoder)
    return SemanticSimilarity(reading, (index,), standing, standing.order())


class _Column(NamedTuple):
    """The cells of all items, and what they count."""

    cells: Sequence[str]
    worth: float


def _columns(data: TrainingData) -> dict[str, _Column]:
    """Return all that can be read of items, by its name in capitals."""
    categories = {name: cells for name, cells in data.item_columns.items() if cells.dtype.kind == "U"}
    prose = {**data.item_words, **data.item_texts}
    return {name.upper(): _Column(cells.tolist(), CATEGORY) for name, cells in categories.items()} | {
        name.upper(): _Column(list(cells), PROSE) for name, cells in prose.items()
    }


def _rows(names: Sequence[str], columns: Mapping[str, _Column], size: int) -> list[Row]:
    """Return the cells of each item; a column that is gone by now is empty."""
    nothing = _Column([""] * size, PROSE)
    cells = [columns.get(name, nothing).cells for name in names]
    return list(zip(*cells, strict=True)) if cells else [()] * size


def _learned(names: Sequence[str], worth: Sequence[float], rows: Sequence[Row], texts: str, seed: int) -> Reading:
    """Learn the terms and what they mean from different texts, evenly drawn where there are many."""
    counts = Counter(rows)
    taught = list(counts)[:: max(1, -(-len(counts) // TAUGHT))]
    vocabulary = Vocabulary.learn(names, worth, {row: counts[row] for row in taught})
    words, pieces = vocabulary.rows(taught)
    widths = len(vocabulary.words), len(vocabulary.pieces)
    return Reading(vocabulary, Meanings.learn(words, pieces, widths, seed=seed), texts)


def _encoding(reading: Reading, rows: Sequence[Row], encoder: Encoder) -> Reading:
    """Return a reading whose terms stand for what an encoder says: items of later come where none is."""
    taught = list(dict.fromkeys(rows))[:ENCODED]
    meanings = reading.meanings.toward(*reading.vocabulary.rows(taught), vectors_of(encoder, taught))
    return replace(reading, meanings=meanings, encoder=encoder.name)


def _digest(rows: Sequence[Row]) -> str:
    """Return what tells texts apart from others."""
    digest = blake2b(digest_size=16)
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()
