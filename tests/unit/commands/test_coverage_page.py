"""The generator of the coverage page."""

from itertools import chain
from typing import NoReturn

from tastemaker.wire.models import APIS, api_model
from tastemaker_local.commands import coverage

EVERYTHING = {api: [operation.function for operation in api_model(api).operations.values()] for api in APIS}


def test_the_page_has_a_row_for_each_of_the_79_operations():
    page = coverage.page({}, {}, {})

    assert sum("| not yet | its turn |" in line for line in page.splitlines()) == 79
    assert "| all | 0 | 0 | 79 | 79 |" in page


def test_a_built_operation_works_and_another_says_what_it_waits_for():
    built = {"personalize": ["list_recipes"]}

    page = coverage.page(built, {"create_batch_inference_job": "batch jobs"}, {})

    assert "| ListRecipes | works | |" in page
    assert "| CreateBatchInferenceJob | not yet | batch jobs |" in page
    assert "| CreateFilter | not yet | its turn |" in page


def test_reasons_and_open_operations_must_match():
    runtime = [name for name in EVERYTHING["personalize-runtime"] if name != "get_action_recommendations"]
    built = {**EVERYTHING, "personalize-runtime": runtime}

    assert coverage.unexplained(built, {"get_action_recommendations": "actions"}, {}) == []
    assert coverage.unexplained(built, {}, {}) == ["get_action_recommendations"]
    assert coverage.unexplained(EVERYTHING, {"list_recipes": "nothing"}, {}) == ["list_recipes"]


def test_an_operation_with_a_function_but_a_known_gap_does_not_count_as_working():
    page = coverage.page(EVERYTHING, {}, {"list_recipes": "a catalogue"})

    assert "| ListRecipes | partly | a catalogue |" in page
    assert "| all | 78 | 1 | 0 | 79 |" in page


def test_a_gap_of_an_operation_without_function_is_named_as_stale():
    assert coverage.unexplained({}, dict.fromkeys(chain(*EVERYTHING.values()), "x"), {"list_recipes": "x"}) == [
        "list_recipes"
    ]


def test_a_function_that_can_only_refuse_answers_nothing():
    def list_recipes() -> dict[str, object]:
        return {}

    def create_filter() -> NoReturn:
        raise ValueError

    assert coverage.answering({"list_recipes": list_recipes, "create_filter": create_filter}) == ["list_recipes"]


def test_our_own_operations_are_named_below_the_counts():
    page = coverage.page(EVERYTHING, {}, {})

    counts, _, own = page.partition("## Beside AWS's operations")
    assert "| all | 79 | 0 | 0 | 79 |" in counts
    assert ("GetDataInsights" in counts, "GetDataInsights" in own) == (False, True)


def test_an_operation_of_our_own_without_a_function_is_named():
    built = {**EVERYTHING, "personalize": [name for name in EVERYTHING["personalize"] if name != "get_data_insights"]}

    assert coverage.unexplained(built, {}, {}) == ["get_data_insights"]
