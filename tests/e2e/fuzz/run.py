"""Sends calls one after the other and keeps the books."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from tests.e2e.fuzz.calls import Call, call, operations
from tests.e2e.fuzz.known import Known
from tests.e2e.fuzz.verdicts import Verdict, judge
from tests.e2e.fuzz.wire import NoAnswer, Wire


@dataclass
class Books:
    """What the calls came to."""

    said: Counter = field(default_factory=Counter)
    successes: Counter = field(default_factory=Counter)
    called: Counter = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    failures: list[tuple[Call, Verdict]] = field(default_factory=list)

    def enter(self, one: Call, verdict: Verdict, milliseconds: float) -> None:
        self.said[one.manner, verdict.said] += 1
        self.called[one.operation.name] += 1
        self.successes[one.operation.name] += verdict.said == "success"
        self.milliseconds.append(milliseconds)
        if verdict.wrong:
            self.failures.append((one, verdict))


def run(url: str, known: Known, numbers: Sequence[int], seed: int) -> Books:
    """Send the calls of these numbers, and judge each reply."""
    books, wire, among = Books(), Wire(url), operations()
    for number in numbers:
        one = call(number, seed, known, among)
        started = perf_counter()
        verdict = _verdict(wire, one, known)
        books.enter(one, verdict, (perf_counter() - started) * 1000)
    wire.close()
    return books


def _verdict(wire: Wire, one: Call, known: Known) -> Verdict:
    # A request that announces more or less than it sends cannot be followed by another on its connection.
    if not one.well_addressed:
        wire.close()
    try:
        answer = wire.ask(one.envelope)
    except NoAnswer as reason:
        return Verdict("no answer", str(reason))
    finally:
        if not one.well_addressed:
            wire.close()
    if answer.status == 200:
        known.learn(answer.body)
    return judge(one.operation, answer, well_addressed=one.well_addressed, well_encoded=one.well_encoded)
