"""The fields that the tests' schemas have, by type of dataset."""

INTERACTIONS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
ITEMS = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": ["null", "string"], "categorical": True}]
USERS = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
ACTIONS = [{"name": "ACTION_ID", "type": "string"}, {"name": "VALUE", "type": ["null", "long"]}]
ACTION_INTERACTIONS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ACTION_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
FIELDS = {
    "Interactions": INTERACTIONS,
    "Items": ITEMS,
    "Users": USERS,
    "Actions": ACTIONS,
    "ActionInteractions": ACTION_INTERACTIONS,
}
