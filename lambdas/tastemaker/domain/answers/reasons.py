"""Why an item is in an answer: what AWS says of some recipes by itself, and more where a caller asks for it."""

from dataclasses import dataclass
from typing import Final

# Of these recipes every answer says which items are promoted or placeholders (guide: "User-Personalization-v2 recipe").
RECIPES: Final = frozenset({"aws-user-personalization-v2"})
PROMOTED: Final = "Promoted item"
EXPLORED: Final = "Exploration"
# What a filter leaves is filled up with popular items that pass it, by the same recipes; these have no score.
PLACEHOLDER: Final = "Popular item"
# Reasons told of an item, and the smallest share that is.
_TOLD, _LEAST = 5, 0.01


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for an item, with its share of all that does; some kinds name an item of the history."""

    kind: str
    share: float
    item_id: str | None = None

    def text(self) -> str:
        """Return the reason as an answer has it: kind, share, and an item's id to the end."""
        text = f"{self.kind} {self.share:.0%}"
        return text if self.item_id is None else f"{text} {self.item_id}"


def texts(reasons: list[Reason]) -> list[str]:
    """Return the strongest reasons of an item as texts."""
    return [reason.text() for reason in reasons[:_TOLD] if reason.share >= _LEAST]
