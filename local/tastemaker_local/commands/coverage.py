"""`tastemaker coverage`: compares docs/coverage.md with the code, or writes it."""

import sys
from pathlib import Path

from tastemaker.bootstrap import operation_table
from tastemaker.wire import coverage
from tastemaker.wire.models import APIS

PAGE = Path("docs/coverage.md")


def run(*, write: bool) -> int:
    """Write the page into the clone one stands in, or return 1 where it is not what the code says."""
    text = coverage.page({api: coverage.answering(operation_table(api)) for api in APIS})
    if write:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{PAGE} is not what the code says: run `tastemaker coverage --write`\n")
    return 1
