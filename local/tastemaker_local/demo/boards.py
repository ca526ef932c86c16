"""Shows the progress of long work: moving bars on a terminal, plain lines everywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TaskProgressColumn, TextColumn
from rich.table import Column
from rich.text import Text

from tastemaker_local.demo.watching import Board, Sight

_LABEL = 27
_BAR, _ROOMY = 22, 96  # half a bar where columns are few: the phrases say more
_QUICK = 1.0  # seconds
_STEPS = 4  # a plain board speaks up at every quarter


@contextmanager
def board(console: Console) -> Iterator[Board]:
    """Show the progress of some jobs for as long as they take."""
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (
        TextColumn(f"  {{task.description:<{_LABEL}}}"),
        BarColumn(bar_width=_BAR if console.width >= _ROOMY else _BAR // 2),
        TaskProgressColumn(),
        _Seconds(),
        TextColumn("[dim]{task.fields[phrase]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=console, expand=True) as progress:
        yield Bars(progress)


class _Seconds(ProgressColumn):
    """The time a job has taken, to a tenth of a second once it is done."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished else task.elapsed
        return Text(f"{seconds or 0:5.1f} s", style="cyan")


class Bars:
    """One moving bar per job."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, label: str, sight: Sight) -> None:
        """Move a job's bar."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=1.0, phrase="")
        share = 1.0 if sight.done else min(sight.fraction, 0.99)
        self._progress.update(self._tasks[label], completed=share, phrase=_phrase(sight))


class Lines:
    """One line per job and quarter of its work, for files and pipes; quick jobs get one line in all."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._shown: dict[str, object] = {}
        self._begun: dict[str, float] = {}

    def show(self, label: str, sight: Sight) -> None:
        """Print how far a job has come, if that is news."""
        now = self._clock()
        seconds = now - self._begun.setdefault(label, now)
        over = sight.done or sight.failed
        news = sight.status if over else int(sight.fraction * _STEPS)
        if self._shown.get(label) != news and (over or seconds >= _QUICK):
            self._shown[label] = news
            percent = 100 if sight.done else int(sight.fraction * 100)
            line = f"  {label:<{_LABEL}} {percent:3d} %  {seconds:5.1f} s  {_phrase(sight)}"
            self._console.print(line, markup=False)


def _phrase(sight: Sight) -> str:
    if sight.done or sight.failed:
        return sight.status
    return sight.phrase or sight.status.removeprefix("CREATE ").replace("_", " ").lower()
