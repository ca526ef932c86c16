"""Batches: what was recorded and imported since the last one, summed, stored, and then named in one write."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tastemaker.domain import figures
from tastemaker.domain.figures import Figure
from tastemaker.errors import ServiceError
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.archive.spans import Reading
from tastemaker.pipelines.attribution.counting import Events
from tastemaker.pipelines.attribution.imported import Imported, forget, unpublished
from tastemaker.pipelines.attribution.metrics import Metric, metrics_of
from tastemaker.pipelines.attribution.progress import Progress, advance
from tastemaker.pipelines.attribution.publishing import LONGEST
from tastemaker.pipelines.attribution.seen import Ids, Seen, following, ids_of, is_of_day
from tastemaker.pipelines.attribution.streams import staged_events
from tastemaker.pipelines.attribution.totals import Total, limited, to_json
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import batches_folder, figures_folder
from tastemaker.store.ports import Record

MOST_EVENTS = 500_000  # of a batch
# Seconds until what was recorded is read for the first time, and in a demonstration at least: by then the index, which
# is consistent eventually, shows nearly all of it. A look reads an hour again, a day's first one two days: so what is
# shown up to a day late is counted by the end of the day.
_MARGIN, _LEAST_MARGIN = 120.0, 2.0
_HOUR, _DAY = 3_600, 86_400
# Seconds from one look to the next at least: a look may take several batches, and reads again for the first of them.
_PAUSE = 600


@dataclass(frozen=True, slots=True)
class Batches:
    """Makes an attribution's batches; `day` is the length of a day in seconds, of which a demonstration has less."""

    deps: Deps
    day: float
    most: int = MOST_EVENTS

    def next(self, attribution: Record) -> Record | None:
        """Name the next batch in the record and return that; None if nothing was recorded or imported."""
        progress = Progress.of(attribution)
        forget(self.deps, progress.jobs)
        before = max(progress.until, self.deps.clock() - max(_LEAST_MARGIN, self._scaled(_MARGIN)))
        imports, metrics = unpublished(self.deps, attribution), metrics_of(attribution)
        group, overlap = attribution["datasetGroupArn"], self._overlap(progress, before)
        since = max(attribution["creationDateTime"], min(progress.until, before - overlap))
        events = AllEvents(self.deps).recorded(group, since=since, before=before)
        reading, seen = Reading(events, progress.until, self.most), Seen(lambda: self._files(progress))
        totals = [*self._recorded(group, reading, seen, metrics), *self._imported(imports, metrics)]
        again = before if overlap else progress.again
        if not (reading.count or seen.news or imports):
            if overlap >= self.day:
                advance(self.deps, attribution, replace(progress, again=again))
            return None
        jobs = tuple(each.job for each in imports)
        after = Progress(reading.until or before, seen=progress.seen, again=again, jobs=jobs)
        return self._named(attribution, after, totals, seen)

    def _overlap(self, progress: Progress, before: float) -> float:
        """Return how many seconds back what has been read is read again."""
        if progress.again // self.day != before // self.day:
            return 2 * self.day
        return self._scaled(_HOUR) if before - progress.again >= self._scaled(_PAUSE) else 0.0

    def _scaled(self, seconds: float) -> float:
        return seconds * self.day / _DAY

    def _recorded(self, group: str, reading: Reading, seen: Seen, metrics: Sequence[Metric]) -> list[Total]:
        with self.deps.workdir() as folder:
            query = staged_events(iter(reading), seen, metrics, folder / "events.csv")
            if not seen.news:
                return []
            with snapshots.open_session(folder) as session:
                return Events(self.deps, session, folder, group, query).totals(metrics)

    def _imported(self, imports: Sequence[Imported], metrics: Sequence[Metric]) -> list[Total]:
        """Return what was imported for metrics that there were by then."""
        since = {metric.name: metric.since for metric in metrics}
        totals = [(each, total) for each in imports for total in each.totals(self.deps)]
        return [total for each, total in totals if each.moment >= since.get(total.metric, each.moment + 1)]

    def _files(self, progress: Progress) -> list[Ids]:
        return [ids_of(self.deps.objects.read(self.deps.config.data_bucket, key)) for key in progress.seen]

    def _named(self, attribution: Record, progress: Progress, totals: Sequence[Total], seen: Seen) -> Record:
        """Store a batch, then name it in the record; if that has changed meanwhile, nothing is left."""
        young = [total for total in totals if total.window > self.deps.clock() - LONGEST]
        known, most = attribution.get("_sources", []), self.deps.config.quotas["sources-per-attribution"]
        publishable, sources = limited(young, known, most)
        moment = f"{progress.until:017.6f}-{self.deps.clock():017.6f}"
        name = f"{batches_folder(attribution['_arn'])}{moment}"
        if seen.news:
            progress = replace(progress, seen=self._stored_ids(f"{name}.ids", progress.seen, seen))
        if publishable:
            progress = replace(progress, batch=self._stored(f"{name}.json", to_json(publishable)))
        kept = self._stored_figures(attribution, moment, publishable)
        try:
            attribution = advance(self.deps, attribution, progress, _sources=sources, **kept)
        except ServiceError:
            for each in (name, f"{figures_folder(attribution['_arn'])}{moment}"):
                self.deps.objects.delete(self.deps.config.data_bucket, each)
            raise
        self._drop_older(attribution, progress)
        return attribution

    def _stored_ids(self, key: str, keys: Sequence[str], seen: Seen) -> tuple[str, ...]:
        self._stored(key, seen.newest(with_file=is_of_day(keys, key, day=self.day)))
        return following(keys, key, day=self.day)

    def _stored_figures(self, attribution: Record, moment: str, totals: Sequence[Total]) -> Record:
        """Store what there is by day with a batch in it; return what the record says of that."""
        if not totals:
            return {}
        news = (Figure.at(each.window, each.metric, each.source, each.count, each.sum) for each in totals)
        grown = figures.grown(self._figures(attribution), news, now=self.deps.clock())
        key = f"{figures_folder(attribution['_arn'])}{moment}.json"
        return {"_figures": self._stored(key, figures.to_json(grown))}

    def _figures(self, attribution: Record) -> Sequence[Figure]:
        """Return what there is by day; gone is only what another look has replaced, after which this one names none."""
        with suppress(FileNotFoundError, KeyError):
            return figures.from_json(self.deps.objects.read(self.deps.config.data_bucket, attribution["_figures"]))
        return ()

    def _stored(self, key: str, body: bytes) -> str:
        self.deps.objects.write(self.deps.config.data_bucket, key, body)
        return key

    def _drop_older(self, attribution: Record, progress: Progress) -> None:
        """Remove what earlier batches have left, also those that were never named."""
        bucket, arn = self.deps.config.data_bucket, attribution["_arn"]
        kept = {progress.batch, *progress.seen, attribution.get("_figures")}
        for folder in (batches_folder(arn), figures_folder(arn)):
            for key, _, _ in self.deps.objects.list(bucket, folder):
                if key not in kept and key < f"{folder}{progress.until:017.6f}":
                    self.deps.objects.delete(bucket, key)
