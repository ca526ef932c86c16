"""A dataset group whose events are recorded day by day."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tastemaker.pipelines.archive import compaction
from tastemaker.pipelines.archive.files import Archive, State
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.deps import Deps
from tests.unit.operations.world import CONFIG

DAY = 86_400.0


class Shop:
    """A dataset group whose events are recorded day by day."""

    def __init__(self, build, clients, world) -> None:
        self.build, self.clients, self.world = build, clients, world
        self.group = build.group()
        self.dataset = build.dataset(self.group)
        self.tracking = build.tracker(self.group)

    def put(self, user: str, *items: str, session: str | None = None) -> None:
        events = [{"eventType": "buy", "itemId": item, "sentAt": int(self.world.now)} for item in items]
        named = {"userId": user} if user else {}
        self.clients.personalize_events.put_events(
            trackingId=self.tracking, sessionId=session or f"s-{user}", eventList=events, **named
        )

    def look(self) -> None:
        """Let the schedule look until there is nothing left to move."""
        while compaction.compact_all(Deps(**self.world.parts), day=DAY, until=1e12):
            pass

    def state(self) -> State:
        return State.of(self.world.resources.get(self.dataset))

    def archive(self) -> Archive:
        return Archive.from_json(self.world.objects.read(CONFIG.data_bucket, self.state().manifest))

    def in_table(self) -> list[str]:
        return [each["item_id"] for each in self.world.events.recorded(self.group, before=1e12)]

    def everything(self, **bounds) -> list[str]:
        found = AllEvents(Deps(**self.world.parts))
        return [each["item_id"] for each in found.recorded(self.group, before=1e12, **bounds)]

    def kept(self) -> str:
        """Return all that the service has stored: every cell of every file, every object, event and record."""
        with TemporaryDirectory() as folder, duckdb.connect() as session:
            found = [repr((self.world.resources._records, self.world.events._events))]
            for (bucket, key), body in self.world.objects.objects.items():
                if bucket == CONFIG.data_bucket and key.endswith(".parquet"):
                    (path := Path(folder) / "part.parquet").write_bytes(body)
                    found.append(repr(session.execute(f"FROM read_parquet('{path}')").fetchall()))
                elif bucket == CONFIG.data_bucket:
                    found.append(body.decode())
        return "\n".join(found)

    def exported(self) -> list[dict]:
        name = self.build.name()
        self.clients.personalize.create_dataset_export_job(
            jobName=name,
            datasetArn=self.dataset,
            ingestionMode="PUT",
            roleArn="arn:aws:iam::123456789012:role/r",
            jobOutput={"s3DataDestination": {"path": f"s3://out/{name}/"}},
        )
        self.world.run()
        texts = [body for (bucket, key), body in self.world.objects.objects.items() if key.startswith(f"{name}/")]
        return [row for text in texts for row in csv.DictReader(io.StringIO(text.decode()))]
