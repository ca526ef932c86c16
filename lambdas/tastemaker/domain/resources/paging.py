"""Page tokens: opaque, bound to the query they came from, refused when changed."""

import base64
import hashlib

_SEAL = 32  # characters


class BadToken(ValueError):
    """The token is not one that this query gave out."""


def make_token(query: str, after: str) -> str:
    """Return a token that goes on behind `after` in the results of `query`."""
    # No secret is kept behind a position in a list that its owner may read: the seal finds mix-ups and edits.
    seal = hashlib.sha256(f"{query}\n{after}".encode()).hexdigest()[:_SEAL]
    return base64.urlsafe_b64encode(f"{seal}{after}".encode()).decode()


def read_token(query: str, token: str) -> str:
    """Return where to go on, or raise BadToken."""
    try:
        after = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()[_SEAL:]
    except ValueError:
        raise BadToken("the token is malformed") from None
    # Made once more, because base64 writes the same bytes in more than one way.
    if make_token(query, after) != token:
        raise BadToken("the token belongs to another query")
    return after
