"""Layers: pinned to what the tests run with, installed for the functions' platform."""

import re

import pytest

from infra.layers import install_command, layer_hash
from tests.infra.assembly import ROOT

REQUIREMENTS = sorted((ROOT / "layers").glob("*/requirements.txt"))

each_layer = pytest.mark.parametrize("requirements", REQUIREMENTS, ids=lambda file: file.parent.name)


@each_layer
def test_a_layer_holds_the_versions_that_the_tests_run_with(requirements):
    tested = (ROOT / "constraints.txt").read_text().lower().replace("-", "_").splitlines()

    pins = [line for line in requirements.read_text().splitlines() if not line.startswith("#")]

    assert pins
    assert [pin for pin in pins if pin.lower().replace("-", "_") not in tested] == []


@each_layer
def test_the_asset_of_a_layer_is_named_by_its_requirements(assembly, requirements):
    keys = [layer["Content"]["S3Key"] for layer in assembly.properties("Lambda::LayerVersion")]

    assert layer_hash(requirements) in "".join(keys)


def test_other_requirements_make_another_layer(tmp_path):
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("numpy==2.4.6\n")
    other.write_text("numpy==2.4.5\n")

    assert layer_hash(one) != layer_hash(other)


def test_wheels_are_those_of_the_functions_python_and_processor(assembly, tmp_path):
    command = " ".join(install_command(REQUIREMENTS[0], tmp_path))

    runtimes = {function["Runtime"] for function in assembly.properties("Lambda::Function")}
    (python,) = re.findall(r"--python-version=(\S+)", command)
    assert runtimes == {f"python{python}"}
    assert "--only-binary=:all:" in command
    assert "manylinux_2_28_aarch64" in command
