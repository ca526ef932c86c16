"""CORS: the pages of which origins may call from a browser, and what their preflights and answers are told."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

_ANY: Final = "*"
# What Fetch calls an origin: no path. `null` is that of files and sandboxed frames.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:(?:\*\.)?[a-z0-9_-][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?")
_DEFAULT_PORT = re.compile(r"(?<=^http)(://.*):80$|(?<=^https)(://.*):443$")
# What the AWS SDKs send from browsers; a preflight may ask for more of the same families.
_SENT: Final = (
    *("amz-sdk-invocation-id", "amz-sdk-request", "authorization", "content-type", "x-amz-content-sha256"),
    *("x-amz-date", "x-amz-security-token", "x-amz-target", "x-amz-user-agent"),
)
_FAMILIES: Final = ("amz-sdk-", "x-amz-", "x-amzn-", "x-tastemaker-")
_TOKEN = re.compile(r"[a-z0-9-]{1,100}")
# Browsers remember no longer than this.
_SECONDS: Final = 7200


class BadOrigin(ValueError):
    """What is to be allowed is no origin; the message says what one looks like."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Origins as browsers send them; a port or the first part of a host may be `*`, and `*` alone is every origin."""

    patterns: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str | Iterable[str] | None) -> Self:
        """Read a list, or a text with commas between."""
        parts = value.split(",") if isinstance(value, str) else value or ()
        names = (str(part).strip().lower().removesuffix("/") for part in parts)
        return cls(tuple(dict.fromkeys(_checked(name) for name in names if name)))

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self.patterns)

    def to_text(self) -> str:
        """Return what `of` reads."""
        return ",".join(self.patterns)

    def allowance(self, origin: str) -> str:
        """Return what a browser is told of its page's origin; nothing if that may not call."""
        if _ANY in self.patterns:
            return _ANY
        return origin if any(_form(pattern).fullmatch(origin) for pattern in self.patterns) else ""

    def on_answer(self, origin: str, names: Iterable[str]) -> dict[str, str]:
        """Return the headers that let a page read an answer with headers of these names."""
        exposed = [*(name for name in names if name.lower() != "content-type"), "Date"]
        return self._on_any(origin, {"Access-Control-Expose-Headers": ",".join(exposed)})

    def on_preflight(self, origin: str, wanted: str) -> dict[str, str]:
        """Return the headers that let a page send what it asks for, with headers of the names that it wants to send."""
        names = {name.strip().lower() for name in wanted.split(",")}
        more = {name for name in names if name.startswith(_FAMILIES) and _TOKEN.fullmatch(name)}
        allowed = {
            "Access-Control-Allow-Methods": "OPTIONS,POST",
            "Access-Control-Allow-Headers": ",".join(sorted(more | set(_SENT))),
            "Access-Control-Max-Age": str(_SECONDS),
        }
        return self._on_any(origin, allowed)

    def _on_any(self, origin: str, if_allowed: dict[str, str]) -> dict[str, str]:
        if not self:
            return {}
        allowed = self.allowance(origin)
        return {"Vary": "Origin"} | ({"Access-Control-Allow-Origin": allowed, **if_allowed} if allowed else {})


def _checked(name: str) -> str:
    if name not in (_ANY, "null") and not _ORIGIN.fullmatch(name):
        raise BadOrigin(
            f"{name!r} is no origin: write scheme, host and port without a path, as in https://shop.example, "
            "http://localhost:*, https://*.shop.example, or * for every origin"
        )
    return _DEFAULT_PORT.sub(lambda match: match[1] or match[2], name)


@cache
def _form(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"://\*\.", r"://(?:[a-z0-9_-]+\.)+")
    return re.compile(re.sub(r":\\\*$", r"(?::[0-9]{1,5})?", text))
