"""What the story looks like; everything is rendered as plain text."""

import io

import pytest
from rich.console import Console

from tastemaker_local.commands.terminals import Stages, width
from tastemaker_local.demo import views
from tastemaker_local.demo.measuring import Difference, Evaluation, Latency

KEYS = list(views._METRICS)


def render(thing, columns=80):
    out = Console(file=io.StringIO(), width=columns, color_system=None)
    out.print(thing)
    return out.file.getvalue()


def evaluation(value):
    return Evaluation(dict.fromkeys(KEYS, value), {key: [value - 0.01, value + 0.01] for key in KEYS[:-1]}, {})


def test_the_opening_says_that_the_data_is_simulated():
    assert "simulated from real shopping patterns" in " ".join(render(views.opening(), 120).split())


def test_the_metrics_table_shows_every_value_with_its_interval_in_80_columns():
    table = views.metrics_table(
        {
            "aws-user-personalization-v2": evaluation(0.4),
            "aws-sims": evaluation(0.2),
            "aws-popularity-count": evaluation(0.1),
        }
    )

    text = render(table)

    assert "user-personalization-v2" in text
    assert "0.400 0.390-0.410" in text
    assert text.count("0.200 ") == 8
    assert "…" not in text


def test_a_metric_without_an_interval_is_shown_alone():
    line = next(
        line for line in render(views.metrics_table({"aws-sims": evaluation(0.2)})).splitlines() if "coverage" in line
    )

    assert line.split() == ["coverage", "0.200"]


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [(Difference(0.2, 0.1, 0.3, 247), "not chance"), (Difference(-0.01, -0.1, 0.1, 247), "could be chance")],
)
def test_a_difference_says_whether_it_could_be_chance(difference, verdict):
    text = render(views.differences_table("aws-user-personalization-v2", {"aws-sims": difference}))

    assert "247 households" in text
    assert "NDCG@10 of user-personalization-v2" in text
    assert "over sims" in text
    assert f"{difference.mean:+.3f}" in text
    assert text.rstrip().endswith(verdict)


def test_news_tells_how_soon_the_list_changed():
    text = " ".join(render(views.news("718", 40, "a cat moves in", 5, 0.0123)).split())

    assert text.startswith(
        "Household 718, known by 40 purchases so far: a cat moves in. PutEvents takes 5 more, and 12 ms"
    )


def test_latency_names_both_percentiles():
    text = " ".join(render(views.latency_line(Latency(500, 2.34, 7.89, 400.4))).split())

    assert "p50 2.3 ms, p99 7.9 ms, 400 a second" in text


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (125.2, "2 min 5 s")])
def test_durations_read_as_people_say_them(seconds, text):
    assert views.clock(seconds) == text


def test_timings_end_with_the_sum():
    text = render(views.timings([("import", 12.25), ("training", 60.0)]))

    assert text.splitlines() == ["import 12.2 s · training 60.0 s", "Together 1 min 12 s."]


def test_commands_to_try_are_never_broken():
    out = Console(file=io.StringIO(), width=80, color_system=None)

    out.print(views.next_steps({"why": "command " + "x" * 200}), soft_wrap=True)

    assert "    command " + "x" * 200 in out.file.getvalue().splitlines()


def test_facts_group_thousands():
    assert render(views.facts({"purchases": 1469307, "households": 2469})) == "1,469,307 purchases · 2,469 households\n"


@pytest.mark.parametrize(("columns", "used"), [(40, 80), (100, 100), (200, 120)])
def test_the_width_stays_readable(columns, used):
    assert width(columns) == used


def test_stages_are_numbered_and_timed():
    out = Console(file=io.StringIO(), width=80, color_system=None)
    stages = Stages(out)

    with stages.stage("data", "Data"):
        pass
    with stages.stage("import", "Import"):
        pass

    assert [name for name, _ in stages.taken] == ["data", "import"]
    assert [line.split()[:2] for line in out.file.getvalue().splitlines() if line] == [["1", "Data"], ["2", "Import"]]
