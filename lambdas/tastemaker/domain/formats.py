"""The format in which models are stored, and how a release says which one it reads."""

from typing import Final

# Raise it with what is stored of any recipe: a model of another format is said to be that, and trained anew.
FORMAT: Final = 4


def reader_of(stored: int) -> str:
    """Return how a function that answers from models of a format describes itself (docs/upgrades.md)."""
    return f"Answers from models of format {stored}"
