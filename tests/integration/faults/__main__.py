"""The program: `python -m tests.integration.faults [--scenes full incremental refused large] [--only TEXT]`."""

import argparse
import io
import logging
import sys
from contextlib import redirect_stderr
from time import perf_counter

from tastemaker_local.service import LocalService
from tests.integration.faults.stage import SCENES
from tests.integration.faults.sweep import clean_run, faulty_run


def main():
    """Let every call of every scene fail in every way; print the table, and say what is wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.integration.faults", description=__doc__)
    options.add_argument("--scenes", nargs="+", default=list(SCENES), choices=list(SCENES))
    options.add_argument("--only", default="", help="only cases whose line begins with this")
    given = options.parse_args()
    logging.disable()
    started, outcomes, seen = perf_counter(), [], set()
    with LocalService() as service:
        service.cloud.note_emptiness()
        for name in given.scenes:
            outcomes += _scene(service, name, seen, given.only)
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    seconds = perf_counter() - started
    _say(f"{len(outcomes)} runs, each with one call that failed, in {seconds:.0f} s; {len(wrong)} wrong")
    return 1 if wrong else 0


def _scene(service, name, seen, only):
    """Run one scene's cases; the large one only has those of operations that no other has."""
    scene = SCENES[name]()
    clean = clean_run(service, scene)
    new = {call.operation for call in clean.calls} - seen if name == "large" else None
    cases = [case for case in clean.cases() if new is None or case[0].operation in new]
    seen |= {call.operation for call in clean.calls}
    _say(f"\n{name}: {len(clean.calls)} side-effecting calls, {len(cases)} runs; without a fault {clean.status}")
    for call in clean.calls:
        _say(f"  {call!s:36} {clean.told[call]}")
    outcomes = []
    for call, fault in cases:
        if f"{call} {fault}".startswith(only):
            outcomes.append(_quietly(service, scene, clean, call, fault))
            _say(str(outcomes[-1]))
    return outcomes


def _quietly(service, scene, clean, call, fault):
    """Run one case; the traces of the faults that were injected are no news."""
    with redirect_stderr(io.StringIO()) as said:
        outcome = faulty_run(service, scene, clean, call, fault)
    if outcome.wrong:
        sys.stdout.write(said.getvalue()[-3000:])
    return outcome


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
