"""What a training is expected to take, and took: a header beside DescribeSolutionVersion's reply."""

import json

import pytest

from tastemaker.domain.training import quotes
from tests.unit.operations.histories import shop

COUNT = "aws-popularity-count"


def quote_of(personalize, version):
    reply = personalize.describe_solution_version(solutionVersionArn=version)
    assert not {key for key in reply["solutionVersion"] if "quote" in key.lower()}
    return json.loads(reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-quote"])


def test_a_finished_training_tells_what_was_expected_and_what_it_took(personalize, build, group):
    quote = quote_of(personalize, build.version(build.solution(group, COUNT)))

    assert (quote["events"], quote["users"], quote["items"]) == (1200, 60, 40)
    assert quote["billedMemory"] == quotes.USUAL_MEMORY
    assert quote["cost"] == pytest.approx(quote["seconds"] * 3008 / 1024 * quotes.GB_SECOND, rel=1e-3)
    assert set(quote["measured"]) == {"seconds", "peakMemory", "cost", "rung"}
    assert quote["measured"]["rung"] == "function"
    assert quote["measured"]["seconds"] > 0
    assert 20 < quote["measured"]["peakMemory"] < 20_000
    assert quote["measured"]["cost"] == pytest.approx(
        quote["measured"]["seconds"] * 3008 / 1024 * quotes.GB_SECOND, abs=1e-8
    )


def test_the_first_training_is_quoted_by_the_model_alone_and_the_next_ones_by_how_long_it_took(
    personalize, build, group
):
    solution = build.solution(group, COUNT)

    first, second = (quote_of(personalize, build.version(solution)) for _ in range(2))

    assert first["pace"] == 1
    assert second["modelled"] == first["modelled"]
    expected = max(quotes.FASTEST, first["measured"]["seconds"] / first["modelled"])
    assert second["pace"] == pytest.approx(expected, abs=1e-3)
    assert second["seconds"] == pytest.approx(second["modelled"] * second["pace"], abs=1e-2)


def test_a_version_that_has_not_begun_has_no_quote(personalize, build, group):
    version = personalize.create_solution_version(solutionArn=build.solution(group, COUNT))["solutionVersionArn"]

    reply = personalize.describe_solution_version(solutionVersionArn=version)

    assert "x-tastemaker-quote" not in reply["ResponseMetadata"]["HTTPHeaders"]


def test_a_failed_training_does_not_say_how_fast_the_machine_is(personalize, build):
    failing, group = build.group(), build.group()
    build.imported(build.dataset(failing), "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1700000000\n")
    build.version(build.solution(failing, COUNT))
    build.imported(build.dataset(group), shop())

    quote = quote_of(personalize, build.version(build.solution(group, COUNT)))

    assert quote["pace"] == 1


@pytest.mark.parametrize(("factors", "pace"), [([], 1.0), ([2.0], 2.0), ([1, 2, 30, 2, 1, 99], 2.0), ([1000.0], 10.0)])
def test_the_pace_is_the_median_of_the_newest_trainings_within_bounds(factors, pace):
    past = [{"modelled": 3.0, "measured": {"seconds": 3.0 * factor}} for factor in factors]

    assert quotes.pace(past) == pace


def test_what_lambda_would_bill_grows_with_what_is_needed_up_to_its_most():
    assert [quotes.billed_memory(0, needed) for needed in (100, 4000.5, 10**6)] == [3008, 4000, 10240]
    assert quotes.billed_memory(5000, 100) == 5000
