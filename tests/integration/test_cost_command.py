"""`tastemaker cost` as somebody runs it: without a service, of the app's own templates."""

import json

import pytest

from tastemaker_local import cli

VOLUME = {"--events-per-month": 1_000_000, "--answers-per-month": 3_000_000, "--trainings-per-month": 4}
DATA = {"--interactions": 5_000_000, "--items": 20_000, "--users": 100_000}


@pytest.fixture
def cost(capsys):
    """Runs the command, and returns its exit status with what it said."""

    def run(*words):
        status = cli.main(["cost", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def words_of(options):
    return [word for option, count in options.items() for word in (option, str(count))]


def test_idle_is_told_line_by_line_beside_amazon(cost):
    status, said, _ = cost()

    assert status == 0
    for part in ("nobody calls", "alarms", "looks for what is due", "Amazon Personalize, v2 recipes", "394.20"):
        assert part in said
    assert "dashboard" not in said
    assert "events and answers" not in said


def test_a_volume_is_told_with_what_it_takes(cost):
    status, said, complaints = cost(*words_of(VOLUME | DATA))

    assert (status, "refused" in complaints) == (0, False)
    assert "1,000,000 events, 3,000,000 answers, 4 trainings" in said
    for part in ("API Gateway", "DynamoDB", "Step Functions", "trainings", "24,000,000 interactions"):
        assert part in said


def test_programs_get_sums_lines_and_prices(cost):
    answer = json.loads(cost(*words_of(VOLUME | DATA), "--json")[1])

    assert answer["volume"] == {
        "events": 1_000_000,
        "answers": 3_000_000,
        "trainings": 4,
        "interactions": 5_000_000,
        "items": 20_000,
        "users": 100_000,
        "campaigns": 1,
    }
    for name in ("tastemaker", "amazonPersonalize"):
        lines = answer[name]["lines"]
        assert answer[name]["dollars"] == pytest.approx(sum(line["dollars"] for line in lines), abs=1e-4)
        assert {*lines[0]} == {"what", "quantity", "dollars", "price"}
        assert {"service", "unit", "dollars", "per", "free", "page", "dated"} == {*lines[0]["price"]}
    assert answer["tastemaker"]["dollarsBeyondFree"] < answer["tastemaker"]["dollars"]


def test_a_training_that_lambda_would_not_end_is_named(cost):
    status, _, complaints = cost("--trainings-per-month", "1", "--interactions", "2000000000")

    assert (status, "it would be refused" in complaints) == (0, True)


@pytest.mark.parametrize(
    ("words", "part"),
    [(("--items", "many"), "many is no count"), (("--items", "-1"), ""), (("--recipe", "x"), "aws-sims")],
)
def test_options_that_do_not_fit_are_refused(cost, capsys, words, part):
    with pytest.raises(SystemExit) as stopped:
        cost(*words)

    assert (stopped.value.code, part in capsys.readouterr().err) == (2, True)
