"""A release is of a tag that says what all files say."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import release
import tastemaker

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## 1.2.0 (2026-12-01)

### Added

- A thing.

## 1.1.0 (2026-11-01)

- Another.
"""
READY = release.Checkout(
    tags=("other", "v1.2.0"),
    changes=(),
    version="1.2.0",
    package='"""Doc."""\n\n__version__ = "1.2.0"\n',
    changelog=CHANGELOG,
    lasting="1.2.0",
)


def test_what_all_files_agree_on_is_a_release():
    assert READY.problems() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tags": ()}, "no tag v1.2.0"),
        ({"tags": ("v1.2.1", "1.2.0")}, "no tag v1.2.0"),
        ({"changes": (" M README.md",)}, "README.md"),
        ({"package": '__version__ = "1.1.0"\n'}, "__init__.py is not of version 1.2.0"),
        ({"lasting": "1.1.0"}, "released.json is of 1.1.0: renew it"),
        ({"changelog": CHANGELOG.replace("2026-12-01", "unreleased")}, "CHANGELOG.md has no section '## 1.2.0"),
        ({"changelog": CHANGELOG.replace("1.2.0", "1.2.0.1")}, "CHANGELOG.md has no section"),
        ({"changelog": "## 1.2.0 (2026-12-01)\n\n## 1.1.0 (2026-11-01)\n\n- Another.\n"}, "with anything in it"),
    ],
)
def test_whatever_disagrees_is_named(change, words):
    [problem] = replace(READY, **change).problems()

    assert words in problem


def test_every_problem_is_told_at_once():
    assert len(replace(READY, tags=(), changes=("?? new",), package="", changelog="", lasting="").problems()) == 5


def test_the_notes_are_the_section_of_the_version():
    assert READY.news() == "### Added\n\n- A thing."
    assert replace(READY, version="1.1.0").news() == "- Another."
    assert replace(READY, version="1.0.0").news() == ""


def test_the_versions_of_this_checkout_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == tastemaker.__version__


def test_sums_are_of_every_file_but_themselves(tmp_path):
    for name, text in (("b.whl", "two"), ("a.json", "one"), ("SHA256SUMS", "old"), ("SHA256SUMS.sig", "old")):
        (tmp_path / name).write_text(text)

    assert release.sums(tmp_path) == (
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a.json\n"
        "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  b.whl\n"
    )
