"""Texts as words, and words as their pieces of three letters: `candles` has most of the pieces of `candle`."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# Words of a cell beyond these are not read.
READ: Final = 200
PIECE: Final = 3
_WORD: Final = re.compile(r"\w+")
_BORDERS: Final = "<{}>"


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, without accents."""
    return _WORD.findall(_plain(text))[:READ]


def pieces_of(words: Iterable[str]) -> list[str]:
    """Return the pieces of some words, their borders among them; numbers have none."""
    return [piece for word in words if not word.isdigit() for piece in _pieces(_BORDERS.format(word))]


def _pieces(word: str) -> list[str]:
    return [word[begin : begin + PIECE] for begin in range(len(word) - PIECE + 1)]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
