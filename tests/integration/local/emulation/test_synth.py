"""Templates are synthesized once per content of what they depend on."""

import json
import os

import pytest

from tastemaker_local import synth

APP = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDK_OUTDIR"])
(out / "asset.1").mkdir(parents=True)
(out / "manifest.json").write_text(json.dumps({"artifacts": {}, "context": json.loads(os.environ["CDK_CONTEXT_JSON"])}))
with open("runs", "a") as runs:
    runs.write("x")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder with an app that counts its runs, and a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "infra").mkdir(parents=True)
    (root / "lambdas").mkdir()
    (root / "app.py").write_text(APP)
    (root / "cdk.json").write_text('{"context": {"flag": true}}')
    return root


def _runs(project):
    return len((project / "runs").read_text())


def test_an_unchanged_app_is_synthesized_once(project):
    said = []

    first = synth.assembly(project, announce=said.append)
    second = synth.assembly(project, announce=said.append)

    assert (first, _runs(project), len(said)) == (second, 1, 1)
    assert [path.name for path in first.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("name", ["app.py", "infra/stack.py", "infra/state_machines/x.asl.json", "lambdas/a/b.py"])
def test_a_change_is_synthesized_anew(project, name):
    before = synth.assembly(project)
    changed = project / name
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text((changed.read_text() if changed.exists() else "") + "\n")

    assert synth.assembly(project) != before
    assert _runs(project) == 2


def test_templates_that_a_service_may_still_read_are_kept(project):
    def changed(number):
        (project / "lambdas" / "a.py").write_text(str(number))
        return synth.assembly(project)

    old = [changed(number) for number in range(3)]
    for folder in old:
        os.utime(folder, (0, 0))
    used = changed(0)  # by a service that has just started
    new = [changed(number) for number in range(3, 12)]

    assert used == old[0]
    assert all(folder.exists() for folder in [used, *new])
    assert not any(folder.exists() for folder in old[1:])


def test_the_app_gets_its_context_and_bundles_nothing(project):
    manifest = (synth.assembly(project) / "manifest.json").read_text()

    assert (
        '"context": {"flag": true, "tastemaker:containers": 1, "tastemaker:spark": 1, "aws:cdk:bundling-stacks": []}'
        in manifest
    )


def test_local_mode_has_no_console_of_the_stack_and_always_containers(project):
    stages = {"shop-dev": {"console": 1, "containers": 0, "answer_days": 0}}
    context = {"tastemaker:console": 1, "tastemaker:containers": 0, "tastemaker:stages": stages}
    (project / "cdk.json").write_text(json.dumps({"context": context}))

    given = json.loads((synth.assembly(project) / "manifest.json").read_text())["context"]

    assert (given["tastemaker:console"], given["tastemaker:containers"]) == (0, 1)
    assert given["tastemaker:stages"] == {"shop-dev": {"console": 0, "containers": 1, "answer_days": 0}}


def test_the_templates_of_a_wheel_are_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(synth, "CARRIED", tmp_path)
    (tmp_path / "manifest.json").write_text("{}")

    assert synth.assembly() == tmp_path


def test_a_clone_without_the_cdk_names_the_extra(project, monkeypatch):
    monkeypatch.setattr(synth, "find_spec", lambda _: None)

    with pytest.raises(synth.SynthFailed, match=r"pip install -e '\.\[deploy\]'"):
        synth.assembly(project)


def test_a_failing_app_is_quoted_and_leaves_nothing_behind(project):
    (project / "app.py").write_text("raise SystemExit('no such construct')")

    with pytest.raises(synth.SynthFailed, match="no such construct"):
        synth.assembly(project)

    assert list((project.parent / "cache").rglob("*.json")) == []


def test_the_project_is_the_clone_that_the_tests_run_in():
    assert (synth.project_root() / "infra" / "state_machines").is_dir()
