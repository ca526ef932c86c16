"""Status words of the API and which may follow which (API reference, the Status member of each resource)."""

CREATE_PENDING = "CREATE PENDING"
CREATE_IN_PROGRESS = "CREATE IN_PROGRESS"
ACTIVE = "ACTIVE"
CREATE_FAILED = "CREATE FAILED"
CREATE_STOPPING = "CREATE STOPPING"
CREATE_STOPPED = "CREATE STOPPED"
DELETE_PENDING = "DELETE PENDING"
DELETE_IN_PROGRESS = "DELETE IN_PROGRESS"

# A resource in one of these rests: it may be deleted, and its like may be made again.
SETTLED = frozenset({ACTIVE, CREATE_FAILED, CREATE_STOPPED})
BUSY = frozenset({CREATE_PENDING, CREATE_IN_PROGRESS, CREATE_STOPPING})

# What a workflow writes when it begins, by the change it carries out, and from which statuses.
BEGINS = {
    "create": (CREATE_IN_PROGRESS, frozenset({CREATE_PENDING, CREATE_IN_PROGRESS})),
    "delete": (DELETE_IN_PROGRESS, frozenset({DELETE_PENDING, DELETE_IN_PROGRESS})),
}
