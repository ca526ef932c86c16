"""Titles for lists of items: what their categories and words have in common that the catalogue does not.

A feature f (a step of a category's path, a word) of n of m items is worth (n / m) log((n / m) / p_f) of the title, with
p_f its share of the catalogue: how much the list says about it, as in the divergence of Kullback and Leibler (1951).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, Self

WORDS: Final = 200  # of a text; more are not read
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_STEPS: Final = re.compile(r"\s*[>/|]\s*")
# A title speaks of what this share of the items has, and of two words at most.
_COMMON, _MOST_WORDS = 0.25, 2
# Words with the same beginning are taken for forms of one.
_STEM: Final = 4
_DIGITS: Final = 4
_STOP: Final = frozenset(
    _WORD.findall(
        """
        about above after again all also and any are because been before being between both but can could did does
        down each few for from further had has have her here hers him his how into its itself just more most new not
        now off one once only other our out over own same she should some such than that the their them then there
        these they this those through too two under until upon use very was were what when where which while who whom
        why will with within without would you your yours
        """
    )
)


class Described(NamedTuple):
    """What is known of an item: its title, its categories as the data spell them, and its text."""

    name: str
    categories: tuple[str, ...]
    text: str


class Theme(NamedTuple):
    """A title, and how well each item fits it, from 0 to 1."""

    title: str
    relevance: list[float]


class ThemeNamer(Protocol):
    """What finds a title for items: counting words does, and a language model could."""

    def name(self, items: Sequence[Described]) -> Theme:
        """Return the theme of at least one item."""


class _Feature(NamedTuple):
    is_category: bool
    text: str


@dataclass(frozen=True, slots=True)
class LogLift:
    """Names lists by what sets them apart from a catalogue of `size` items, of which so many have each feature."""

    counts: Counter[_Feature]
    size: int

    @classmethod
    def of(cls, catalogue: Iterable[Described]) -> Self:
        """Count the features of a catalogue, or of a sample of it."""
        counts, size = Counter[_Feature](), 0
        for item in catalogue:
            counts.update(_features(item))
            size += 1
        return cls(counts, size)

    def name(self, items: Sequence[Described]) -> Theme:
        """Return the most telling category and the most telling words; without any, whose kind the items are."""
        rows = [_features(item) for item in items]
        worth = self._worth(rows)
        ranked = sorted(worth, key=lambda feature: (-worth[feature], feature))
        category = next((each.text for each in ranked if each.is_category), "")
        words = _apart((each.text for each in ranked if not each.is_category), category)
        chosen = [_Feature(is_category=True, text=category)] if category else []
        chosen += [_Feature(is_category=False, text=word) for word in words]
        if not chosen:
            return Theme(f"More like {items[0].name}" if items[0].name else "More like this", [0.0] * len(items))
        whole = math.fsum(worth[feature] for feature in chosen)
        fits = [math.fsum(worth[feature] for feature in chosen if feature in row) / whole for row in rows]
        return Theme(_title(category, words), [round(each, _DIGITS) for each in fits])

    def _worth(self, rows: Sequence[set[_Feature]]) -> dict[_Feature, float]:
        """Return what each feature that enough of the items have says about them, if it says anything."""
        counts = Counter(feature for row in rows for feature in row)
        least = max(min(2, len(rows)), _COMMON * len(rows))
        shares = {feature: count / len(rows) for feature, count in counts.items() if count >= least}
        worth = {feature: share * math.log(share / self._share(feature)) for feature, share in shares.items()}
        return {feature: value for feature, value in worth.items() if value > 0}

    def _share(self, feature: _Feature) -> float:
        return (self.counts[feature] + 1) / (self.size + 1)


def _features(item: Described) -> set[_Feature]:
    steps = (step for value in item.categories for step in _STEPS.split(value.strip()))
    words = _WORD.findall(f"{item.name} {item.text}".lower())[:WORDS]
    categories = {_Feature(is_category=True, text=step) for step in steps if step}
    return categories | {_Feature(is_category=False, text=word) for word in words if word not in _STOP}


def _apart(words: Iterable[str], category: str) -> list[str]:
    """Return the first words that are not forms of one another or of the category's."""
    return list(_first(words, {word[:_STEM] for word in _WORD.findall(category.lower())}))


def _first(words: Iterable[str], stems: set[str]) -> Iterator[str]:
    most = len(stems) + _MOST_WORDS
    for word in words:
        if len(stems) == most:
            return
        if word[:_STEM] not in stems:
            stems.add(word[:_STEM])
            yield word


def _title(category: str, words: Sequence[str]) -> str:
    kind = category.title() if category.islower() else category
    rest = " and ".join(word.capitalize() for word in words)
    return ": ".join(part for part in (kind, rest) if part)
