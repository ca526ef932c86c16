"""What each dataset type asks of a schema, as data (guide: "Custom" and "Domain datasets and schemas")."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Column:
    """A reserved column: its types, whether it must be categorical (None: either will do), and what values it takes.

    `within`: the range of a number; `words`: the only values of a string; `is_moment`: seconds since 1970.
    """

    types: tuple[str, ...]
    categorical: bool | None = None
    textual: bool = False
    within: tuple[int, int] | None = None
    words: tuple[str, ...] = ()
    is_moment: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a schema of one dataset type holds: `keys` and `required` must be there, `metadata` are the caller's own."""

    record_name: str
    keys: Mapping[str, Column]
    reserved: Mapping[str, Column] = field(default_factory=dict)
    required: Mapping[str, Column] = field(default_factory=dict)
    min_metadata: int = 0
    max_metadata: int | None = None
    textual: bool = False

    @property
    def columns(self) -> dict[str, Column]:
        """All columns by name that are not the caller's own; `A|B` in `required` is one column of two names."""
        required = {name: column for names, column in self.required.items() for name in names.split("|")}
        return {**self.reserved, **required, **self.keys}


_STRING = Column(("string",), categorical=False)
_CATEGORY = Column(("string",), categorical=True)
_TEXT = Column(("string",), categorical=False, textual=True)
_MOMENT = Column(("long",), is_moment=True)
CONTACTS = ("TAKEN", "NOT_TAKEN", "VIEWED")
_CONTACT = Column(("string",), categorical=False, words=CONTACTS)
# Amazon asks for float; double holds the same values, and refusing it would help nobody.
_FLOAT = Column(("float", "double"))
_PRICE = Column(("float",))

_INTERACTIONS = Rules(
    "Interactions",
    keys={"USER_ID": _STRING, "ITEM_ID": _STRING, "TIMESTAMP": _MOMENT},
    reserved={
        "EVENT_TYPE": _STRING,
        "EVENT_VALUE": _FLOAT,
        "IMPRESSION": _STRING,
        "RECOMMENDATION_ID": _STRING,
        "EVENT_ATTRIBUTION_SOURCE": _STRING,
    },
    max_metadata=5,
)
_ITEMS = Rules(
    "Items",
    keys={"ITEM_ID": _STRING},
    reserved={"CREATION_TIMESTAMP": _MOMENT},
    min_metadata=1,
    max_metadata=100,
    textual=True,
)
_USERS = Rules("Users", keys={"USER_ID": _STRING}, min_metadata=1, max_metadata=25)
_ACTIONS = Rules(
    "Actions",
    keys={"ACTION_ID": _STRING},
    reserved={
        "CREATION_TIMESTAMP": _MOMENT,
        "VALUE": Column(("long",), within=(1, 10)),
        "TYPE": Column(("string",)),
        # The guide spells it both ways.
        "EXPIRATION_TIMESTAMP": _MOMENT,
        "ACTION_EXPIRATION_TIMESTAMP": _MOMENT,
        "REPEAT_FREQUENCY": Column(("long",), within=(0, 30)),  # days
    },
    min_metadata=1,
    max_metadata=10,
)
_ACTION_INTERACTIONS = Rules(
    "ActionInteractions",
    keys={"USER_ID": _STRING, "ACTION_ID": _STRING, "EVENT_TYPE": _CONTACT, "TIMESTAMP": _MOMENT},
    reserved={"IMPRESSION": _STRING, "RECOMMENDATION_ID": _STRING},
)
_DOMAIN_INTERACTIONS = replace(_INTERACTIONS, required={"EVENT_TYPE": _STRING})

_RULES: dict[str, dict[str, Rules]] = {
    "": {
        "INTERACTIONS": _INTERACTIONS,
        "ITEMS": _ITEMS,
        "USERS": _USERS,
        "ACTIONS": _ACTIONS,
        "ACTION_INTERACTIONS": _ACTION_INTERACTIONS,
    },
    "VIDEO_ON_DEMAND": {
        "INTERACTIONS": _DOMAIN_INTERACTIONS,
        "ITEMS": replace(
            _ITEMS,
            # The guide's default schema calls the genres GENRES in one place and GENRES_L1 in another.
            required={"GENRES|GENRES_L1": _CATEGORY, "CREATION_TIMESTAMP": _MOMENT},
            reserved={
                **dict.fromkeys(("PRICE", "DURATION", "AVERAGE_RATING"), _FLOAT),
                **dict.fromkeys(("GENRE_L2", "GENRE_L3", "CONTENT_OWNER", "CONTENT_CLASSIFICATION"), _CATEGORY),
                "PRODUCT_DESCRIPTION": _TEXT,
            },
        ),
        "USERS": replace(_USERS, reserved={"SUBSCRIPTION_MODEL": _CATEGORY}),
    },
    "ECOMMERCE": {
        "INTERACTIONS": _DOMAIN_INTERACTIONS,
        "ITEMS": replace(
            _ITEMS,
            required={"PRICE": _PRICE, "CATEGORY_L1": _CATEGORY},
            reserved={
                **dict.fromkeys(("CATEGORY_L2", "CATEGORY_L3", "AGE_GROUP", "ADULT", "GENDER"), _CATEGORY),
                "PRODUCT_DESCRIPTION": _TEXT,
                # The domain page prints float, custom Items say long.
                "CREATION_TIMESTAMP": Column(("long", "float"), is_moment=True),
            },
        ),
        "USERS": _USERS,
    },
}


def rules_for(dataset_type: str, domain: str | None) -> Rules | None:
    """Return the rules of a dataset type in a domain (None: custom), or None if the domain has no such type."""
    return _RULES.get(domain or "", {}).get(dataset_type.upper())
