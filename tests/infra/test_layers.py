"""Assets: pinned to what the tests run with, made for the functions' platform, named by their sources alone."""

import re

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_

from infra.layers import Layers, install_command, layer_hash
from infra.service_function import source_code
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

    assert layer_hash(one) != layer_hash(other)


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
