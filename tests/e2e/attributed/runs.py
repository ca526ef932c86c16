"""One run: events are put while the schedule looks and the service is killed, then imported with a report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from threading import Event
from time import perf_counter, time
from typing import Any

from tests.e2e.attributed.books import CALL, WINDOW, Books, Merits, Sent, Sums, by_day, expected, lines, reported
from tests.e2e.attributed.shop import Shop
from tests.e2e.kills import Running, put_until_answered
from tests.processes import until

_DAYS = 3  # of which the events are
_REST = 3.0  # seconds between two looks
_ANSWERS = 50
_TWICE = 10  # the first event of one in so many calls is sent again under its id, with another clock
_PATIENCE = 600.0


@dataclass
class Result:
    """What was sent, what came of it, and in what the service was killed."""

    sent: Books
    metrics: Sums = field(default_factory=dict)
    figures: Sums = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def sums(self) -> Sums:
        """Return what there should be."""
        return expected(self.sent.events)

    @property
    def in_report(self) -> dict[tuple[str, str, int], float]:
        """Return the sums of the one report."""
        return reported(next(iter(self.reports.values()), ""))

    @property
    def problems(self) -> dict[str, int]:
        """Count what must not be, by its name."""
        sums = {key: total for key, (_, total) in self.sums.items()}
        return {
            "windows in CloudWatch that differ": _differing(self.sums, self.metrics),
            "days of figures that differ": _differing(by_day(self.sums), self.figures),
            "lines of the report that differ": _differing(sums, self.in_report),
            "reports too many or too few": abs(len(self.reports) - 1),
            "refused calls": self.sent.refused.total(),
        }


def run(folder: Path, *, events: int, kills: int, clients: int, seed: int) -> Result:
    """Put events with so many kills among them, and import them with one more; return what came of it."""
    service = Running(folder)
    try:
        shop, result, started = Shop(service).build(), Result(Books()), perf_counter()
        end = int(time()) // WINDOW * WINDOW
        merits = Merits(shop.answers(_ANSWERS), since=end - _DAYS * 86_400, until=end, seed=seed)
        result.names = {shop.campaign: "campaign", shop.recommender: "recommender"}
        books = [Books() for _ in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            senders = [
                pool.submit(_send, shop, merits.events(events // clients, client=n), books[n]) for n in range(clients)
            ]
            _kill_in_looks(shop, result, kills, books, events)
            _raise_what_ended(senders)
        for each in books:
            result.sent.add(each)
        _look_until_quiet(shop)
        _import(shop, result)
        sources = sorted({source for _, source, _ in result.sums})
        result.metrics = shop.metrics(merits.since - WINDOW, merits.until + WINDOW, sources)
        result.figures, result.reports = shop.figures(), shop.reports()
        result.seconds = perf_counter() - started
        return result
    finally:
        service.kill()


def _send(shop: Shop, events: Iterator[Sent], books: Books) -> None:
    client = shop.service.client("personalize-events")
    for number, batch in enumerate(iter(lambda: list(islice(events, CALL)), [])):
        _put(client, shop.tracking, batch, books)
        books.events += batch
        if number % _TWICE == 0:
            _put(client, shop.tracking, [batch[0].with_another_clock()], books)
            books.repeated += 1


def _put(client: Any, tracking: str, events: Sequence[Sent], books: Books) -> None:
    """Send one call until it is answered."""
    user, members = events[0].user, [event.event() for event in events]
    put_until_answered(client, books, trackingId=tracking, userId=user, sessionId=f"s-{user}", eventList=members)


def _kill_in_looks(shop: Shop, result: Result, kills: int, books: Sequence[Books], events: int) -> None:
    """Look, and kill the service while it does, whenever another part of the events has been sent."""
    ways: Iterator[Callable[[Shop], str]] = cycle([_reads, _sends])
    for number, way in enumerate(islice(ways, kills), 1):
        part = events * number // (kills + 1)
        until(lambda part=part: sum(len(each.events) for each in books) >= part, patience=_PATIENCE)
        Event().wait(_REST)
        said = way(shop)
        away = shop.service.kill_and_restart()
        result.killed.append(f"while {said}; it answered again after {away:.1f} s")
        shop.looked()


def _reads(shop: Shop) -> str:
    """Let a look begin, and wait until it may be among the events."""
    before = shop.progress()
    shop.look()
    Event().wait(0.5)
    now = shop.progress()
    return "a look read events" if now == before else f"a look went on to batch {now['batch']}"


def _sends(shop: Shop) -> str:
    """Let a look begin, and wait until a chunk is on its way; of few events it may be over before anybody sees that."""
    execution, seen = shop.look(), [shop.progress()]

    def sending() -> bool:
        seen.append(shop.progress())
        return bool(seen[-1].get("sending"))

    until(lambda: sending() or not shop.is_looking(execution), patience=_PATIENCE)
    return f"chunk {seen[-1]['sent'] + 1} of a batch was on its way" if seen[-1].get("sending") else "a look had ended"


def _look_until_quiet(shop: Shop) -> None:
    """Look until three looks find nothing: the first and the last are further apart than a doubtful chunk waits."""
    quiet = 0
    while quiet < 3:
        Event().wait(_REST)
        quiet = 0 if shop.looked() else quiet + 1


def _import(shop: Shop, result: Result) -> None:
    """Import the same events with a report, and kill the service while it does."""
    members = {"importMode": "FULL", "publishAttributionMetricsToS3": True}
    job = shop.imported("all", shop.dataset, lines(result.sent.events), wait=False, **members)
    personalize = shop.service.client("personalize")

    def status() -> str:
        return str(personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]["status"])

    until(lambda: status() != "CREATE PENDING", patience=_PATIENCE)
    said = status()
    away = shop.service.kill_and_restart()
    result.killed.append(f"while an import was {said}; it answered again after {away:.1f} s")
    shop.wait("dataset_import_job", job)
    _look_until_quiet(shop)


def _raise_what_ended(senders: Iterable[Future[None]]) -> None:
    for sender in senders:
        sender.result()


def _differing(one: dict[Any, Any], other: dict[Any, Any]) -> int:
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())
