"""Status words of the API and which may follow which (API reference, the Status member of each resource)."""

CREATE_PENDING = "CREATE PENDING"
CREATE_IN_PROGRESS = "CREATE IN_PROGRESS"
ACTIVE = "ACTIVE"
CREATE_FAILED = "CREATE FAILED"
CREATE_STOPPING = "CREATE STOPPING"
CREATE_STOPPED = "CREATE STOPPED"
DELETE_PENDING = "DELETE PENDING"
DELETE_IN_PROGRESS = "DELETE IN_PROGRESS"
INACTIVE = "INACTIVE"
STOP_PENDING = "STOP PENDING"
STOP_IN_PROGRESS = "STOP IN_PROGRESS"
START_PENDING = "START PENDING"
START_IN_PROGRESS = "START IN_PROGRESS"
# Data deletion jobs have words of their own.
PENDING = "PENDING"
IN_PROGRESS = "IN_PROGRESS"
COMPLETED = "COMPLETED"
FAILED = "FAILED"

# A resource in one of these rests: it may be deleted, and its like may be made again.
SETTLED = frozenset({ACTIVE, CREATE_FAILED, CREATE_STOPPED})
BUSY = frozenset({CREATE_PENDING, CREATE_IN_PROGRESS, CREATE_STOPPING})
DELETING = frozenset({DELETE_PENDING, DELETE_IN_PROGRESS})
# A recommender on its way between ACTIVE and INACTIVE.
TURNING = frozenset({STOP_PENDING, STOP_IN_PROGRESS, START_PENDING, START_IN_PROGRESS})
# A data deletion job that has not ended.
ERASING = frozenset({PENDING, IN_PROGRESS})

# How a new resource begins, by the change that makes it.
FIRST = {"create": CREATE_PENDING, "erase": PENDING}
# What a workflow writes when it begins, by the change it carries out, and from which statuses.
BEGINS = {
    "create": (CREATE_IN_PROGRESS, frozenset({CREATE_PENDING, CREATE_IN_PROGRESS})),
    "delete": (DELETE_IN_PROGRESS, DELETING),
    "stop": (STOP_IN_PROGRESS, frozenset({STOP_PENDING, STOP_IN_PROGRESS})),
    "start": (START_IN_PROGRESS, frozenset({START_PENDING, START_IN_PROGRESS})),
    "erase": (IN_PROGRESS, ERASING),
}
# What it writes when a change without work of its own is done; the end itself is among them, for a repeated step.
ENDS = {
    "create": (ACTIVE, BUSY | {ACTIVE}),
    "stop": (INACTIVE, frozenset({STOP_IN_PROGRESS, INACTIVE})),
    "start": (ACTIVE, frozenset({START_IN_PROGRESS, ACTIVE})),
}
# Where a resource falls back to when a change fails.
FALLS_BACK = {"create": CREATE_FAILED, "delete": CREATE_FAILED, "stop": ACTIVE, "start": INACTIVE, "erase": FAILED}
