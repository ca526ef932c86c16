"""Whether an answer is to say why: a header of the request, or a tag of its campaign or recommender."""

from typing import Final

from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record

REASONS_TAG: Final = "tastemaker:reasons"
_HEADER: Final = "reasons"


def wants_reasons(call: Call, serving: Record) -> bool:
    """Return what the header says; without one, what the tag of what is served says; a strict service knows neither."""
    if call.config.strict:
        return False
    wish = call.wishes.get(_HEADER, "").lower()
    if wish not in {"", "true", "false"}:
        raise InvalidInput(f"x-tastemaker-{_HEADER} must be true or false, not {wish[:20]}.")
    return wish == "true" if wish else serving["reasons"] == "true"
