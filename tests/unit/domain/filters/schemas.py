"""Schemas of all five datasets, with a field of every kind."""

import json

from tastemaker.domain.schemas.schema import parse_schema


def schema(name, **types):
    flags = {"ABOUT": {"textual": True}, "GENRE": {"categorical": True}}
    fields = [{"name": key, "type": type_, **flags.get(key, {})} for key, type_ in types.items()]
    return parse_schema(json.dumps({"type": "record", "name": name, "fields": fields}))


TEXT = ["null", "string"]
SCHEMAS = {
    "INTERACTIONS": schema("Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long", EVENT_TYPE=TEXT),
    "ITEMS": schema(
        "Items",
        ITEM_ID="string",
        GENRE=TEXT,
        Studio=TEXT,
        COUNTRIES=TEXT,
        ABOUT=TEXT,
        PRICE="float",
        YEAR=["int", "null"],
        NEW="boolean",
        CREATION_TIMESTAMP="long",
    ),
    "USERS": schema("Users", USER_ID="string", AGE="int", COUNTRY=TEXT, STAFF="boolean"),
    "ACTIONS": schema(
        "Actions",
        ACTION_ID="string",
        TYPE=TEXT,
        VALUE=["null", "long"],
        CREATION_TIMESTAMP="long",
        EXPIRATION_TIMESTAMP="long",
        REPEAT_FREQUENCY=["null", "long"],
    ),
    "ACTION_INTERACTIONS": schema(
        "ActionInteractions", USER_ID="string", ACTION_ID="string", EVENT_TYPE="string", TIMESTAMP="long"
    ),
}
