"""A coverage-guided fuzz of the filter language: whatever text comes, it is read or refused, and at once.

Run: make fuzz-filters, or .venv/bin/python -m tests.unit.domain.filters.fuzz [--executions 1000000]
"""

import argparse
import platform
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import atheris

with atheris.instrument_imports(include=["tastemaker.domain"]):
    from tastemaker.domain.filters.expressions import Filter
    from tastemaker.domain.filters.language import InvalidFilter, parse_filter
    from tastemaker.domain.filters.values import InvalidValues, bind, parse_values

RESULTS = Path(__file__).parents[4] / "bench" / "results" / "filters-fuzz.txt"
LONGEST = 4_000  # characters, of which an expression may have 2,500
LONGEST_MESSAGE = 2_700
BOUND = 0.25  # seconds of this process for one text
SEEDS = (
    "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (\"*\") IF CurrentUser.AGE < 18 AND CurrentUser.CITY NOT IN ('a')",
    "INCLUDE ItemID WHERE Items.PRICE <= ($P) OR Items.GENRE IN CurrentItem.GENRE | EXCLUDE ItemID WHERE Items.A != 1",
    'INCLUDE UserID WHERE Users.NAME IN ($N) AND Users.AGE >= -1.5e3|EXCLUDE UserID WHERE Users.B = "say \\"hi\\""',
    "EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE = *",
    '"comedy","dra\\"ma", 20',
)
WORDS = (
    *("INCLUDE ", "EXCLUDE ", "ItemID ", "UserID ", "ActionID ", " WHERE ", "Items.", "Interactions.", "Users."),
    *("Actions.", "Action_Interactions.", "EVENT_TYPE", " IN ", " NOT IN ", " AND ", " OR ", " IF ", "CurrentUser."),
    *("CurrentItem.", "$P", "('a')", "(*)", " | ", "<=", ">=", "!=", '\\"', "1e3", "\u201c", "\u0406", "\u202e"),
)


class Watch:
    """Runs texts, counts what becomes of them, and keeps the slowest; anything unforeseen stops the fuzz."""

    def __init__(self, executions: int) -> None:
        self.executions, self.done, self.begun = executions, 0, process_time()
        self.told: Counter[str] = Counter()
        self.slowest = (0.0, "")

    def __call__(self, data: bytes) -> None:
        text = atheris.FuzzedDataProvider(data[1:]).ConsumeUnicode(LONGEST) if data[:1] == b"\0" else _text(data)
        begun = process_time()
        self.told["expressions " + _expression(text)] += 1
        self.told["values " + _values(text)] += 1
        taken = process_time() - begun
        self.slowest = max(self.slowest, (taken, text))
        if taken > BOUND:
            raise RuntimeError(f"{taken:.2f} s for {text!r}")
        self.done += 1
        if self.done == self.executions:  # libFuzzer ends the process itself
            sys.stdout.write(self.report())
            sys.stdout.flush()
            RESULTS.write_text(self.report())

    def report(self) -> str:
        """Return the figures."""
        seconds = process_time() - self.begun
        head = f"$ {' '.join(['python', '-m', 'tests.unit.domain.filters.fuzz', *sys.argv[1:]])}"
        about = f"{platform.machine()}, Python {platform.python_version()}, {datetime.now(UTC).date()}"
        told = ", ".join(f"{count:,} {what}" for what, count in sorted(self.told.items()))
        slow = f"longest {self.slowest[0] * 1000:.1f} ms, {len(self.slowest[1])} characters"
        return (
            f"{head}\n{about}\n{self.done:,} executions in {seconds:.0f} s of CPU, no crash, no hang: {told}; {slow}\n"
        )


def _text(data: bytes) -> str:
    return data.decode(errors="replace")[:LONGEST]


def _expression(text: str) -> str:
    parse_filter.cache_clear()
    try:
        found = parse_filter(text)
    except InvalidFilter as refusal:
        _check(str(refusal))
        return "refused"
    assert isinstance(found, Filter)
    bind(found, dict.fromkeys(found.parameters, "1"))
    return "read"


def _values(text: str) -> str:
    try:
        assert parse_values(text)
    except InvalidValues as refusal:
        _check(str(refusal))
        return "refused"
    return "read"


def _check(message: str) -> None:
    assert message.isprintable()
    assert len(message) <= LONGEST_MESSAGE


def main() -> None:
    """Fuzz, print the figures and keep them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--executions", type=int, default=1_000_000)
    given = options.parse_args()
    with TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, seed in enumerate(SEEDS):
            (corpus / str(number)).write_text(seed)
        words.write_text("\n".join(f'"{_escaped(word)}"' for word in WORDS) + "\n")
        limits = [f"-runs={given.executions}", f"-max_len={2 * LONGEST}", "-timeout=5", "-seed=1", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *limits, f"-dict={words}", str(corpus)], Watch(given.executions))
        atheris.Fuzz()


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    main()
