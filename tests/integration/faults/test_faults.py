"""A sample of the sweep; `make faults` lets every call fail in every way."""

import pytest

from tests.integration.faults.stage import SCENES
from tests.integration.faults.sweep import clean_run, faulty_run

# Every so many cases: calls and faults take turns, for no stride divides the number of faults.
STRIDES = {"full": 23, "incremental": 29, "refused": 31}


@pytest.fixture
def service(request):
    """Return the service that all tests share, for it is emptied before each run."""
    return request.getfixturevalue("_tastemaker_service")


@pytest.mark.parametrize("name", STRIDES)
def test_an_import_of_which_one_call_fails_ends_as_without_or_changes_nothing(service, name):
    scene = SCENES[name]()
    clean = clean_run(service, scene)

    cases = clean.cases()[:: STRIDES[name]]
    outcomes = [faulty_run(service, scene, clean, call, fault) for call, fault in cases]

    assert [str(outcome) for outcome in outcomes if outcome.wrong] == []
    assert {call.operation for call in clean.calls} >= {"PutItem", "StartExecution", "PutObject"}
