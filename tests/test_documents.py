"""What the documents say of the code is there: paths, the lengths of pages, the numbers of decisions."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECISIONS = ROOT / "docs" / "decisions"
GUIDES = sorted((ROOT / "docs" / "getting-started").glob("*.md"))
PAGES = [
    *(ROOT / "README.md", ROOT / "SECURITY.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *GUIDES,
    *sorted(DECISIONS.glob("*.md")),
]
# Where a path may begin: the project, or the asset, whose wings everybody calls by their short names.
ROOTS = (ROOT, ROOT / "lambdas" / "tastemaker", ROOT / "local" / "tastemaker_local")
PATH = re.compile(r"((?<![\w./-])(?:[\w-]+/)+[\w.*-]+\.(?:py|md|json|txt|toml|sh))|\]\((?!https?:)([^)#]+)")
# Numbers that no decision has; docs/decisions/README.md says why.
UNUSED = {6, 16, 66, 67}


def paths_in(page: Path) -> list[str]:
    """Return the files that a page names, in its words or by a link."""
    found = PATH.findall(page.read_text())
    return [word or str((page.parent / link).resolve()) for word, link in found if link or _is_ours(word)]


def _is_ours(path: str) -> bool:
    """Whether a path begins in a folder of the project; customers' files do not."""
    return any((root / path.split("/", maxsplit=1)[0]).is_dir() for root in ROOTS)


def is_there(path: str) -> bool:
    """Whether a path is in the project, or in the asset under its short name."""
    return Path(path).exists() if path.startswith("/") else any(any(root.glob(path)) for root in ROOTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_is_there(page):
    assert [path for path in paths_in(page) if not is_there(path)] == []


def test_a_path_that_is_not_there_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "`recipes/serving.py`, `recipes/contract.py: Recipe`, [a](nowhere.md), [b](page.md), [c](https://a.b/c)"
    )

    assert [path for path in paths_in(page) if not is_there(path)] == [
        "recipes/serving.py",
        str(tmp_path / "nowhere.md"),
    ]


def test_the_architecture_fits_on_one_page():
    assert len((ROOT / "docs" / "architecture.md").read_text().splitlines()) <= 120
    assert len((ROOT / "README.md").read_text().splitlines()) <= 140


def test_guides_are_short():
    assert [page.name for page in GUIDES if len(page.read_text().splitlines()) > 120] == []


def test_decisions_are_short_and_in_the_index():
    decisions = sorted(DECISIONS.glob("0*.md"))
    index = (DECISIONS / "README.md").read_text()

    assert [path.name for path in decisions if len(path.read_text().splitlines()) > 40] == []
    assert [
        path.name for path in decisions if f"]({path.name}) {path.read_text().splitlines()[0][2:]}\n" not in index
    ] == []


def test_every_number_of_a_decision_is_used_or_explained():
    numbers = {int(path.name[:4]) for path in DECISIONS.glob("0*.md")}

    assert set(range(1, max(numbers) + 1)) - numbers == UNUSED
