"""The context of a question: columns of the Interactions schema, by name, as `DEVICE`, and values as in the data."""

from collections.abc import Mapping, Sequence

from tastemaker.domain.schemas.properties import plain


class UnknownContext(ValueError):
    """A context names what is no column; the message says which there are."""


def context_of(context: Mapping[str, str] | None, columns: Sequence[str] | None) -> dict[str, str]:
    """Return a context under the schema's names, in whatever spelling of events it came.

    A value that nobody had in training is no mistake. Where the columns are not known (None), nothing is checked.
    """
    by_name = {plain(column): column for column in columns or ()}
    if columns is not None and (unknown := next((name for name in context or {} if plain(name) not in by_name), None)):
        has = f"it has {', '.join(columns)}" if columns else "it has none"
        raise UnknownContext(f"context {unknown} is not a column of Interactions that a context may tell; {has}.")
    return {by_name[plain(name)]: value for name, value in (context or {}).items() if plain(name) in by_name}
