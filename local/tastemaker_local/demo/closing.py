"""The end of the story: what took how long, and what to try next."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tastemaker_local.demo import views
from tastemaker_local.demo.building import GROUP
from tastemaker_local.demo.endpoint import REGION, Service
from tastemaker_local.demo.options import Options

_URL = "http://127.0.0.1:8000"


def say_goodbye(
    out: Console, options: Options, service: Service, ask: str, stages: Sequence[tuple[str, float]]
) -> None:
    """Print timings, the endpoint and four lines to try, `ask` the last; with --keep, serve until Ctrl-C."""
    out.print()
    out.rule("[bold]Your turn[/]", align="left", style="cyan")
    url = service.url if options.keep else _URL
    out.print(views.next_steps(_steps(options, url, ask)), soft_wrap=True)
    out.print()
    out.print(views.timings(stages))
    if options.keep:
        _keep(out, service)


def _steps(options: Options, url: str, ask: str) -> dict[str, str]:
    again = f"{_program()} local --port {url.rpartition(':')[2]} --data {shlex.quote(str(options.data))}"
    keys = "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
    start = {f"the endpoint {url} is running until Ctrl-C; later, with all of the above in it, again:": again}
    if not options.keep:
        start = {f"start the endpoint {url} again, with all of the above in it:": again}
    return start | {
        "look at it in a browser:": f"{url}/console/#/g/{GROUP}",
        "point any AWS client at it:": f"export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION={REGION} {keys}",
        "and ask, from a second terminal:": ask,
    }


def _program() -> str:
    """Return the command as it can be typed here."""
    path = Path(sys.executable).with_name("tastemaker")
    if not path.exists():
        return "tastemaker"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _keep(out: Console, service: Service) -> None:
    out.print("\n[green]●[/] serving; Ctrl-C stops it")
    try:
        service.wait()
    except KeyboardInterrupt:
        out.print("stopped")
