"""What people watch on which devices: files to import, and the schemas that they fit."""

import json
from typing import Any

VOD = "VIDEO_ON_DEMAND"
EVENTS = [
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
]


def schema_text(type_: str, fields: list[dict[str, Any]]) -> str:
    space = {"namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    return json.dumps({"type": "record", "name": type_, **space, "fields": fields})


def interactions(users: int = 50, each: int = 20) -> str:
    """Just as many interactions as a training asks for."""
    moments = [(user, step) for user in range(users) for step in range(each)]
    rows = [f"u{u},i{(u + n * n) % 7},{1_700_000_000 + 60 * n + u},watch,tv" for u, n in moments]
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,DEVICE", *rows]) + "\n"


FILES = {
    "INTERACTIONS": interactions(),
    "ITEMS": "ITEM_ID,GENRE,SIZE\ni0,a,1\ni1,b,2\n",
    "USERS": "USER_ID,AGE\nu0,20\nu1,30\n",
}
