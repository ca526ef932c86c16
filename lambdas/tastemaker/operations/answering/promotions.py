"""Promotions: a share of an answer reserved for items of a filter (guide: "Promoting items in recommendations")."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.domain.answers import reasons
from tastemaker.domain.filters.expressions import Filter
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call
from tastemaker.operations.rules.filtering import requested_filter
from tastemaker.store.ports import Record

Items = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Promotion:
    """Up to `places` of `size` items are to pass `rule`; `marks` is what the answer says of them."""

    rule: Filter
    places: int
    size: int
    marks: Mapping[str, object]

    def mix(self, promoted: Items, others: Items, seed: str) -> Items:
        """Scatter promoted items among the others, both in their own order; the seed makes it repeatable."""
        names = {item["itemId"] for item in promoted}
        others = [item for item in others if item["itemId"] not in names][: self.size - len(promoted)]
        count = len(promoted) + len(others)
        places = set(random.Random(seed).sample(range(count), len(promoted)))  # noqa: S311  nothing is kept secret
        sources = iter({**item, **self.marks} for item in promoted), iter(others)
        return [next(sources[place not in places]) for place in range(count)]


def requested_promotion(
    call: Call, serving: Record, promotions: Sequence[Mapping[str, Any]] | None, num_results: int
) -> Promotion | None:
    """Return a request's promotion, or None if it has none."""
    if not promotions:
        return None
    [promotion] = promotions  # the service model allows one
    percent, filter_values = promotion.get("percentPromotedItems"), promotion.get("filterValues")
    rule = requested_filter(call, serving, promotion.get("filterArn"), filter_values)
    if rule is None or percent is None:
        raise InvalidInput("promotions: filterArn and percentPromotedItems are required.")
    name = {"promotionName": promotion["name"]} if "name" in promotion else {}
    reason = {"reason": [reasons.PROMOTED]} if serving["recipe"] in reasons.RECIPES else {}
    places = max(1, num_results * percent // 100) if num_results else 0
    return Promotion(rule, places, num_results, {**name, **reason, "_promoted": True})
