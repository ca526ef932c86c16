"""The story that the demo tells: from CSV files to an event that changes the next recommendation."""

import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from tastemaker_local.commands.terminals import Stages, console
from tastemaker_local.demo import endpoint, views
from tastemaker_local.demo.closing import say_goodbye
from tastemaker_local.demo.endpoint import Service, ServiceFailed
from tastemaker_local.demo.groceries import DataMissing, Groceries, data_folder
from tastemaker_local.demo.options import Options, parse
from tastemaker_local.demo.preparing import Preparation
from tastemaker_local.demo.shopping import Shopping
from tastemaker_local.demo.watching import WorkFailed
from tastemaker_local.persistence.data_folder import DEMOS, DataFolder, FolderInUse, UnfitFolder

_INTERRUPTED = 130


class FolderTaken(Exception):
    """The data folder holds something that is not an earlier demo's."""


_EXPECTED = (WorkFailed, ServiceFailed, DataMissing, FolderTaken, FolderInUse, ClientError, BotoCoreError)


def run(argv: Sequence[str]) -> int:
    """Tell the story; return 0, or 1 with the reason printed."""
    options, out = parse(argv), console()
    try:
        with _terminable():
            _tell(options, out)
    except KeyboardInterrupt:
        out.print("\nStopped, and the service with it.")
        return _INTERRUPTED
    except _EXPECTED as problem:
        out.print(f"\n✗ {problem}", style="bold red", markup=False)
        return 1
    return 0


def _tell(options: Options, out: Console) -> None:
    groceries = Groceries(data_folder(), households=options.households)
    make_room(options.data)
    stages = Stages(out)
    out.print(views.opening())
    with (
        TemporaryDirectory(prefix="tastemaker-demo-") as folder,
        endpoint.started(options.data, Path(folder, "service.log"), options.port) as service,
    ):
        clients = endpoint.connect(_ready(service, stages, out))
        shop = Preparation(clients, groceries, stages, out).shop(Path(folder))
        shopping = Shopping(clients, groceries, shop, out)
        _open(shopping, stages)
        say_goodbye(out, options, service, shopping.question(), stages.taken)


def _ready(service: Service, stages: Stages, out: Console) -> str:
    with stages.stage("start", "A local AWS, from the templates that CDK deploys"), out.status("starting") as status:
        url = service.wait_until_ready(lambda line: status.update(line.removeprefix("tastemaker: ")))
    out.print(f"  [green]✓[/] ready at [bold]{url}[/]")
    return url


def _open(shopping: Shopping, stages: Stages) -> None:
    with stages.stage("shopping", "Recommendations"):
        shopping.recommend()
        shopping.relate()
        shopping.rank()
    with stages.stage("event", "Five events, and the next recommendation"):
        shopping.buy()
    with stages.stage("500 calls", "How fast"):
        shopping.hurry()


def make_room(folder: Path) -> None:
    """Empty the data folder if an earlier demo made it; refuse to touch anything else."""
    marker = folder / DEMOS
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise FolderTaken(f"{folder} holds something else than an earlier demo; choose another folder with --data.")
    if marker.exists():
        with suppress(UnfitFolder):  # what an earlier demo left before it had any data
            DataFolder(folder).close()  # raises FolderInUse: a service that is running keeps its data
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.touch()


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM clean up just as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
