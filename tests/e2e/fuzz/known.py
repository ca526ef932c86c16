"""What calls may speak of: resources made beforehand, names that calls use among themselves, ids that replies told."""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from itertools import chain

from tastemaker.domain.resources.kinds import KINDS

HOME = "arn:aws:personalize:us-east-1:123456789012:"
NAMES = tuple(f"fuzz-{number}" for number in range(24))
_SLOTS = 8
_ARN = re.compile(r"^arn:aws:personalize:us-east-1:123456789012:([a-z-]+)/([^/]+)(/.+)?$")


@dataclass
class Known:
    """ARNs by kind. What a call picks depends on its own dice alone, so a call can be made again by its number."""

    kept: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, deque[str]] = field(default_factory=dict)
    trackings: deque[str] = field(default_factory=lambda: deque(maxlen=_SLOTS))
    tokens: deque[str] = field(default_factory=lambda: deque(maxlen=_SLOTS))

    def keep(self, arn: str) -> None:
        """Note a resource that no call may take away."""
        self.kept.setdefault(kind_of(arn), []).append(arn)

    def arn(self, kind, dice) -> str:
        """Return the ARN of a kept resource, of one that a call may have made, or of one told last."""
        which, place, name = dice.randrange(10), dice.randrange(_SLOTS), dice.choice(NAMES)
        kept, told = self.kept.get(kind, []), self.told.get(kind, ())
        if kept and which < 6:
            return kept[place % len(kept)]
        if told and which < 9:
            return told[place % len(told)]
        return made_up(kind, name, place)

    def any_arn(self, dice) -> str:
        return self.arn(dice.choice(sorted(KINDS)), dice)

    def tracking(self, dice) -> str:
        place = dice.randrange(_SLOTS)
        return self.trackings[place % len(self.trackings)] if self.trackings else "nobody"

    def token(self, dice) -> str:
        place = dice.randrange(_SLOTS)
        return self.tokens[place % len(self.tokens)] if self.tokens else "token"

    def learn(self, body: bytes) -> None:
        """Take up the ARNs, tracking ids and page tokens of a reply to a successful call."""
        try:
            reply = json.loads(body or b"{}")
        except ValueError:
            return
        for name, value in reply.items() if isinstance(reply, dict) else ():
            if name == "nextToken":
                self.tokens.append(value)
            elif name == "trackingId":
                self.trackings.append(value)
            elif isinstance(value, str) and _ARN.match(value):
                self._tell(value)

    def _tell(self, arn) -> None:
        if arn not in self.kept.get(kind_of(arn), ()):
            self.told.setdefault(kind_of(arn), deque(maxlen=_SLOTS)).append(arn)

    def precious(self) -> list[str]:
        """Return the kept resources that nothing depends on: only these could be deleted or stopped."""
        leaves = ("campaign", "recommender", "event-tracker", "filter", "metric-attribution", "schema")
        return list(chain.from_iterable(self.kept.get(kind, ()) for kind in leaves))


def kind_of(arn: str) -> str:
    """Return the kind that an ARN names."""
    found = _ARN.match(arn)
    return "solution-version" if found[1] == "solution" and found[3] else found[1]


def made_up(kind: str, name: str, place: int) -> str:
    """Return the ARN that a resource of such a name would have."""
    if kind == "dataset":
        return f"{HOME}dataset/{name}/{('INTERACTIONS', 'ITEMS', 'USERS', 'ACTIONS')[place % 4]}"
    if kind == "solution-version":
        return f"{HOME}solution/{name}/{place:08x}"
    return f"{HOME}{kind}/{name}"
