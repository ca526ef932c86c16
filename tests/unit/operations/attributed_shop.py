"""A shop whose metric attribution counts everything that can be measured."""

import csv
import io
from math import fsum

from tastemaker.pipelines.deps import Deps
from tests.unit.operations.executions import run_machine

ROLE = "arn:aws:iam::123456789012:role/personalize"
CONFIG = {"roleArn": ROLE, "s3DataDestination": {"path": "s3://reports/shop/"}}
CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/home"
UNDEFINED = "SOURCE_NAME_UNDEFINED"
FIELDS = (
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "MINUTES", "type": ["null", "float"]},
    {"name": "RECOMMENDATION_ID", "type": ["null", "string"]},
    {"name": "EVENT_ATTRIBUTION_SOURCE", "type": ["null", "string"]},
)
METRICS = [
    {"eventType": "Watch", "metricName": "watches", "expression": "SAMPLECOUNT()"},
    {"eventType": "watch", "metricName": "minutes", "expression": "SUM(Interactions.MINUTES)"},
    {"eventType": "buy", "metricName": "revenue", "expression": "SUM(Items.PRICE)"},
    {"eventType": "buy", "metricName": "value", "expression": "SUM(Interactions.EVENT_VALUE)"},
]
HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,MINUTES,RECOMMENDATION_ID,EVENT_ATTRIBUTION_SOURCE"


class Shop:
    """A dataset group with priced items, a tracker and an attribution of everything that can be measured."""

    def __init__(self, world, build, clients, *, items=True) -> None:
        self.world, self.build, self.client, self.events = world, build, clients.personalize, clients.personalize_events
        self.group = build.group()
        self.dataset = build.dataset(self.group, "Interactions", *FIELDS)
        self.items = build.dataset(self.group, "Items", {"name": "PRICE", "type": ["null", "float"]})
        if items:
            self.import_items()
        self.tracking = build.tracker(self.group)
        self.arn = self.attribute(METRICS)

    def import_items(self) -> None:
        self.build.imported(self.items, "ITEM_ID,GENRE,PRICE\ni1,x,9.99\ni2,x,0.1\ni3,x,\n")

    def attribute(self, metrics, name="measured") -> str:
        made = self.client.create_metric_attribution(
            name=name, datasetGroupArn=self.group, metrics=metrics, metricsOutputConfig=CONFIG
        )
        self.world.run()
        return made["metricAttributionArn"]

    def put(self, type_="watch", item="i1", user="u1", at=None, **members) -> None:
        event = {"eventType": type_, "sentAt": int(at or self.world.now), "itemId": item, **members}
        self.events.put_events(trackingId=self.tracking, userId=user, sessionId="s", eventList=[event])

    def answer(self, id_, source=CAMPAIGN, group=None) -> None:
        """Let an answer be in the log."""
        question = {"serving": {"recipe_type": "USER_PERSONALIZATION"}}
        answer = {"id": id_, "source": source, "group": group or self.group, "expires": 1e12, "question": question}
        self.world.answers.keep({**answer, "user": "u", "time": self.world.now, "shown": []})

    def look(self, *, minutes=15.0, **stores) -> list[str]:
        """Let time pass and the schedule look; return which attributions had something to tell."""
        self.world.now += minutes * 60
        return run_machine("schedule", {"day": 86_400}, Deps(**{**self.world.parts, **stores}))["attributed"]

    def put_late(self, *, minutes: float, **members) -> None:
        """Let an event be shown only now that was recorded some minutes ago."""
        self.world.now -= minutes * 60
        self.put(**members)
        self.world.now += minutes * 60

    def import_events(self, rows, mode="INCREMENTAL", **members) -> dict:
        arn = self.build.imported(self.dataset, "\n".join([HEADER, *rows]) + "\n", importMode=mode, **members)
        return self.client.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]

    def published(self) -> dict:
        """Return what CloudWatch has: count and sum by metric, source and quarter of an hour."""
        sums: dict = {}
        for namespace, datum in self.world.metrics.data:
            if datum.name == "PermissionCheck":
                continue
            assert namespace == "Personalize"
            assert datum.dimensions["DatasetGroupArn"] == self.group
            assert datum.time % 900 == 0
            key = (datum.name, datum.dimensions["EventAttributionSource"], datum.time)
            count, values = sums.get(key, (0, []))
            sums[key] = (count + datum.count, [*values, datum.sum])
        return {key: (count, fsum(values)) for key, (count, values) in sums.items()}

    def by_source(self, metric) -> dict:
        """Return a metric's sums by source, over all time."""
        sums: dict = {}
        for (name, source, _), (_, amount) in self.published().items():
            if name == metric:
                sums[source] = sums.get(source, 0) + amount
        return sums

    def figures(self, metric=None, **members) -> dict:
        """Return what GetAttributionFigures says: count and sum by metric, source and day."""
        if metric:
            members["metricName"] = metric
        reply = self.client.get_attribution_figures(metricAttributionArn=self.arn, **members)
        names = ("metricName", "eventAttributionSource")
        return {
            (*(each[name] for name in names), int(each["day"].timestamp())): (each["count"], each["sum"])
            for each in reply["figures"]
        }

    def stored_figures(self) -> list[str]:
        """Return the keys of the figures by day."""
        return [key for bucket, key in self.world.objects.objects if bucket == "data" and "/figures/" in key]

    def reports(self) -> dict:
        """Return the rows of all reports by name."""
        objects = self.world.objects.objects
        bodies = {key: body.decode() for (bucket, key), body in objects.items() if bucket == "reports"}
        return {key: list(csv.reader(io.StringIO(text))) for key, text in bodies.items() if key.endswith(".csv")}

    def described(self) -> dict:
        return self.client.describe_metric_attribution(metricAttributionArn=self.arn)["metricAttribution"]


def quarter(moment) -> int:
    return int(moment) // 900 * 900
