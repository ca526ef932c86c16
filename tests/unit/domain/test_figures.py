"""Figures by day: how they grow."""

from tastemaker.domain.figures import DAY, KEPT, Figure, from_json, grown, to_json

NOW = 20_000 * DAY + 7


def test_what_is_of_one_day_metric_and_source_adds_up_exactly():
    kept = [Figure(20_000 * DAY, "m", "a", 1, 0.1), Figure(20_000 * DAY, "m", "b", 1, 5.0)]
    news = [Figure.at(NOW, "m", "a", 2, 0.2), Figure.at(NOW, "m", "a", 1, 0.3), Figure.at(NOW - DAY, "m", "a", 1, 1.0)]

    assert grown(kept, news, now=NOW) == [
        Figure(19_999 * DAY, "m", "a", 1, 1.0),
        Figure(20_000 * DAY, "m", "a", 4, 0.6),
        Figure(20_000 * DAY, "m", "b", 1, 5.0),
    ]


def test_days_are_kept_for_a_quarter_of_a_year():
    days = [Figure.at(NOW - age * DAY, "m", "a", 1, 1.0) for age in (KEPT, KEPT - 1, 0)]

    assert grown(days, [], now=NOW) == [days[1], days[2]]


def test_figures_are_read_as_they_were_stored():
    figures = [Figure(DAY, "m", 'ü"', 1, 0.1)]

    assert from_json(to_json(figures)) == figures
