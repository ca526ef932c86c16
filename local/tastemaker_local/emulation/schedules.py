"""Does what EventBridge does on a schedule: moto keeps the rules and never looks at them."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from threading import Event, Thread
from time import monotonic
from typing import Any

from moto.events.models import Rule, events_backends

from tastemaker_local.emulation import executions
from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import report

DAY = 86_400.0
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": DAY}
# Rules come and go, and regions are deployed when they are first asked for.
_LONGEST_WAIT = 60.0
_SHORTEST_RATE = 1.0


class Schedules:
    """Starts the state machines that enabled rules with a rate name, as often as the rate says.

    `day` lets the days of a demonstration pass in so many seconds: rates shrink with it, and a machine whose input says
    how long a day is, is told. So is one whose input says that there is to be training, if there is to be none.
    """

    def __init__(
        self,
        regions: Callable[[], Iterable[str]],
        *,
        day: float = DAY,
        training: bool = True,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._regions = regions
        self._day = day
        self._training = training
        self._clock = clock
        self._next: dict[str, float] = {}
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        """Begin to look at the rules."""
        self._thread.start()

    def stop(self) -> None:
        """Start nothing any more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def begin_again(self) -> None:
        """Forget when rules were due: each is first due after its rate."""
        self._next = {}

    def look(self) -> float:
        """Start what is due, and return for how many seconds nothing will be; a rule is first due after its rate."""
        now, following = self._clock(), dict[str, float]()
        for region, rule, every in self._rules():
            due = self._next.get(rule.arn, now + every)
            if due <= now:
                self._fire(region, rule)
                due = now + every
            following[rule.arn] = due
        self._next = following
        return min([_LONGEST_WAIT, *(due - now for due in following.values())])

    def _run(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            wait = self.look()

    def _rules(self) -> Iterator[tuple[str, Rule, float]]:
        for region in list(self._regions()):
            for rule in list(events_backends[ACCOUNT][region].event_buses["default"].rules.values()):
                rate = _RATE.fullmatch(rule.scheduled_expression or "")
                if rate and rule.state == "ENABLED":
                    seconds = int(rate[1]) * _SECONDS[rate[2]] * self._day / DAY
                    yield region, rule, max(_SHORTEST_RATE, seconds)

    def _fire(self, region: str, rule: Rule) -> None:
        try:
            for target in rule.targets:
                if ":stateMachine:" in target["Arn"]:
                    executions.start(region, target["Arn"], self._input(target))
        except Exception:  # noqa: BLE001 - somebody's rule that names nothing must not end all schedules
            report(f"the rule {rule.name}")

    def _input(self, target: dict[str, Any]) -> str:
        members = json.loads(target.get("Input") or "{}")
        ours = {"day": self._day} | ({} if self._training else {"training": False})
        return json.dumps(members | {name: value for name, value in ours.items() if name in members})
