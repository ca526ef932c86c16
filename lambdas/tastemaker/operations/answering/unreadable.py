"""Models of another version of Tastemaker: what a caller is told who asks one."""

from collections.abc import Iterator
from contextlib import contextmanager

from tastemaker.errors import InvalidInput, OtherFormat
from tastemaker.serving.ports import UnreadableModel


@contextmanager
def readable(source_arn: str) -> Iterator[None]:
    """Say that a campaign or recommender cannot answer with the model it has, and what to do about it."""
    try:
        yield
    except UnreadableModel as problem:
        cure = "and let the campaign or recommender serve it (docs/upgrades.md)"
        message = f"{source_arn} cannot answer: {problem} {cure}."
        if isinstance(problem.stored, int):
            raise OtherFormat(message, problem.stored) from problem
        raise InvalidInput(message) from problem
