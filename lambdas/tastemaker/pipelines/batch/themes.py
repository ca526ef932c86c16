"""Themes of a batch job: a title for what a line is answered with, from columns of Items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tastemaker.domain.answers.themes import Described, LogLift, ThemeNamer
from tastemaker.errors import JobFailed
from tastemaker.pipelines.batch.answers import Output
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Record

MOST_LINES = 100  # guide: "Batch recommendations with themes from Content Generator"
# Items that say what is usual in a catalogue; more say the same.
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Themes:
    """Adds a theme to each output; `columns` are {name, text, categories} of Items, in capitals."""

    model: Served
    columns: Record
    namer: ThemeNamer

    @classmethod
    def of(cls, model: Served, columns: Record) -> Self:
        """Compare with the catalogue of a model, which must have been trained with these columns."""
        for name in (columns["name"], columns["text"]):
            if name not in model.columns:
                raise JobFailed(f"The trained model has no column ITEMS.{name}: import it and train a new version.")
        return cls(model, columns, LogLift.of(_described(model, model.some_items(_SAMPLE), columns)))

    def __call__(self, output: Output, item_ids: Sequence[str]) -> Output:
        """Return the output with a theme and how well each item fits it; of no items there is none."""
        if not item_ids:
            return output | {"theme": None, "itemsThemeRelevanceScores": []}
        theme = self.namer.name(_described(self.model, item_ids, self.columns))
        return output | {"theme": theme.title, "itemsThemeRelevanceScores": theme.relevance}


def _described(model: Served, item_ids: Sequence[str], columns: Record) -> list[Described]:
    name, text, categories = columns["name"], columns["text"], columns["categories"]
    rows = model.cells(item_ids, [name, text, *(each for each in categories if each in model.columns)])
    return [
        Described(row.get(name, ""), tuple(row[each] for each in categories if each in row), row.get(text, ""))
        for row in rows
    ]
