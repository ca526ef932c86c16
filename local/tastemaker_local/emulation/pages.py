"""What lets a page of another origin read a reply, whoever made it: our functions and moto say so of their own."""

from dataclasses import replace

from tastemaker.wire.origins import Origins
from tastemaker_local.emulation.messages import Reply

_ALLOWED = "access-control-allow-origin"


def for_pages(reply: Reply, origins: Origins, origin: str) -> Reply:
    """Return a reply that a page of this origin can read if it may call; empty: nobody said where the page is from."""
    names = [name for name, _ in reply.headers]
    if any(name.lower() == _ALLOWED for name in names):
        return reply
    said = {(name.lower(), value) for name, value in reply.headers}
    more = [(name, value) for name, value in origins.on_answer(origin, names).items()]
    return replace(reply, headers=[*reply.headers, *(pair for pair in more if (pair[0].lower(), pair[1]) not in said)])
