"""The program: `python -m tests.e2e.fuzz [--calls 20000] [--seed 1] [--only NUMBER ...] [--url URL]`."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tastemaker_local.demo import endpoint
from tests.e2e.fuzz import stage
from tests.e2e.fuzz.calls import MANNERS
from tests.e2e.fuzz.run import Books, run

_SHOWN = 40


def main() -> int:
    """Run the calls, print the table, and say of each wrong reply how to make its call again."""
    options = argparse.ArgumentParser(prog="python -m tests.e2e.fuzz", description=__doc__)
    options.add_argument("--calls", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", type=int, nargs="+", help="make the calls of these numbers alone")
    given = options.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        service = stack.enter_context(endpoint.started(folder / "data", folder / "service.log"))
        clients = endpoint.connect(service.wait_until_ready())
        known = stage.build(clients)
        started = perf_counter()
        books = run(service.url, known, given.only or range(given.calls), given.seed)
        seconds = perf_counter() - started
        sys.stdout.write(table(books, given.seed, seconds))
        sys.stdout.write("".join(failures(books)))
        _show_log(folder / "service.log")
    return 1 if books.failures else 0


def table(books: Books, seed: int, seconds: float) -> str:
    """Return the figures."""
    times = sorted(books.milliseconds)
    count = len(times)
    successes = sum(books.successes.values())
    deep = sum(number > 0 for number in books.successes.values())
    lines = [
        f"seed {seed}: {count} calls of {len(books.called)} operations in {seconds:.0f} s",
        f"{successes} successes, of {deep} operations; {len(books.failures)} wrong replies",
        f"p50 {times[count // 2]:.1f} ms, p99 {times[count * 99 // 100]:.1f} ms, longest {times[-1]:.0f} ms",
        f"{'reply':40}" + "".join(f"{manner:>17}" for manner in MANNERS),
    ]
    lines += [
        f"{said:40}" + "".join(f"{books.said[manner, said]:17}" for manner in MANNERS)
        for said in sorted({said for _, said in books.said})
    ]
    never = sorted(name for name in books.called if not books.successes[name])
    return "\n".join([*lines, f"never succeeded: {', '.join(never) or 'none'}", ""])


def failures(books: Books) -> list[str]:
    """Return the wrong replies, each with its call."""
    return [
        f"\n{one.number} {one.operation.name} ({one.manner}): {verdict.said}: {verdict.wrong}\n"
        f"  {one.envelope.bytes()[:1500]!r}\n"
        for one, verdict in books.failures[:_SHOWN]
    ]


def _show_log(log: Path) -> None:
    if "Traceback" in (text := log.read_text(errors="replace")) or '"ERROR"' in text:
        sys.stdout.write(f"\nthe service's log:\n{text[-6000:]}\n")


if __name__ == "__main__":
    sys.exit(main())
