"""What other exploration weights would have earned, for the screen of impact: as `tastemaker off-policy` says.

It is worked out of the logged answers that the page has asked the service for; nothing of the service is read here.
"""

import json
from dataclasses import asdict
from typing import Final

_LONGEST: Final = 16_000_000  # bytes: some 6,000 answers of 25 items


def told(body: bytes) -> bytes:
    """Return the judgement of {answers, weights, eventType} as JSON, or what is missing for one."""
    from tastemaker_local.estimates import weights  # noqa: PLC0415 - numpy, which a start does without

    if len(body) > _LONGEST:
        return _said("these are too many answers for a page: `tastemaker off-policy` takes all")
    try:
        asked = json.loads(body)
        chosen = [float(weight) for weight in asked.get("weights") or weights.WEIGHTS]
        if not all(0 <= weight <= 1 for weight in chosen):
            return _said("an exploration weight is a number from 0 to 1")
        judgement = weights.judge(asked["answers"], chosen, asked.get("eventType") or None)
    except weights.NothingExplored as reason:
        return _said(str(reason))
    except (ValueError, KeyError, TypeError, AttributeError):
        return _said("answers, weights and eventType are needed, as the console sends them")
    return json.dumps({"judgement": asdict(judgement)}).encode()


def _said(message: str) -> bytes:
    return json.dumps({"message": message}).encode()
