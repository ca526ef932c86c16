"""Chromium without a window: what a page became, and what its console said."""

import functools
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = Path(__file__).parent / "pages"
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--window-size=800,760"),
)
_CONSOLE = re.compile(r"CONSOLE[:(]\d+\)?\] (.*)")


@dataclass(frozen=True)
class Visit:
    """A page when it had come to rest."""

    dom: str
    console: list[str]

    def text(self, element: str) -> str:
        """The text of the element with an id."""
        [inner] = re.findall(rf'<(\w+) id="{element}">(.*?)</\1>', self.dom, re.DOTALL)
        return re.sub(r"<[^>]*>", " ", inner[1]).strip()


@contextmanager
def site() -> Iterator[str]:
    """Serve the pages from an origin of their own."""
    handler = functools.partial(_Quiet, directory=str(PAGES))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def visit(url: str, folder: Path, *, screenshot: Path | None = None) -> Visit:
    """Open a page with a profile of its own, and wait until it asks nothing any more."""
    command = [CHROMIUM, *_QUIET, f"--user-data-dir={folder}", "--enable-logging=stderr", "--virtual-time-budget=20000"]
    command += ["--dump-dom", *([f"--screenshot={screenshot}"] if screenshot else []), url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603 - our own page
    return Visit(done.stdout, _CONSOLE.findall(done.stderr))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""
