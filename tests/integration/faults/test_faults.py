"""A sample of the sweep; `make faults` lets every call of every machine fail in every way."""

import pytest

from tests.integration.faults.calls import FAULTS
from tests.integration.faults.machines import MACHINES
from tests.integration.faults.stage import Stage, hurried
from tests.integration.faults.sweep import clean_run, faulty_run

# How calls fail, by the ends of their names: each way once at least. Those of trainings and batch jobs were wrong once.
SAMPLE = {
    "import-full": ["manifest.json unreachable-before"],
    "import-incremental": ["part-00000.parquet repeated-before"],
    "import-refused": ["rejects/shop/INTERACTIONS/tested.csv refused-before"],
    "training": ["CREATE IN_PROGRESS (2) overtaken-before"],
    "campaign": ["control:StartExecution  retried-after"],
    "campaign-update": ["tasks:PutItem campaign ACTIVE (2) doubled-before"],
    "recommender": ["recommender ACTIVE abandoned-before"],
    "deletion": ["tasks:BatchWriteItem  killed-after"],
    "export": ["/out/tested.csv unreachable-after"],
    "batch": [
        "DeleteObjects ?delete killed-before",
        "ACTIVE abandoned-after",
        "parts/00000.end.json overtaken-before",
    ],
    "segments": ["questions.json.out repeated-after"],
    "schedule": ["tasks:StartExecution  (2) doubled-before"],
    "lifecycle": ["DeleteObjects ?delete retried-before"],
    "provider": ["provider:CreateDatasetGroup  unreachable-after"],
}


@pytest.fixture
def service(request):
    """Return the service that all tests share, for it is emptied before each run."""
    service = request.getfixturevalue("_tastemaker_service")
    with hurried():
        yield service
    service.cloud.empty()


@pytest.mark.parametrize("name", SAMPLE)
def test_a_job_of_which_one_call_fails_ends_as_without_or_changes_nothing(service, name):
    stage = Stage(service, MACHINES[name])
    clean = clean_run(stage)
    cases = [case for case in clean.cases() for end in SAMPLE[name] if f"{case[0]} {case[1]}".endswith(end)]

    outcomes = [faulty_run(stage, clean, call, fault) for call, fault in cases]

    assert len(cases) == len(SAMPLE[name])
    assert [str(outcome) for outcome in outcomes if outcome.wrong] == []
    assert {call.operation for call in clean.calls} >= {"PutItem", "StartExecution"}


def test_the_sample_has_every_machine_and_every_way_to_fail():
    ways = {case.rpartition(" ")[2] for cases in SAMPLE.values() for case in cases}

    assert ways == set(map(str, FAULTS))
    assert SAMPLE.keys() == MACHINES.keys() - {"import-large"}  # half a million rows
