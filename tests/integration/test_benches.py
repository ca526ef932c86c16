"""Benchmarks are run by hand and rarely: what they build on may change under them, so each is at least begun here."""

import importlib
from pathlib import Path

import pytest

from bench.answers import batch_parts
from bench.data import imports

ROOT = Path(__file__).parents[2]
# Does its work while it is imported, as the first process of a function does.
CHILDREN = {"bench.answers.cold_child"}
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "bench").rglob("*.py")} - CHILDREN


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_bench_can_be_imported(module):
    importlib.import_module(module)


def test_the_bench_of_batch_parts_answers_as_if_nobody_disturbed_it(monkeypatch):
    monkeypatch.setattr(batch_parts, "PEERS", 10)
    lines = list(batch_parts.report(60, 80, 1))
    assert any("the same bytes" in line for line in lines)


def test_the_bench_of_imports_imports(tmp_path, monkeypatch):
    monkeypatch.setattr(imports, "ROWS", 2000)
    imports.prepare(tmp_path)
    assert imports.convert(tmp_path)
