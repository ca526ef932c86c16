"""The models write patterns for Java; this makes Python's `re` accept the same strings."""

import logging
import re
from functools import cache

logger = logging.getLogger(__name__)

# Every character of the Unicode categories Zs, Zl and Zp. Python's \w is exactly L, N and the underscore.
_SEPARATORS = " \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CLASSES = {
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\p{L}\p{Z}\p{N}_": rf"\w{_SEPARATORS}",
}
# Java's dot stops at more line ends than Python's.
_DOT = r"[^\n\r\x85\u2028\u2029]"
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.")
# The same strings in linear time: as the model has it, 1,024 characters that do not match take two seconds.
_QUICKER = {r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": r"[\x20-\x7E]*[\x21-\x7E]\x20*"}


@cache
def compile_pattern(java: str) -> re.Pattern[str] | None:
    """Translate a pattern; None, with a warning in the log, if a newer model uses what this cannot translate."""
    text = _QUICKER.get(java, java)
    for theirs, ours in _CLASSES.items():
        text = text.replace(theirs, ours)
    if r"\p" in text:
        logger.warning("pattern is not enforced: %s", java)
        return None
    text = _TOKEN.sub(lambda token: _DOT if token[0] == "." else token[0], text)
    return re.compile(text, re.NOFLAG if r"\w" in text else re.ASCII)
