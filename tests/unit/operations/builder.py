"""Resources made through a real client, each with all that it needs."""

import itertools
import json

from tastemaker.domain.resources.arns import dataset_of
from tests.fields import FIELDS
from tests.unit.operations.histories import shop
from tests.unit.operations.world import World

NOBODYS = {
    "user_id": "nobody",
    "anonymous": True,
    "session_id": "nobody",
    "item_id": "nothing",
    "event_type": "nothing",
    "event_value": None,
    "timestamp": 1,
    "event_id": "nothing",
    "recorded": 1.0,
}


class Builder:
    def __init__(self, world: World, client) -> None:
        self.world, self.client, self.counter = world, client, itertools.count()

    def name(self) -> str:
        return f"thing-{next(self.counter)}"

    def group(self, **members) -> str:
        arn = self.client.create_dataset_group(name=self.name(), **members)["datasetGroupArn"]
        self.world.run()
        return arn

    def stocked(self) -> str:
        """Make a dataset group with the interactions of users who have tastes."""
        arn = self.group()
        self.imported(self.dataset(arn), shop())
        return arn

    def schema(self, type_: str = "Interactions", *fields: dict, **members) -> str:
        own = FIELDS[type_]
        schema = {"type": "record", "name": type_, "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
        text = json.dumps({**schema, "fields": [*own, *fields]})
        return self.client.create_schema(name=self.name(), schema=text, **members)["schemaArn"]

    def dataset(self, group: str | None = None, type_: str = "Interactions", *fields: dict) -> str:
        arn = self.client.create_dataset(
            name=self.name(),
            datasetGroupArn=group or self.group(),
            datasetType="Action_Interactions" if type_ == "ActionInteractions" else type_,
            schemaArn=self.schema(type_, *fields),
        )["datasetArn"]
        self.world.run()
        return arn

    def tracker(self, group: str) -> str:
        tracking_id = self.client.create_event_tracker(name=self.name(), datasetGroupArn=group)["trackingId"]
        self.world.run()
        return tracking_id

    def imported(self, dataset: str, text: str, **members) -> str:
        self.world.objects.write("bucket", "data.csv", text.encode())
        arn = self.client.create_dataset_import_job(
            jobName=self.name(), datasetArn=dataset, dataSource={"dataLocation": "s3://bucket/data.csv"}, **members
        )["datasetImportJobArn"]
        self.world.run()
        return arn

    def data(self, group: str) -> str:
        """Let a dataset group have what a solution asks for: at least an event of nobody, whom no training looks at."""
        dataset = self.world.resources.find(dataset_of(group, "INTERACTIONS"))
        if dataset is None:
            self.dataset(group)
        if "_snapshot" not in (dataset or ()) and not self.world.events.count(group, most=1):
            self.world.events.put(group, [NOBODYS])
        return group

    def solution(self, group: str, recipe: str = "aws-popularity-count", **members) -> str:
        self.data(group)
        return self.client.create_solution(
            name=self.name(), datasetGroupArn=group, recipeArn=f"arn:aws:personalize:::recipe/{recipe}", **members
        )["solutionArn"]

    def version(self, solution: str) -> str:
        arn = self.client.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.world.run()
        return arn

    def campaign(self, version: str, **members) -> str:
        arn = self.client.create_campaign(name=self.name(), solutionVersionArn=version, **members)["campaignArn"]
        self.world.run()
        return arn
