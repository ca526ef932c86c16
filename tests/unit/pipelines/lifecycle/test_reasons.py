"""Whatever ends a job, its failureReason says what happened and what would help."""

import json

import pytest

from tastemaker.pipelines.lifecycle.reasons import reason_of

EXITED = "RequestId: 6f0c Error: Runtime exited with error: signal: killed"
UNTYPED = "The cause could not be determined because Lambda did not return an error type. Returned payload: "


def told(error, cause=""):
    return reason_of({"error": error, "cause": cause, "execution": "create-0a1b"}, 3008)


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        ("Sandbox.Timedout", "Task timed out after 900.00 seconds", "15 minutes"),
        ("Lambda.Unknown", UNTYPED + '{"errorMessage":"2026 6f0c Task timed out after 900.10 seconds"}', "15 minutes"),
        ("Runtime.ExitError", json.dumps({"errorMessage": EXITED}), "3,008 MB"),
        ("Lambda.Unknown", UNTYPED + json.dumps({"errorMessage": EXITED}), "tastemaker:task_memory"),
        ("Runtime.OutOfMemory", "", "want of memory"),
        ("OSError", json.dumps({"errorMessage": "[Errno 28] No space left on device"}), "10 GB"),
        ("Lambda.TooManyRequestsException", "Rate Exceeded.", "ask AWS for a higher quota"),
        ("States.DataLimitExceeded", "", "handed to the next"),
        ("TIMED_OUT", "", "create-0a1b of this job took longer"),
        ("ABORTED", "", "stopped the execution create-0a1b"),
    ],
)
def test_what_ends_a_job_from_outside_is_a_sentence(error, cause, words):
    assert words in told(error, cause)


def test_a_step_says_itself_what_is_wrong_with_what_the_caller_gave():
    assert told("JobFailed", json.dumps({"errorMessage": "row 7: Task timed out is no number"})).startswith("row 7")


@pytest.mark.parametrize("cause", ["", "not json", "{}", "[]"])
def test_a_fault_of_ours_names_the_execution_and_nothing_else(cause):
    assert told("KeyError", cause) == told("JobFailed", cause)
    assert told("KeyError", cause).endswith("under execution create-0a1b.")
