"""A shop whose batch jobs are run: data, a version, and lines in S3."""

import json
from dataclasses import dataclass
from typing import Any

from tests.unit.operations.purchases import EVENT_TYPE, ITEM_FIELDS, interactions, items

ROLE = "arn:aws:iam::123456789012:role/personalize"
INPUT = {"s3DataSource": {"path": "s3://bucket/in/"}}
OUTPUT = {"s3DataDestination": {"path": "s3://bucket/out/"}}


@dataclass(frozen=True)
class BatchShop:
    """A dataset group with data and a tracker."""

    build: Any
    clients: Any
    world: Any
    group: str
    tracker: str

    @classmethod
    def opened(cls, build, clients, world, catalogue=None, fields=ITEM_FIELDS):
        group = build.group()
        tables = (("Interactions", interactions(), (EVENT_TYPE,)), ("Items", catalogue or items(), fields))
        for type_, text, columns in tables:
            schema = build.schema(type_, *columns)
            made = build.client.create_dataset(
                name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=schema
            )
            world.run()
            build.imported(made["datasetArn"], text)
        tracker = build.client.create_event_tracker(name=build.name(), datasetGroupArn=group)["trackingId"]
        world.run()
        return cls(build, clients, world, group, tracker)

    @property
    def ids(self):
        """Return what the shop is called: another one that has it is the same, in a copy of its world."""
        return self.group, self.tracker

    def version(self, recipe="aws-popularity-count"):
        return self.build.version(self.build.solution(self.group, recipe))

    def filtered_by(self, expression):
        made = self.build.client.create_filter(
            name=self.build.name(), datasetGroupArn=self.group, filterExpression=expression
        )
        self.world.run()
        return made["filterArn"]

    def put(self, key, *lines):
        self.world.objects.write("bucket", key, "\n".join(map(json.dumps, lines)).encode())

    def create(self, version, **members):
        given = {"jobName": self.build.name(), "jobInput": INPUT, "jobOutput": OUTPUT, "roleArn": ROLE, **members}
        made = self.build.client.create_batch_inference_job(solutionVersionArn=version, **given)
        return made["batchInferenceJobArn"]

    def described(self, arn):
        return self.build.client.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]

    def run(self, version, **members):
        arn = self.create(version, **members)
        self.world.run()
        return self.described(arn)

    def body(self, key="out/lines.json.out"):
        return self.world.objects.read("bucket", key)

    def answers(self, key="out/lines.json.out"):
        return [json.loads(line) for line in self.body(key).splitlines()]

    def happened(self, user, item):
        event = {"eventType": "view", "sentAt": 1_750_000_000, "itemId": item}
        self.clients.personalize_events.put_events(
            trackingId=self.tracker, userId=user, sessionId="s", eventList=[event]
        )

    def left(self):
        """Return what jobs have left in the service's own bucket."""
        return [key for key, _, _ in self.world.objects.list("data", "jobs/")]
