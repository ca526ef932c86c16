"""A strict service refuses what AWS would refuse; the kinds are in `domain/supersets.py`."""

from tastemaker.domain.supersets import refusal
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call


def refuse_if_strict(call: Call, kind: str, **values: object) -> None:
    """Refuse a superset of AWS's service where the service is to be no superset."""
    if call.config.strict:
        raise InvalidInput(refusal(kind, **values))
