"""A wheel has its templates with it; they are what a synthesis of its sources gives, with containers and Spark."""

import json
from zipfile import ZipFile

import pytest

import wheel_build
from tests.infra.assembly import ROOT, STACKS

PLACE = "tastemaker_local/templates/"
CONSOLE = "tastemaker_local/console/assets/"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Builds a wheel in an environment like that of the suite's synthesis, and reads what it carries."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TASTEMAKER_ASSEMBLY", raising=False)

    def build() -> dict[str, str]:
        with ZipFile(tmp_path / wheel_build.build_wheel(str(tmp_path))) as wheel:
            return {name: wheel.read(name).decode() for name in wheel.namelist() if not name.endswith(".npy")}

    return build


def test_a_wheel_carries_what_a_synthesis_of_its_sources_gives(build, spark_assembly):
    files = build()

    carried = {name.removeprefix(PLACE): text for name, text in files.items() if name.startswith(PLACE)}
    artifacts = json.loads(carried["manifest.json"])["artifacts"]
    assert {name for name in carried if "template" in name} == {f"{stack}.template.json" for stack in STACKS}
    assert {stack: json.loads(carried[f"{stack}.template.json"]) for stack in STACKS} == {
        stack: spark_assembly.template(stack) for stack in STACKS
    }
    assert set(STACKS) <= artifacts.keys()
    assert not [name for name, text in carried.items() if str(ROOT) in text]
    assert {"index.html", "main.js", "console.css", "icon.svg"} <= {
        name.removeprefix(CONSOLE) for name in files if name.startswith(CONSOLE)
    }
    assert files["tastemaker_cdk/resources.py"] == (ROOT / "cdk/tastemaker_cdk/resources.py").read_text()
    assert files["tastemaker_local/spark/job.py"] == (ROOT / "spark/job.py").read_text()
    assert not [name for name in files if name.startswith(("infra/", "layers/")) or name.endswith("app.py")]


def test_prepared_templates_need_nothing_of_the_cdk(build, tmp_path, monkeypatch):
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    monkeypatch.setenv("TASTEMAKER_ASSEMBLY", str(prepared))

    with pytest.raises(FileNotFoundError, match="it is not what a synthesis wrote"):
        build()
    (prepared / "manifest.json").write_text('{"artifacts": {}}')

    assert build()[f"{PLACE}manifest.json"] == '{"artifacts": {}}'
    assert not [need for need in wheel_build.get_requires_for_build_wheel() if "cdk" in need]
    monkeypatch.delenv("TASTEMAKER_ASSEMBLY")
    assert [need for need in wheel_build.get_requires_for_build_wheel() if need.startswith("aws-cdk-lib")]
