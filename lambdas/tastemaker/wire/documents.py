"""Strict JSON: what comes out can be stored and sent on again, whatever went in."""

import json
from typing import NoReturn

_MAX_DEPTH = 20


def decode(text: str) -> object:
    """Parse JSON, or raise ValueError for anything that is not plain, finite and valid Unicode."""
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
        # A lone surrogate parses, but no store or reply could encode it later.
        (json.dumps(value, ensure_ascii=False) if "\\u" in text else text).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def canonical_object(value: object) -> str | None:
    """Return a JSON object, given as such or as text, as text; None if it is neither."""
    try:
        document = decode(value) if isinstance(value, str) else value
        if not isinstance(document, dict) or _deeper_than(document, _MAX_DEPTH):
            return None
        compact = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return None
    return value if isinstance(value, str) else compact


def _deeper_than(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(part, levels - 1) for part in inner)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
