"""Models that know what was put since their training: the records are looked at now and then, and kept in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from weakref import WeakKeyDictionary

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.serving.ports import Models, Served
from tastemaker.store.ports import Record, Records

# What another process has put is seen after so many seconds; what this one has put, at once.
LOOKS_APART = 15.0
# A record may reach the index so many seconds after the moment that it names.
LATE = 60.0
# Of each dataset the records that were put last; those before wait for the next training.
MOST = 10_000
# Everything is looked at again after so many seconds, so that what is deleted is forgotten.
WHOLE = 600.0
_FOREVER = 10.0**11


@dataclass(frozen=True, slots=True)
class _Look:
    """The records of a dataset at the last look, and the model that knows them; None where that is the trained one.

    The trained model itself would keep itself: looks live as long as it does.
    """

    records: Mapping[str, Record]
    model: Served | None
    moment: float
    news: int
    # When everything was looked at.
    whole: float


class LiveModels:
    """The models of a shelf, each with the items that were put since it was trained."""

    def __init__(self, models: Models, records: Records, clock: Callable[[], float]) -> None:
        self._models = models
        self._records = records
        self._clock = clock
        self._lock = Lock()
        # Of each trained model by dataset: given up when the shelf gives the model up.
        self._looks: WeakKeyDictionary[Served, dict[str, _Look]] = WeakKeyDictionary()

    def get(self, artifact: Mapping[str, str]) -> Served:
        """Return a model as it was trained."""
        return self._models.get(artifact)

    def verify(self, artifact: Mapping[str, str]) -> None:
        """Fetch an artifact whether or not it is here, and raise what `get` would of one that did not arrive whole."""
        self._models.verify(artifact)

    def ordered(self, model: Served, trends: Mapping[str, str]) -> Served:
        """Return a model in the order that trends {key, sha256} say, or as it is where they cannot be read."""
        return self._models.ordered(model, trends)

    def live(self, artifact: Mapping[str, str], items_arn: str) -> Served:
        """Return a model that knows the items as they are now, but for the newest seconds of other processes."""
        trained = self._models.get(artifact)
        look = self._still_good(trained, items_arn)
        if look is None:
            with self._lock:
                look = self._still_good(trained, items_arn) or self._look(trained, items_arn)
                self._looks.setdefault(trained, {})[items_arn] = look
        return trained if look.model is None else look.model

    def as_of(self, artifact: Mapping[str, str], items_arn: str, until: float) -> Served:
        """Return a model that knows the items that were put until a moment, as far as they were not put again."""
        trained = self._models.get(artifact)
        return trained.with_items(self._since(items_arn, trained.recorded_before, until))

    def _last(self, trained: Served, items_arn: str) -> _Look | None:
        looks = self._looks.get(trained)
        return looks.get(items_arn) if looks else None

    def _still_good(self, trained: Served, items_arn: str) -> _Look | None:
        last = self._last(trained, items_arn)
        if last is None or last.news != self._records.news(items_arn) or self._clock() - last.moment >= LOOKS_APART:
            return None
        return last

    def _look(self, trained: Served, items_arn: str) -> _Look:
        last = self._last(trained, items_arn)
        now, news = self._clock(), self._records.news(items_arn)
        if last is None or now - last.whole >= WHOLE:
            whole, records = now, self._since(items_arn, trained.recorded_before, _FOREVER)
        else:
            latest = self._since(items_arn, max(trained.recorded_before, last.moment - LATE), _FOREVER)
            whole, records = last.whole, _newest(last.records, latest)
        if last is not None and _moments(records) == _moments(last.records):
            return replace(last, moment=now, news=news, whole=whole)
        return _Look(records, trained.with_items(records) if records else None, now, news, whole)

    def _since(self, items_arn: str, begin: float, until: float) -> dict[str, Record]:
        return self._records.since(items_arn, recorded_from=begin, recorded_until=until, most=MOST)


def _moments(records: Mapping[str, Record]) -> dict[str, float]:
    return {id_: record[RECORDED] for id_, record in records.items()}


def _newest(before: Mapping[str, Record], latest: Mapping[str, Record]) -> dict[str, Record]:
    """Return the MOST newest records; of an index that is behind, one may be older than what was seen already."""
    newer = {id_: r for id_, r in latest.items() if r[RECORDED] >= before.get(id_, r)[RECORDED]}
    return dict(sorted({**before, **newer}.items(), key=lambda each: float(each[1][RECORDED]))[-MOST:])
