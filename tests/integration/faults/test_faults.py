"""A sample of the sweep; `make faults` lets every call of every machine fail in every way."""

import pytest

from tests.integration.faults.machines import MACHINES
from tests.integration.faults.stage import Stage, hurried
from tests.integration.faults.sweep import clean_run, faulty_run

# Every so many cases: calls and faults take turns, for no stride divides the number of faults.
STRIDES = {
    "import-full": 67,
    "import-incremental": 71,
    "import-refused": 59,
    "training": 131,
    "campaign": 17,
    "campaign-update": 19,
    "recommender": 127,
    "deletion": 79,
    "export": 31,
    "batch": 61,
}


@pytest.fixture
def service(request):
    """Return the service that all tests share, for it is emptied before each run."""
    service = request.getfixturevalue("_tastemaker_service")
    with hurried():
        yield service
    service.cloud.empty()


@pytest.mark.parametrize("name", STRIDES)
def test_a_job_of_which_one_call_fails_ends_as_without_or_changes_nothing(service, name):
    stage = Stage(service, MACHINES[name])
    clean = clean_run(stage)

    cases = clean.cases()[:: STRIDES[name]]
    outcomes = [faulty_run(stage, clean, call, fault) for call, fault in cases]

    assert [str(outcome) for outcome in outcomes if outcome.wrong] == []
    assert {call.operation for call in clean.calls} >= {"PutItem", "StartExecution"}


FOUND = {
    "batch": [
        "DeleteObjects ?delete killed-before",
        "ACTIVE abandoned-after",
        "parts/00000.json overtaken-before",
    ],
    "training": ["CREATE IN_PROGRESS (2) overtaken-before"],
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_wrong_once_is_right(service, name):
    stage = Stage(service, MACHINES[name])
    clean = clean_run(stage)
    cases = [(call, fault) for call, fault in clean.cases() for end in FOUND[name] if f"{call} {fault}".endswith(end)]

    outcomes = [faulty_run(stage, clean, call, fault) for call, fault in cases]

    assert len(cases) == len(FOUND[name])
    assert [str(outcome) for outcome in outcomes if outcome.wrong] == []
