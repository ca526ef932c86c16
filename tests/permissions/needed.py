"""The committed list: each grant that functions of local mode use, with a test that fails without it."""

from pathlib import Path

FILE = Path(__file__).parent / "needs.txt"
_HEAD = """\
# Grants that functions use by requests of their own, and for each a test that fails where it is taken away.
# Written by `python -m tests.permissions` (make mutations), which has seen each of these tests fail.
"""


def read() -> dict[str, str]:
    """Return the tests by grant."""
    lines = (line for line in FILE.read_text().splitlines() if not line.startswith("#"))
    return dict(line.split(" <- ") for line in lines)


def write(tests: dict[str, str]) -> None:
    """Keep a new list."""
    FILE.write_text(_HEAD + "".join(f"{grant} <- {test}\n" for grant, test in sorted(tests.items())))
