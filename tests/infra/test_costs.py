"""What the templates cost, and that docs/deploy.md says the same."""

import json
import re
from types import SimpleNamespace

import pytest

from tastemaker_local import cli
from tastemaker_local.checkup import checks
from tastemaker_local.costs import deployments
from tests.infra.assembly import ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text()


@pytest.fixture
def cost(capsys, assembly):
    """Runs the command on the synthesized templates, and returns what it answers a program."""

    def run(*words):
        assert cli.main(["cost", "--json", "--assembly", str(assembly.folder), *words]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_default_costs_at_most_two_dollars_when_idle(cost):
    assert 0 < cost()["tastemaker"]["dollars"] <= 2


def test_what_costs_is_counted_in_the_templates(assembly, open_assembly):
    found = deployments.read(assembly.folder)

    assert (found.alarm_metrics, found.dashboards, found.looks, found.look_steps) == (16, 0, 2920, 2)
    assert {name: each.memory for name, each in found.functions.items()} == {
        "control": 512,
        "events": 512,
        "announcements": 256,
        "provider": 256,
        "runtime": 1769,
        "tasks": 3008,
    }
    assert found.functions["tasks"].disk == 10240
    assert found.copies == {"resources": 3, "events": 3, "records": 2, "answers": 3}
    assert (found.answer_days, found.event_days, found.traced) == (7, 30, False)
    assert deployments.read(open_assembly.folder).traced is True
    assert {"schedule", "import", "training", "deployment"} <= found.steps.keys()
    assert deployments.read(open_assembly.folder).dashboards == 1


def test_a_folder_without_templates_is_named(tmp_path, capsys):
    status = cli.main(["cost", "--assembly", str(tmp_path)])

    assert (status, f"{tmp_path} holds no templates" in capsys.readouterr().err) == (2, True)


def test_templates_of_something_else_are_told_apart(tmp_path, capsys):
    (tmp_path / "Other.template.json").write_text('{"Resources": {}}')

    status = cli.main(["cost", "--assembly", str(tmp_path)])

    assert (status, "templates of something else" in capsys.readouterr().err) == (2, True)


def test_the_page_has_the_lines_of_the_idle_bill(cost):
    """Quantity and dollars of each line, to the cent."""
    rows = re.findall(r"^\| (.+?) \| ([\d,.]+) .*?\| ([\d.]+) \|", _section("What it costs"), re.MULTILINE)
    said = {(what, round(float(quantity.replace(",", ""))), float(dollars)) for what, quantity, dollars in rows}

    lines = cost()["tastemaker"]["lines"]

    assert said == {
        (f"{line['what']}, {line['price']['service']}", round(line["quantity"]), round(line["dollars"], 2))
        for line in lines
        if line["dollars"] >= 0.005
    }


@pytest.mark.parametrize("words", ["", "--events-per-month"])
def test_the_page_has_the_sums_of_the_command(cost, words):
    """The page shows two commands with their three sums each: `tastemaker cost ...   # $1 (2), Amazon $3`."""
    shown = re.findall(
        r"^    tastemaker cost(.*?) +# \$([\d.]+) \(\$([\d.]+)\), Amazon \$([\d.]+)$", PAGE, re.MULTILINE
    )
    [(options, *sums)] = [row for row in shown if row[0].strip().startswith(words) and bool(row[0]) == bool(words)]

    answer = cost(*options.split())

    ours = answer["tastemaker"]
    told = (ours["dollars"], ours["dollarsBeyondFree"], answer["amazonPersonalize"]["dollars"])
    assert [f"{dollars:.2f}" for dollars in told] == sums


def _section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_doctor_tells_what_costs_more_than_the_default(assembly, open_assembly):
    told = [
        next(checks.costs(SimpleNamespace(template=each.template("TastemakerService")["Resources"])))
        for each in (assembly, open_assembly)
    ]

    assert [one.level for one in told] == ["fine", "look"]
    assert "dashboard $3.00" in told[1].advice
