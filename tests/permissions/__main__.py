"""Takes every grant of the templates away, one at a time, and runs the tests that are to notice it.

    python -m tests.permissions [--records build/needs] [--seen build/mutations.log]    (make mutations)

A test is to notice the loss of a grant without which it was refused something (tests/permissions/needs.py; --records
is a folder of an earlier run of all tests), and for what AWS does the template's own test. What was seen becomes
bench/results/policies.txt and tests/permissions/needs.txt.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.reports import RESULTS, machine
from tastemaker_local import synth
from tests.infra.assembly import Assembly
from tests.permissions import needed, uses
from tests.permissions.grants import Mutation, Place, places, read
from tests.permissions.trials import Trial, require_sound, tried
from tests.processes import ROOT

_BY_TEMPLATE = "tests/infra/test_template_grants.py::test_what_aws_does_for_us_it_may_do[{}]"
_BESIDE = "tests/integration/local/emulation/test_permissions.py::test_no_function_may_do_what_its_conditions_exclude"
REMOVED, WIDENED = "taken away", "without its conditions"
_SURVIVED = "nobody noticed"


def main() -> int:
    """Try every mutation, write what became of it, and say whether any was overlooked."""
    options = argparse.ArgumentParser(prog="python -m tests.permissions", description=__doc__)
    options.add_argument("--records", type=Path, help="a folder of records, in place of a run of all tests")
    options.add_argument("--only", default="", help="only grants whose line has this; writes nothing")
    options.add_argument("--seen", type=Path, help="what an earlier run that was cut short has said of mutations")
    given = options.parse_args()
    assembly = synth.assembly()
    require_sound(assembly, [*map(_BY_TEMPLATE.format, uses.NAMES), _BESIDE])
    with TemporaryDirectory() as folder:
        by_test = _tests(given.records or _recorded(Path(folder)))
    by_aws = {str(grant): use for use in uses.NAMES for grant in uses.of(Assembly(assembly), use)}
    cases = [case for place in places(read(assembly)) for case in _cases(place, by_aws, by_test)]
    seen = _seen(given.seen)
    found = [_verdict(assembly, case, seen) for case in cases if given.only in str(case.trial)]
    if not given.only:
        _keep(found, by_aws)
    return 0 if all(trial.by for trial in found) else 1


@dataclass(frozen=True, slots=True)
class _Case:
    """What is to be tried, how it is done, and the tests that may notice it."""

    trial: Trial
    mutation: Mutation
    tests: list[str]


def _cases(place: Place, by_aws: dict[str, str], by_test: dict[str, list[str]]) -> Iterator[_Case]:
    grant = str(place.grant)
    template = [_BY_TEMPLATE.format(by_aws[grant])] if grant in by_aws else []
    yield _Case(Trial(place, REMOVED), place.remove, template or by_test[grant])
    if place.widen:
        yield _Case(Trial(place, WIDENED), place.widen, template or [_BESIDE])


def _verdict(assembly: Path, case: _Case, seen: dict[str, str]) -> Trial:
    """Return a trial with the test that failed, and tell of it."""
    by = seen.get(str(case.trial))
    trial = replace(case.trial, by=by) if by else tried(assembly, case.trial, case.mutation, case.tests)
    sys.stdout.write(f"{trial}: {trial.by or _SURVIVED}\n")
    sys.stdout.flush()
    return trial


def _seen(file: Path | None) -> dict[str, str]:
    """Return which tests have failed in an earlier run, by mutation."""
    lines = file.read_text().splitlines() if file else []
    found = dict(line.rsplit(": ", 1) for line in lines if "): " in line)
    return {trial: by for trial, by in found.items() if by != _SURVIVED}


def _recorded(folder: Path) -> Path:
    """Run the tests of local mode once, and note what each needs."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.permissions.needs", "tests/integration"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"TASTEMAKER_NEEDS": str(folder)}, check=True)  # noqa: S603
    return folder


def _tests(folder: Path) -> dict[str, list[str]]:
    """Return the tests that need each grant, the one that is there already before all others, then the quickest."""
    lines = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    tests = defaultdict(list)
    for grant, test in needed.read().items():
        tests[grant].append(test)
    for line in sorted(lines, key=lambda each: each["seconds"]):
        for grant in line["grants"]:
            if line["test"] not in tests[grant]:
                tests[grant].append(line["test"])
    return tests


def _keep(found: list[Trial], by_aws: dict[str, str]) -> None:
    removals = {str(trial.place.grant): trial.by for trial in found if trial.what == REMOVED and trial.by}
    needed.write({grant: test for grant, test in removals.items() if grant not in by_aws})
    (RESULTS / "policies.txt").write_text(_report(found, by_aws))


def _report(found: list[Trial], by_aws: dict[str, str]) -> str:
    survivors = [trial for trial in found if not trial.by]
    rows = [_row(*each) for each in _groups(found, by_aws)]
    return "\n".join(
        [
            f"python -m tests.permissions, {machine()}",
            "Each action on each resource of each statement is taken out of the synthesized templates; they are",
            "deployed so, and the test is run that needs it; then each without its conditions. Caught: a test failed.",
            "",
            _row("what", ("tried", "caught")),
            *rows,
            _row("all", (len(found), len(found) - len(survivors))),
            "",
            *(f"survived: {trial}" for trial in survivors),
        ]
    )


def _groups(found: list[Trial], by_aws: dict[str, str]) -> Iterator[tuple[str, tuple[int, int]]]:
    names = {id(trial): _name(trial, by_aws) for trial in found}
    tried_, caught = Counter(names.values()), Counter(names[id(trial)] for trial in found if trial.by)
    yield from ((name, (tried_[name], caught[name])) for name in sorted(tried_))


def _name(trial: Trial, by_aws: dict[str, str]) -> str:
    grant = trial.place.grant
    use = by_aws.get(str(grant), f"requests of {grant.owner.replace('/', ' ')}")
    return f"{use}, {trial.what}"


def _row(name: str, cells: tuple[object, object]) -> str:
    return f"{name:55}" + "".join(f"{cell!s:>8}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
