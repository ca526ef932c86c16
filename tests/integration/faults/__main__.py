"""The program: `python -m tests.integration.faults [--machines training export] [--every 17] [--only TEXT]`."""

import argparse
import io
import logging
import platform
import sys
from collections import Counter
from contextlib import redirect_stderr
from datetime import UTC, datetime
from time import perf_counter

from tastemaker_local.service import LocalService
from tests.integration.faults.calls import FAULTS
from tests.integration.faults.machines import MACHINES
from tests.integration.faults.stage import Stage, hurried
from tests.integration.faults.sweep import clean_run, faulty_run

_LEGEND = """\
converged: ended as without a fault, and others see what they see then. failed: the record says so with a reason, and
others see what they saw before. In all runs one try more of the same succeeds. wrong: anything else.
"""


def main():
    """Let every call of every machine fail in every way; print the tables, and say what is wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.integration.faults", description=__doc__)
    options.add_argument("--machines", nargs="+", default=list(MACHINES), choices=list(MACHINES))
    options.add_argument("--every", type=int, default=1, help="only every so many cases")
    options.add_argument("--only", default="", help="only cases of which this is a part")
    given = options.parse_args()
    logging.disable()
    command = "python -m tests.integration.faults " + " ".join(sys.argv[1:])
    _say(f"{command.strip()}, {platform.machine()}, {datetime.now(UTC).date()}\n{_LEGEND}")
    started, counts = perf_counter(), {}
    with LocalService() as service, hurried():
        service.cloud.note_emptiness()
        for name in given.machines:
            counts[name] = _machine(service, name, given)
    _say(summary(counts))
    runs, wrong = (sum(len(each) for each in counts.values()), sum(map(_wrong, counts.values())))
    _say(f"{runs} runs, each with one call that failed, in {perf_counter() - started:.0f} s; {wrong} wrong")
    return 1 if wrong else 0


def _machine(service, name, given):
    """Run one machine's cases, and return their outcomes."""
    stage = Stage(service, MACHINES[name])
    clean = clean_run(stage)
    named = (MACHINES[name].cases, given.only)
    cases = [case for case in clean.cases() if all(part in f"{case[0]} {case[1]}" for part in named)][:: given.every]
    _say(f"{name}: {len(clean.calls)} side-effecting calls, {len(cases)} runs; without a fault {clean.status}")
    outcomes = [_quietly(stage, clean, call, fault) for call, fault in cases]
    _say(_table(clean, outcomes))
    return [(outcome.fault, _cell(clean, outcome)) for outcome in outcomes]


def _quietly(stage, clean, call, fault):
    """Run one case; the traces of the faults that were injected are no news."""
    with redirect_stderr(io.StringIO()) as said:
        outcome = faulty_run(stage, clean, call, fault)
    if outcome.wrong:
        _say(str(outcome))
        sys.stderr.write(f"{said.getvalue()[-3000:]}\n")
    return outcome


_ENDS = ("converged", "failed", "wrong")


def summary(counts):
    """Return machines x faults x outcomes: how many converged, failed with a reason, and, if any, were wrong."""
    heads = [["", *(fault.how for fault in FAULTS)], ["machine", *(_side(fault) for fault in FAULTS)]]
    rows = [[name, *(_ends(of, fault) for fault in FAULTS), *_totals(of)] for name, of in counts.items()]
    every = [each for of in counts.values() for each in of]
    rows = [
        *heads[:1],
        heads[1] + ["runs", *_ENDS],
        *rows,
        ["all", *(_ends(every, f) for f in FAULTS), *_totals(every)],
    ]
    return "".join(f"{row[0]:19}" + "".join(f"{cell!s:>12}" for cell in row[1:]) + "\n" for row in rows)


def _side(fault):
    return "after" if fault.after else "before"


def _ends(of, fault):
    """Return the outcomes of one fault: 12+3, or 12+3+1 with one that is wrong."""
    counts = Counter(end for other, end in of if other == fault)
    return "+".join(str(counts[end]) for end in _ENDS[: 3 if counts["wrong"] else 2]) if counts else ""


def _totals(of):
    counts = Counter(end for _, end in of)
    return [len(of), *(counts[end] for end in _ENDS)]


def _wrong(of):
    return sum(end == "wrong" for _, end in of)


def _table(clean, outcomes):
    """Return a row for each call and a column for each way to fail."""
    cells = {(outcome.call, outcome.fault): _cell(clean, outcome) for outcome in outcomes}
    calls = [call for call in clean.calls if any(call == failed for failed, _ in cells)]
    heads = [_row([fault.how for fault in FAULTS], ""), _row(map(_side, FAULTS), "")]
    return "\n".join([*heads, *(_row([cells.get((call, f), "") for f in FAULTS], str(call)) for call in calls), ""])


def _row(cells, call):
    return "".join(f"{cell:12}" for cell in cells) + call


def _cell(clean, outcome):
    if outcome.wrong:
        return "wrong"
    same = outcome.ended.startswith(clean.status) and "internal error" not in outcome.ended
    return "converged" if same else "failed"


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
