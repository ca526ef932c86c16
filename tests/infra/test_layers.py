"""Assets: pinned to what the tests run with, made for the functions' platform, named by their sources alone."""

import re
import subprocess
import sys

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_

from infra.bytecode import add_bytecode
from infra.layers import Layers, install_command, layer_hash
from infra.service_function import SourceCopy, source_code
from infra.target import RUNTIME
from tests.infra.assembly import ROOT

REQUIREMENTS = sorted((ROOT / "layers").glob("*/requirements.txt"))


@pytest.mark.parametrize("requirements", REQUIREMENTS, ids=lambda file: file.parent.name)
def test_a_layer_holds_the_versions_that_the_tests_run_with(requirements):
    tested = (ROOT / "constraints.txt").read_text().lower().replace("-", "_").splitlines()

    pins = [line for line in requirements.read_text().splitlines() if not line.startswith("#")]

    assert pins
    assert [pin for pin in pins if pin.lower().replace("-", "_") not in tested] == []


def test_other_requirements_make_another_layer(tmp_path):
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("numpy==2.4.6\n")
    other.write_text("numpy==2.4.5\n")

    assert len({layer_hash(one), layer_hash(other), layer_hash(one, compiled=True)}) == 3


def test_a_layer_is_named_alike_whether_or_not_it_was_built(tmp_path):
    unbuilt = _layer_keys(App(context={"aws:cdk:bundling-stacks": []}, outdir=str(tmp_path / "unbuilt")))
    for key in unbuilt:  # CDK does not build what lies there already
        (tmp_path / "built" / f"asset.{key.removesuffix('.zip')}" / "python").mkdir(parents=True)

    built = _layer_keys(App(outdir=str(tmp_path / "built")))

    assert built == unbuilt
    assert len(set(built)) == 3


def test_the_code_is_named_alike_whatever_python_left_beside_it(tmp_path):
    for folder in ("clean", "used"):
        (tmp_path / folder / "tastemaker" / "__pycache__").mkdir(parents=True)
        (tmp_path / folder / "tastemaker" / "errors.py").write_text("pass\n")
    (tmp_path / "used" / "tastemaker" / "__pycache__" / "errors.cpython-314.pyc").write_bytes(b"anything")
    (tmp_path / "used" / ".DS_Store").write_bytes(b"anything")

    stack = Stack(App(outdir=str(tmp_path / "out")), "Code")
    for folder in ("clean", "used"):
        code = source_code(tmp_path / folder)
        lambda_.Function(stack, folder, code=code, handler="tastemaker.handle", runtime=RUNTIME)

    functions = _resources(stack, "AWS::Lambda::Function")
    assert len({function["Properties"]["Code"]["S3Key"] for function in functions}) == 1


def test_a_function_is_given_its_sources_and_nothing_else(tmp_path):
    for name in ("app/tastemaker/catalog.json", "app/tastemaker/__pycache__/old.pyc", "app/.hidden/notes"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")

    SourceCopy(tmp_path / "app", None).try_bundle(str(tmp_path / "out"))

    copied = [str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert copied == ["tastemaker/catalog.json"]


def test_a_start_finds_bytecode_whatever_became_of_the_sources_times(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "told.py").write_text("print('compiled')\n")
    (tmp_path / "app" / "broken.py").write_text("this is no Python\n")

    SourceCopy(tmp_path / "app", sys.executable).try_bundle(str(tmp_path / "out"))

    # As nobody would change it: only to see that the source is not looked at.
    (tmp_path / "out" / "told.py").write_text("raise SystemExit('compiled again')\n")
    command = [sys.executable, "-c", "import told"]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "compiled\n"
    [compiled] = (tmp_path / "out").rglob("*.pyc")
    assert str(tmp_path).encode() not in compiled.read_bytes()


def test_without_a_python_of_the_functions_version_there_is_no_bytecode(tmp_path):
    (tmp_path / "told.py").write_text("pass\n")

    add_bytecode(tmp_path, python=None)

    assert [path.name for path in tmp_path.rglob("*")] == ["told.py"]


def test_wheels_are_those_of_the_functions_python_and_processor(assembly, tmp_path):
    command = " ".join(install_command(REQUIREMENTS[0], tmp_path))

    runtimes = {function["Runtime"] for function in assembly.properties("Lambda::Function")}
    (python,) = re.findall(r"--python-version=(\S+)", command)
    assert runtimes == {f"python{python}"}
    assert "--only-binary=:all:" in command
    assert "manylinux_2_28_aarch64" in command


def _layer_keys(app):
    stack = Stack(app, "TastemakerService")
    Layers(stack, "Layers")
    return sorted(layer["Properties"]["Content"]["S3Key"] for layer in _resources(stack, "AWS::Lambda::LayerVersion"))


def _resources(stack, kind):
    template = App.of(stack).synth().get_stack_by_name(stack.stack_name).template
    return [resource for resource in template["Resources"].values() if resource["Type"] == kind]
