"""Page tokens: opaque, bound to the query they came from, refused when changed."""

import base64
import binascii
import hashlib
import json


class BadToken(ValueError):
    """The token is not one that this query gave out."""


def make_token(query: str, after: str) -> str:
    """Return a token that goes on behind `after` in the results of `query`."""
    body = json.dumps([after, _seal(query, after)], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode()


def read_token(query: str, token: str) -> str:
    """Return where to go on, or raise BadToken."""
    try:
        after, seal = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise BadToken("the token is malformed") from None
    if not isinstance(after, str) or seal != _seal(query, after):
        raise BadToken("the token belongs to another query")
    return after


def _seal(query: str, after: str) -> str:
    # No secret is kept behind a position in a list that its owner may read: the seal finds mix-ups and edits.
    return hashlib.sha256(f"{query}\n{after}".encode()).hexdigest()[:32]
