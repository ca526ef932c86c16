"""Why a job failed, in a sentence that a person can act on.

What a step raises for callers it says itself. How Lambda and Step Functions call an end that no step could tell of is
in their guides: "Error handling in Step Functions" (error names), "Troubleshoot invocation issues in Lambda".
"""

import json
from typing import Final

from tastemaker.pipelines.deps import Input

_STEP = "training on fewer interactions or items, or importing in several jobs, takes less"
_MEMORY = (
    "A step of this job was ended for want of memory; the tasks function has {memory:,} MB. Raise "
    f"tastemaker:task_memory (Lambda gives at most 10,240 MB): {_STEP}, too."
)
_TIME = f"A step of this job took longer than the 15 minutes that Lambda gives it: {_STEP}."
_CROWD = (
    "Lambda had no room for a step of this job for half an hour: the account runs too many functions at once. Try "
    "again, or ask AWS for a higher quota of concurrent executions."
)
# Of what a step raises for callers.
_SPOKEN: Final = ("JobFailed", "JobOutgrown")
# What is in the error's name or in its cause, and what that means; the first that is found counts.
_ENDS: Final = (
    ("Runtime.OutOfMemory", _MEMORY),
    ("signal: killed", _MEMORY),
    ("Sandbox.Timedout", _TIME),
    ("Task timed out", _TIME),
    ("No space left on device", f"A step of this job filled the 10 GB of its disk: {_STEP}."),
    ("Lambda.TooManyRequestsException", _CROWD),
    ("States.DataLimitExceeded", "What a step of this job handed to the next was more than Step Functions takes."),
    ("TIMED_OUT", "The execution {execution} of this job took longer than it may and was ended by Step Functions."),
    ("ABORTED", "Somebody stopped the execution {execution} of this job in Step Functions."),
    ("UNKNOWN", "Step Functions no longer knows the execution {execution} of this job."),
    # After its message, for a process that was killed says no more than this.
    ("Runtime.ExitError", _MEMORY),
)
_OURS: Final = "An internal error stopped this job. Its log has the details under execution {execution}."


def reason_of(work: Input, memory: int) -> str:
    """Return the message of a failure meant for callers, or what ended the job; of a fault of ours, where its trace is.

    `work` has `error`, `cause` and `execution` as Step Functions gives them; `memory` is what a step may hold, in MB.
    """
    error, cause = str(work.get("error")), str(work.get("cause"))
    if error in _SPOKEN and (message := _message(cause)):
        return message
    sentence = next((words for mark, words in _ENDS if mark == error or mark in cause), _OURS)
    return sentence.format(execution=work.get("execution"), memory=memory)


def _message(cause: str) -> str:
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return ""
