"""One mutation of the templates: deployed as it is, and the tests that are to notice it."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

import pytest

import tastemaker_local.cloud  # noqa: F401 - most of a test's time: once for all, in the process that is forked
from tastemaker_local import synth
from tests.permissions.grants import Mutation, Place, mutated, read
from tests.permissions.templates import Template
from tests.processes import ROOT

_CAUGHT, _PASSED = 1, 0
_PYTEST = (
    "-x",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "--tb=no",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
# How many tests that use a grant may overlook that it is gone before it counts as one that nothing needs.
_TRIES = 6


class NoVerdict(Exception):
    """A run of tests that neither passed nor failed: the message is what it said."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A grant without which, or without whose conditions, the templates are tried; `by` is the test that failed."""

    place: Place
    what: str
    by: str = ""

    def __str__(self) -> str:
        return f"{self.place.grant} ({self.what})"


def tried(assembly: Path, trial: Trial, mutation: Mutation, tests: Iterable[str]) -> Trial:
    """Run tests, one after the other, in a deployment of the mutated templates until one fails."""
    with _deployable(assembly, mutated(read(assembly), trial.place, mutation)) as environment:
        for test in [*tests][:_TRIES]:
            if _fail(environment, test):
                return Trial(trial.place, trial.what, test)
    return trial


def require_sound(assembly: Path, tests: Iterable[str]) -> None:
    """Run tests in a deployment made in the same way of the templates as they are: no other failure counts."""
    with _deployable(assembly, read(assembly)) as environment:
        if _fail(environment, *tests):
            raise NoVerdict("tests fail where nothing was taken away, so that none of this says anything")


@contextmanager
def _deployable(assembly: Path, templates: Mapping[str, Template]) -> Iterator[dict[str, str]]:
    """Yield the variables by which tests take some templates for those of this checkout."""
    with TemporaryDirectory(prefix="mutated-") as folder:
        target = Path(folder) / "tastemaker" / "assemblies" / synth.fingerprint(ROOT)
        shutil.copytree(assembly, target)
        for stack, template in templates.items():
            (target / f"{stack}.template.json").write_text(json.dumps(template))
        yield {"XDG_CACHE_HOME": folder, "TASTEMAKER_MUTATED": str(target)}


def _fail(environment: Mapping[str, str], *tests: str) -> bool:
    """Tell whether a run of tests fails, in a fork of this process: importing moto takes longer than most tests."""
    with TemporaryFile() as said:
        if not (child := os.fork()):
            _run(environment, tests, said)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in {_CAUGHT, _PASSED}:
            said.seek(0)
            raise NoVerdict(f"{tests}: {code}: {said.read().decode()}")
    return code == _CAUGHT


def _run(environment: Mapping[str, str], tests: Iterable[str], said: IO[bytes]) -> None:
    """Run tests and end this process with what became of them."""
    code = 2
    try:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(said.fileno(), stream.fileno())
        os.environ |= environment
        os.chdir(ROOT)
        code = int(pytest.main([*_PYTEST, *tests]))
    finally:
        os._exit(code)  # not what the parent would do at its end
