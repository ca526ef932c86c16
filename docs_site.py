"""What `make docs` needs beside mkdocs.yml: pages from outside of docs/, and links to files of the project.

The documents are written to be read in the repository, where a link may lead to any file. On the site the README is the
first page, and a linked file that is no page (a result, a source) is a text of its own below files/.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent
# Pages by where they lie in the project.
_PAGES = {"README.md": "index.md", "SECURITY.md": "SECURITY.md", "CHANGELOG.md": "CHANGELOG.md"}
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")
_linked: dict[str, str] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every decision into the navigation."""
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    section = next(entry for entry in config.nav if "Decisions" in entry)
    section["Decisions"] = [f"decisions/{name}" for name in ("README.md", *decisions)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside of docs/, and the files that pages link to."""
    for name, page in _PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    for page in list(files.documentation_pages()):
        for target in _targets(page.src_uri):
            if target not in _linked and (ROOT / target).is_file() and not _is_page(target):
                _linked[target] = f"files/{target}.txt"
                files.append(File.generated(config, _linked[target], content=(ROOT / target).read_text()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:  # noqa: ANN401 - what MkDocs passes to hooks
    """Let links lead where their files are on the site."""
    return _LINK.sub(lambda link: _moved(link, page.file.src_uri), markdown)


def _moved(link: re.Match[str], page: str) -> str:
    text, target, anchor = link[1], link[2], link[3] or ""
    found = _in_project(page, target)
    if (ROOT / found).is_dir():  # no page shows a folder
        return text
    there = _linked.get(found) or _on_site(found)
    return f"[{text}]({posixpath.relpath(there, posixpath.dirname(page) or '.')}{anchor})"


def _targets(page: str) -> set[str]:
    text = _source(page).read_text()
    return {_in_project(page, link[2]) for link in _LINK.finditer(text)}


def _in_project(page: str, target: str) -> str:
    """Return the path in the project that a link of a page means."""
    folder = _source(page).parent.relative_to(ROOT)
    return posixpath.normpath(posixpath.join(folder.as_posix(), target))


def _source(page: str) -> Path:
    outside = {on_site: name for name, on_site in _PAGES.items()}
    return ROOT / outside[page] if page in outside else ROOT / "docs" / page


def _is_page(path: str) -> bool:
    return path in _PAGES or path.startswith("docs/")


def _on_site(path: str) -> str:
    return _PAGES.get(path) or path.removeprefix("docs/")
