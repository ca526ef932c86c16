"""Events of three sources and of none while the service is killed: what each source brought is exact, each event once.

    python -m tests.e2e.attributed [--events 100000] [--kills 2] [--clients 8] [--seed 1]

Clients put events with ids of their own, one in a hundred twice, and send a call that was not answered again until it
is. Meanwhile the schedule looks, and the service is killed while it does: once while it reads events, once while a
chunk of totals is on its way to CloudWatch, and so on in turn. At the end the same events are imported with a report;
the service is killed once more while it imports.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.reports import machine
from tests.e2e.attributed.runs import Result, run
from tests.e2e.attributed.tables import report


def main() -> int:
    """Run, and print the figures."""
    options = argparse.ArgumentParser(prog="python -m tests.e2e.attributed", description=__doc__)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--kills", type=int, default=2)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--seed", type=int, default=1)
    given = vars(options.parse_args())
    with TemporaryDirectory() as folder:
        result: Result = run(Path(folder), **given)
    command = " ".join(["python -m tests.e2e.attributed", *(f"--{name} {value}" for name, value in given.items())])
    sys.stdout.write(f"$ {command}\n{machine()}\n\n{report(result)}")
    return 1 if any(result.problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
