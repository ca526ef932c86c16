"""Batches: what was recorded and imported since the last one, summed, stored, and then named in one write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tastemaker.errors import ServiceError
from tastemaker.pipelines.attribution.counting import Events
from tastemaker.pipelines.attribution.imported import Imported, forget, unpublished
from tastemaker.pipelines.attribution.metrics import Metric, metrics_of
from tastemaker.pipelines.attribution.progress import Progress, advance
from tastemaker.pipelines.attribution.publishing import LONGEST
from tastemaker.pipelines.attribution.streams import Reading, Seen, staged_events
from tastemaker.pipelines.attribution.totals import Total, limited, to_json
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import batches_folder
from tastemaker.store.ports import Record

MOST_EVENTS = 500_000  # of a batch
# Seconds that an event may take from its recording until the index shows it, and in a demonstration at least.
_MARGIN, _LEAST_MARGIN = 120.0, 2.0
_DAY = 86_400


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
        before = max(progress.until, self.deps.clock() - max(_LEAST_MARGIN, _MARGIN * self.day / _DAY))
        imports, metrics = unpublished(self.deps, attribution), metrics_of(attribution)
        group = attribution["datasetGroupArn"]
        reading = Reading(self.deps.events.recorded(group, since=progress.until, before=before), self.most)
        seen = self._seen(progress)
        totals = [*self._recorded(group, reading, seen, metrics), *self._imported(imports, metrics)]
        if not reading.count and not imports:
            return None
        after = Progress(reading.until or before, seen=progress.seen, jobs=tuple(each.job for each in imports))
        return self._named(attribution, after, totals, seen)

    def _recorded(self, group: str, reading: Reading, seen: Seen, metrics: Sequence[Metric]) -> list[Total]:
        with self.deps.workdir() as folder, snapshots.open_session(folder) as session:
            query = staged_events(iter(reading), seen, metrics, folder / "events.csv")
            return Events(self.deps, session, folder, group, query).totals(metrics) if seen.news else []

    def _imported(self, imports: Sequence[Imported], metrics: Sequence[Metric]) -> list[Total]:
        """Return what was imported for metrics that there were by then."""
        since = {metric.name: metric.since for metric in metrics}
        totals = [(each, total) for each in imports for total in each.totals(self.deps)]
        return [total for each, total in totals if each.moment >= since.get(total.metric, each.moment + 1)]

    def _seen(self, progress: Progress) -> Seen:
        bucket = self.deps.config.data_bucket
        return Seen.of(self.deps.objects.read(bucket, progress.seen)) if progress.seen else Seen()

    def _named(self, attribution: Record, progress: Progress, totals: Sequence[Total], seen: Seen) -> Record:
        """Store a batch, then name it in the record; if that has changed meanwhile, nothing is left."""
        young = [total for total in totals if total.window > self.deps.clock() - LONGEST]
        known, most = attribution.get("_sources", []), self.deps.config.quotas["sources-per-attribution"]
        publishable, sources = limited(young, known, most)
        name = f"{batches_folder(attribution['_arn'])}{progress.until:017.6f}-{self.deps.clock():017.6f}"
        if seen.news:
            progress = replace(
                progress, seen=self._stored(f"{name}.ids", seen.to_bytes(since=progress.until - self.day))
            )
        if publishable:
            progress = replace(progress, batch=self._stored(f"{name}.json", to_json(publishable)))
        try:
            attribution = advance(self.deps, attribution, progress, _sources=sources)
        except ServiceError:
            self.deps.objects.delete(self.deps.config.data_bucket, name)
            raise
        self._drop_older(attribution, progress)
        return attribution

    def _stored(self, key: str, body: bytes) -> str:
        self.deps.objects.write(self.deps.config.data_bucket, key, body)
        return key

    def _drop_older(self, attribution: Record, progress: Progress) -> None:
        """Remove what earlier batches have left, also those that were never named."""
        bucket, folder = self.deps.config.data_bucket, batches_folder(attribution["_arn"])
        for key, _, _ in self.deps.objects.list(bucket, folder):
            if key not in {progress.batch, progress.seen} and key < f"{folder}{progress.until:017.6f}":
                self.deps.objects.delete(bucket, key)
