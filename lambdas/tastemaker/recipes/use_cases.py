"""The ten domain use cases: what each asks for and keeps out, and the recipe whose engine does its work.

Guide: "VIDEO_ON_DEMAND use cases" and "ECOMMERCE use cases". Readable without numpy, as the rest of the metadata.
"""

from dataclasses import dataclass
from typing import Final, Literal

from tastemaker.recipes.metadata import EXPLORATION, Domain, Metadata, RecipeType

Engine = Literal[
    "aws-user-personalization-v2", "aws-popularity-count", "aws-similar-items", "bought-together", "aws-trending-now"
]

_VOD: Final = "VIDEO_ON_DEMAND"
_SHOP: Final = "ECOMMERCE"
_TYPES: Final[dict[Engine, RecipeType]] = {
    "aws-user-personalization-v2": "USER_PERSONALIZATION",
    "aws-popularity-count": "POPULAR_ITEMS",
    "aws-similar-items": "RELATED_ITEMS",
    "bought-together": "RELATED_ITEMS",
    "aws-trending-now": "POPULAR_ITEMS",
}


@dataclass(frozen=True, slots=True)
class UseCase:
    """A use case's metadata, and the recipe whose engine it borrows, or an engine that is no recipe by itself."""

    metadata: Metadata
    engine: Engine


def _use_case(
    name: str,
    domain: Domain,
    engine: Engine,
    description: str,
    *,
    learns: str | None = None,
    excludes: str | None = None,
    anyone: bool = False,
    requires: tuple[str, ...] = ("INTERACTIONS",),
) -> UseCase:
    """Describe a use case that learns from one event type (None: any) and keeps out items with another of a user.

    It needs a userId unless it answers `anyone`, as Amazon's table of use cases says, not as its engine would.
    """
    metadata = Metadata(
        name,
        _TYPES[engine],
        description,
        created="2021-10-28",
        exploration=EXPLORATION if engine == "aws-user-personalization-v2" else (),
        feature_transformation=None,
        domain=domain,
        requires=requires,
        required_event=learns,
        excluded_event=excludes,
        needs_user=not anyone,
        needs_item=_TYPES[engine] == "RELATED_ITEMS",
        batch=False,
    )
    return UseCase(metadata, engine)


_TABLE: Final = (
    _use_case(
        "aws-vod-because-you-watched-x",
        _VOD,
        "aws-similar-items",
        "Videos that viewers of a given one watched too.",
        learns="Watch",
        excludes="Watch",
    ),
    _use_case(
        "aws-vod-more-like-x",
        _VOD,
        "aws-similar-items",
        "Videos like a given one.",
        excludes="Watch",
        requires=("INTERACTIONS", "ITEMS"),
    ),
    _use_case("aws-vod-most-popular", _VOD, "aws-popularity-count", "The most watched videos.", learns="Watch"),
    _use_case("aws-vod-trending-now", _VOD, "aws-trending-now", "Videos whose popularity rises fastest.", anyone=True),
    _use_case("aws-vod-top-picks", _VOD, "aws-user-personalization-v2", "Videos for a user.", excludes="Watch"),
    _use_case(
        "aws-ecomm-popular-items-by-views", _SHOP, "aws-popularity-count", "The most viewed products.", learns="View"
    ),
    _use_case(
        "aws-ecomm-popular-items-by-purchases", _SHOP, "aws-popularity-count", "The best sellers.", learns="Purchase"
    ),
    _use_case(
        "aws-ecomm-frequently-bought-together",
        _SHOP,
        "bought-together",
        "Products bought together with a given one.",
        learns="Purchase",
        anyone=True,
    ),
    _use_case(
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        _SHOP,
        "aws-similar-items",
        "Products that viewers of a given one viewed too.",
        learns="View",
        excludes="Purchase",
    ),
    _use_case(
        "aws-ecomm-recommended-for-you",
        _SHOP,
        "aws-user-personalization-v2",
        "Products for a user.",
        excludes="Purchase",
    ),
)

USE_CASES: Final = {case.metadata.name: case for case in _TABLE}
