"""What a training is going to take, for the screen that has its button: as `tastemaker quote` says.

It is worked out of what the page has asked the service for, so that it holds of a deployment as well, and nothing of
the service is read here.
"""

import json
from typing import Final

_LONGEST: Final = 4_000_000  # bytes: insights of five datasets with the widest columns


def told(body: bytes) -> bytes:
    """Return the quote of {datasets, solution, past} as JSON, or what is missing for one."""
    from tastemaker_local.costs import trainings  # noqa: PLC0415 - all recipes, which a start does without

    try:
        asked = json.loads(body[:_LONGEST])
        quote = trainings.quote_of(asked["datasets"], asked["solution"], asked["past"])
    except trainings.NoQuote as reason:
        return json.dumps({"message": str(reason)}).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        return json.dumps({"message": "datasets, solution and past are needed, as the console sends them"}).encode()
    return json.dumps({"quote": quote}).encode()
