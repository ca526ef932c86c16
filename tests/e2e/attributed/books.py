"""What is sent, and what it must come to: sums by metric, source and quarter of an hour."""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.e2e.kills import Answered

WINDOW, DAY = 900, 86_400
UNDEFINED = "SOURCE_NAME_UNDEFINED"
METRICS = [
    {"metricName": "views", "eventType": "View", "expression": "SAMPLECOUNT()"},
    {"metricName": "value", "eventType": "Purchase", "expression": "SUM(Interactions.EVENT_VALUE)"},
    {"metricName": "revenue", "eventType": "Purchase", "expression": "SUM(Items.PRICE)"},
]
TYPES = ("View", "View", "View", "Purchase", "Purchase", "Click")
ITEMS = 50
CALL = 10  # events of one user
# By metric, source and when its window begins: how many values, and their sum.
Sums = dict[tuple[str, str, int], tuple[int, float]]
COLUMNS = (
    "USER_ID",
    "ITEM_ID",
    "TIMESTAMP",
    "EVENT_TYPE",
    "EVENT_VALUE",
    "RECOMMENDATION_ID",
    "EVENT_ATTRIBUTION_SOURCE",
)


def price(item: str) -> float:
    """Return an item's price; it is of quarters, as every amount here, so that a sum is exact in any order."""
    return int(item[1:]) / 4


@dataclass(frozen=True, slots=True)
class Sent:
    """One event, and whose merit it is."""

    id: str
    type: str
    user: str
    item: str
    moment: int
    value: float
    source: str
    letter: str | None = None
    answer: str | None = None

    def with_another_clock(self) -> "Sent":
        """Return it as somebody would send it again later, of another quarter of an hour."""
        return replace(self, moment=self.moment - 2 * WINDOW)

    def event(self) -> dict[str, object]:
        """Return it as PutEvents takes it."""
        own = {"eventId": self.id, "eventType": self.type, "itemId": self.item, "sentAt": self.moment}
        letter = {"metricAttribution": {"eventAttributionSource": self.letter}} if self.letter else {}
        answer = {"recommendationId": self.answer} if self.answer else {}
        return {**own, "eventValue": self.value, **letter, **answer}

    def row(self) -> tuple[object, ...]:
        """Return it as a line of an import."""
        told = (self.value, self.answer or "", self.letter or "")
        return (self.user, self.item, self.moment, self.type, *told)


@dataclass(frozen=True, slots=True)
class Merits:
    """The answers that events may name, by what gave them, and between which moments events are."""

    answers: Mapping[str, Sequence[str]]
    since: int
    until: int
    seed: int

    def events(self, count: int, *, client: int) -> Iterator[Sent]:
        """Make up events of one client: of a letter, of each that answers, of nobody, and of answers never given."""
        chance = random.Random(f"{self.seed}-{client}")  # noqa: S311 - not a secret
        for number in range(count):
            source, letter, answer = self._merit(chance)
            user, item = f"u{client}-{number // CALL % 500}", f"i{chance.randrange(ITEMS)}"
            moment, value = chance.randrange(self.since, self.until), chance.randrange(400) / 4
            yield Sent(f"c{client}-{number}", chance.choice(TYPES), user, item, moment, value, source, letter, answer)

    def _merit(self, chance: random.Random) -> tuple[str, str | None, str | None]:
        kind = chance.randrange(8)
        giver = chance.choice(sorted(self.answers))
        given = chance.choice(self.answers[giver])
        if kind < 2:  # its own source comes before what its answer says
            return "letter", "letter", given if kind else None
        if kind == 2:
            return UNDEFINED, None, None
        return (UNDEFINED, None, "RID-never-given") if kind == 3 else (giver, None, given)


@dataclass
class Books(Answered):
    """What clients sent and the service acknowledged."""

    events: list[Sent] = field(default_factory=list)
    repeated: int = 0

    def add(self, other: "Books") -> None:
        """Take up what another client sent."""
        self.count(other)
        self.events += other.events
        self.repeated += other.repeated


def expected(events: Iterable[Sent]) -> Sums:
    """Return what events come to, worked out one by one."""
    sums: Sums = {}
    for event in events:
        amounts = {"views": 1.0} if event.type == "View" else {}
        if event.type == "Purchase":
            amounts = {"value": event.value, "revenue": price(event.item)}
        for metric, amount in amounts.items():
            key = (metric, event.source, event.moment // WINDOW * WINDOW)
            count, total = sums.get(key, (0, 0.0))
            sums[key] = (count + 1, total + amount)
    return sums


def by_day(sums: Sums) -> Sums:
    """Return sums of windows added up by day."""
    days: Sums = {}
    for (metric, source, moment), (count, total) in sums.items():
        key = (metric, source, moment // DAY * DAY)
        before = days.get(key, (0, 0.0))
        days[key] = (before[0] + count, before[1] + total)
    return days


def reported(text: str) -> dict[tuple[str, str, int], float]:
    """Read a report: sums, without counts."""
    rows = csv.DictReader(io.StringIO(text))
    return {(r["METRIC_NAME"], r["EVENT_ATTRIBUTION_SOURCE"], int(r["TIMESTAMP"])): float(r["VALUE"]) for r in rows}


def lines(events: Iterable[Sent]) -> str:
    """Return events as an import's file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(event.row() for event in events)
    return text.getvalue()
