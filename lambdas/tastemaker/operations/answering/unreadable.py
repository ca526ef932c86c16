"""Models of another version of Tastemaker, replaced and very large ones: what a caller is told who asks one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from tastemaker.errors import InvalidInput, OtherFormat
from tastemaker.serving.ports import ModelGone, TooLarge, UnreadableModel


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


def answered(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Ask once more where a model was replaced meanwhile; say what goes through more of a model than there is room for.

    Of a large model not everything is here when it begins to answer.
    """

    @wraps(operation)
    def asked(*given: Any, **arguments: Any) -> Any:  # noqa: ANN401  whatever the operation takes
        try:
            return _again(operation, *given, **arguments)
        except TooLarge as problem:
            raise InvalidInput(f"The model is too large for this: {problem}.") from problem

    return asked


def _again(operation: Callable[..., Any], *given: Any, **arguments: Any) -> Any:  # noqa: ANN401  as above
    try:
        return operation(*given, **arguments)
    except ModelGone:
        return operation(*given, **arguments)
