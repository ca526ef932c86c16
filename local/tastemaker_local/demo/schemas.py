"""The Avro schemas of the three datasets, as CreateSchema takes them."""

import json

_CATEGORICAL = {"type": ["null", "string"], "categorical": True}
_FIELDS: dict[str, dict[str, dict[str, object]]] = {
    "Interactions": {
        "USER_ID": {"type": "string"},
        "ITEM_ID": {"type": "string"},
        "TIMESTAMP": {"type": "long"},
        "EVENT_TYPE": {"type": "string"},
        "EVENT_VALUE": {"type": ["null", "float"]},
    },
    "Items": {
        "ITEM_ID": {"type": "string"},
        "DEPARTMENT": _CATEGORICAL,
        "CATEGORY": _CATEGORICAL,
        "BRAND": _CATEGORICAL,
        "PRODUCT_TYPE": {"type": ["null", "string"], "itemName": True},
    },
    "Users": {
        "USER_ID": {"type": "string"},
        **dict.fromkeys(("AGE", "INCOME", "HOME_OWNERSHIP", "MARITAL_STATUS"), _CATEGORICAL),
        **dict.fromkeys(("HOUSEHOLD_SIZE", "HOUSEHOLD_COMP", "KIDS_COUNT"), _CATEGORICAL),
    },
}
TYPES = tuple(_FIELDS)


def avro(dataset_type: str) -> str:
    """Return the schema of one dataset type as JSON."""
    fields = [{"name": name, **about} for name, about in _FIELDS[dataset_type].items()]
    return json.dumps(
        {
            "type": "record",
            "name": dataset_type,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": fields,
            "version": "1.0",
        }
    )
