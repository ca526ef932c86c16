"""`tastemaker local`: runs a whole local AWS with Tastemaker in it, until a signal comes."""

import argparse
import math
import os
import signal
import sys
from pathlib import Path
from threading import Event

from tastemaker.domain.resources.quotas import BadQuota, Quotas
from tastemaker.wire.origins import BadOrigin, Origins
from tastemaker_local import surroundings
from tastemaker_local.commands import arguments
from tastemaker_local.service import REFUSALS, LocalService

# On a signal there is nobody left to wait for: what was acknowledged is stored, what runs starts again next time.
_NO_PATIENCE = 0.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the address, the data and what differs from AWS's defaults."""
    parser.add_argument(
        "--port", type=arguments.port, default=8000, help="port to listen at (default: 8000; 0: any free one)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder in which everything outlives a restart")
    parser.add_argument(
        "--assembly", type=Path, metavar="DIR", help="deploy these templates (a cdk.out), not the app's"
    )
    parser.add_argument(
        "--training-day",
        type=_seconds,
        metavar="SECONDS",
        help="let the days between automatic trainings pass this fast (default: 86400, real days)",
    )
    parser.add_argument(
        "--no-automatic-training",
        dest="automatic_training",
        action="store_false",
        help="let no solution and no recommender train by itself; all else that happens by itself goes on",
    )
    parser.add_argument(
        "--task-memory",
        type=arguments.megabytes,
        default=0,
        metavar="MB",
        help="limit steps as tastemaker:task_memory does, and as Lambda to 15 minutes: what takes more runs in a "
        "container, a process of its own (default: no limit)",
    )
    parser.add_argument("--verbose", action="store_true", help="print a line for each request")
    parser.add_argument(
        "--strict", action="store_true", help="refuse what AWS would refuse, though we can do it (docs/differences.md)"
    )
    parser.add_argument(
        "--quota",
        action="append",
        default=[],
        type=_quota,
        metavar="NAME=NUMBER",
        help="change a quota, such as dataset-groups=20 (may be repeated; docs/quotas.md lists them)",
    )
    parser.add_argument(
        "--cors-origins",
        nargs="+",
        type=_origins,
        metavar="ORIGIN",
        help="whose pages may call from a browser, such as https://dev.example or http://192.168.1.5:* "
        "(default: pages of this machine, http://localhost:* and its like; *: all; none: no page)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    end = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    surroundings.forget_user_settings()
    names = ("port", "host", "data", "assembly", "training_day", "automatic_training")
    names += ("verbose", "strict", "task_memory")
    settings = {name: getattr(options, name) for name in names}
    if options.cors_origins is not None:
        settings["cors_origins"] = [name for origins in options.cors_origins for name in origins.patterns]
    return _serve(settings | {"quotas": dict(options.quota)}, end)


def _origins(text: str) -> Origins:
    try:
        return Origins.of("" if text == "none" else text)
    except BadOrigin as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _quota(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    try:
        return Quotas.of({name: int(value) if value.isdecimal() else value}).changed[0]
    except BadQuota as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _seconds(text: str) -> float:
    seconds = arguments.number(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return seconds


def _serve(settings: dict[str, object], end: Event) -> int:
    try:
        service = LocalService(**settings, announce=arguments.say).__enter__()  # type: ignore[arg-type]
    except (*REFUSALS, BadQuota) as error:
        arguments.say(str(error))
        return arguments.UNFIT
    print(f"ready {service.url}\nconsole {service.console}", flush=True)
    end.wait()
    service.stop(patience=_NO_PATIENCE)
    # Work under way is in threads that nothing can end; leaving at once is what a killed Lambda does.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
