"""When the next automatic training is, and what a schedule may say."""

import pytest

from tastemaker.domain.training.schedule import days_of, next_training, version_id

DAY = 86_400.0


@pytest.mark.parametrize(
    ("expression", "days"),
    [("rate(1 day)", 1), ("rate(1 days)", 1), ("rate(7 days)", 7), ("rate(30 days)", 30)],
)
def test_a_rate_of_one_to_thirty_days_is_read(expression, days):
    assert days_of(expression) == days


@pytest.mark.parametrize("expression", ["rate(0 days)", "rate(31 days)", "rate(2 hours)", "rate(1 day) ", "7", ""])
def test_any_other_expression_is_none(expression):
    assert days_of(expression) is None


def test_the_first_training_is_within_the_hour_of_the_beginning():
    moment = next_training(began=1_000.0, started=0.0, days=7, day=DAY)

    # The schedule is looked at every 15 minutes.
    assert 1_000.0 + 15 * 60 < moment <= 1_000.0 + 45 * 60


def test_each_later_one_is_counted_from_the_start_of_the_one_before():
    assert next_training(began=0.0, started=5_000.0, days=3, day=DAY) == 5_000.0 + 3 * DAY


def test_what_was_trained_before_a_schedule_began_anew_does_not_count():
    restarted = next_training(began=5_000.0, started=4_000.0, days=3, day=DAY)

    assert restarted == next_training(began=5_000.0, started=0.0, days=3, day=DAY)


def test_days_may_pass_faster():
    assert next_training(began=0.0, started=10.0, days=7, day=60.0) == 10.0 + 420.0


def test_the_version_of_a_moment_has_one_id_that_an_arn_may_end_with():
    ids = {version_id("arn", 1.0), version_id("arn", 1.0), version_id("arn", 2.0), version_id("other", 1.0)}

    assert len(ids) == 3
    assert all(len(one) == 8 and int(one, 16) >= 0 for one in ids)
