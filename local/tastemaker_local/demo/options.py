"""What `tastemaker demo` can be asked for on the command line."""

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tastemaker_local.commands import arguments

_ABOUT = "Run the main job on real data: import, train, measure, deploy, recommend, and react to an event."
QUICK_HOUSEHOLDS = 300


@dataclass(frozen=True, slots=True)
class Options:
    """The demo's settings; `households` None means all of them, `port` 0 any free one."""

    data: Path
    port: int
    keep: bool
    households: int | None


def parse(argv: Sequence[str]) -> Options:
    """Read the command line."""
    parser = ArgumentParser(prog="tastemaker demo", description=_ABOUT)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_HOUSEHOLDS} households only, in under a minute")
    parser.add_argument("--keep", action="store_true", help="leave the service running at the end, until Ctrl-C")
    parser.add_argument("--port", type=arguments.port, default=0, help="port of the service (default: any free one)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".tastemaker/demo"),
        help="folder the service keeps everything in (default: %(default)s); an earlier demo's is replaced",
    )
    namespace = parser.parse_args(argv)
    return Options(namespace.data, namespace.port, namespace.keep, QUICK_HOUSEHOLDS if namespace.quick else None)
