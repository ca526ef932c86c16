"""The program: `python -m tests.integration.faults [--scenes full incremental refused large] [--only TEXT]`."""

import argparse
import io
import logging
import platform
import sys
from contextlib import redirect_stderr
from datetime import UTC, datetime
from time import perf_counter

from tastemaker_local.service import LocalService
from tests.integration.faults.calls import FAULTS
from tests.integration.faults.stage import SCENES
from tests.integration.faults.sweep import clean_run, faulty_run

_LEGEND = """\
same: ended as without a fault, the dataset reads the clean run's snapshot. failed: CREATE FAILED with a reason, the
dataset reads the old snapshot. In all runs the next import succeeds and leaves nothing of what it replaced.
"""


def main():
    """Let every call of every scene fail in every way; print the tables, and say what is wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.integration.faults", description=__doc__)
    options.add_argument("--scenes", nargs="+", default=list(SCENES), choices=list(SCENES))
    options.add_argument("--only", default="", help="only cases whose line begins with this")
    given = options.parse_args()
    logging.disable()
    _say(f"python -m tests.integration.faults, {platform.machine()}, {datetime.now(UTC).date()}\n{_LEGEND}")
    started, outcomes, seen = perf_counter(), [], set()
    with LocalService() as service:
        service.cloud.note_emptiness()
        for name in given.scenes:
            outcomes += _scene(service, name, seen, given.only)
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    _say("".join(f"{outcome}\n" for outcome in wrong))
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
    chosen = [(call, fault) for call, fault in cases if f"{call} {fault}".startswith(only)]
    _say(f"{name}: {len(clean.calls)} side-effecting calls, {len(chosen)} runs; without a fault {clean.status}")
    outcomes = [_quietly(service, scene, clean, call, fault) for call, fault in chosen]
    _say(_table(clean, outcomes))
    return outcomes


def _quietly(service, scene, clean, call, fault):
    """Run one case; the traces of the faults that were injected are no news."""
    with redirect_stderr(io.StringIO()) as said:
        outcome = faulty_run(service, scene, clean, call, fault)
    if outcome.wrong:
        sys.stderr.write(f"{outcome}\n{said.getvalue()[-3000:]}\n")
    return outcome


def _table(clean, outcomes):
    """Return a row for each call and a column for each way to fail."""
    cells = {(outcome.call, outcome.fault): _cell(clean, outcome) for outcome in outcomes}
    calls = [call for call in clean.calls if any(call == failed for failed, _ in cells)]
    head = f"{'':26}{'before it takes effect':65}after\n" + _row("call", [fault.how for fault in FAULTS])
    rows = [_row(call, [cells.get((call, fault), "") for fault in FAULTS]) for call in calls]
    return "\n".join([head, *rows, "", *(f"{call!s:26}{clean.told[call]}" for call in calls), ""])


def _row(call, cells):
    return (f"{call!s:26}" + "".join(f"{cell:13}" for cell in cells)).rstrip()


def _cell(clean, outcome):
    if outcome.wrong:
        return "WRONG"
    return "same" if outcome.ended.startswith(clean.status) and "internal error" not in outcome.ended else "failed"


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
