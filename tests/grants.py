"""Which grants of the functions' roles the tests need: those without which something would have been refused.

As a plugin it keeps what a process of tests has seen in the folder that TASTEMAKER_GRANTS names; as a program it lists
the grants that nothing needed:

    TASTEMAKER_GRANTS=build/grants python -m pytest -p tests.grants -n auto --dist loadfile tests/integration
    python -m tests.grants build/grants
"""

import json
import os
import sys
from pathlib import Path
from uuid import uuid4

from tastemaker_local.emulation.permissions.enforcement import Judge

_FOLDER = os.environ.get("TASTEMAKER_GRANTS")
_judges: list[Judge] = []


class _Kept(Judge):
    def __init__(self, **options: bool) -> None:
        super().__init__(**options)
        _judges.append(self)


def pytest_configure():
    """Keep every judge there will be."""
    if _FOLDER:
        import tastemaker_local.cloud  # noqa: PLC0415 - heavy

        tastemaker_local.cloud.Judge = _Kept


def pytest_sessionfinish():
    """Write what was known and needed."""
    if _FOLDER and _judges:
        folder = Path(_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        found = {name: sorted(set().union(*(_lines(getattr(each, name)) for each in _judges))) for name in _NAMES}
        (folder / f"{uuid4()}.json").write_text(json.dumps(found, indent=1))


def main() -> int:
    """List what nothing needed; return how that is to be judged."""
    found = [json.loads(path.read_text()) for path in Path(sys.argv[1]).glob("*.json")]
    known, needed = (set().union(*(each[name] for each in found)) for name in _NAMES)
    sys.stdout.write(f"{len(needed)} of {len(known)} grants are needed by a test; these are not:\n")
    sys.stdout.write("".join(f"  {line}\n" for line in sorted(known - needed)))
    return 0


def _lines(grants):
    return {" ".join([each.function, each.action, each.resource, *map(str, each.conditions)]) for each in grants}


_NAMES = ("known", "needed")

if __name__ == "__main__":
    sys.exit(main())
