"""The control plane as its reference describes it: what each call answers and what it begins.

Written from the API reference, never from the code. A call is named and given its members as boto3 has them; what
forbids it is named by the abbreviations of the error types. Where two rules of one rank are broken, either may be told.
"""
# ruff: noqa: N803 - the API's own names

import json
from typing import Any

from tests.unit.operations.arns import HOME, kind_of
from tests.unit.operations.stateful.things import BUSY, TURNING, Commit, Refused, Thing, Things, refuse

_IN_GROUPS = ("event-tracker", "solution", "campaign", "recommender", "filter", "dataset")


class Reference(Things):
    """What each call answers and does."""

    def predict(self, operation: str, arguments: dict[str, Any]) -> Commit:
        """Return what a successful reply does to this model, or raise Refused."""
        if operation.startswith(("describe_", "list_tags")):
            self._described(operation, arguments)
            return lambda _reply: None
        if operation.startswith("list_"):
            self.listed(operation, arguments)
            return lambda _reply: None
        return getattr(self, operation)(**arguments)

    # Reading

    def _described(self, operation: str, arguments: dict[str, Any]) -> None:
        (arn,) = arguments.values()
        if operation == "list_tags_for_resource":
            self._taggable(arn)
        else:
            self.find(operation.removeprefix("describe_").replace("_", "-"), arn)

    def listed(self, operation: str, arguments: dict[str, Any]) -> list[Thing]:
        kind = operation.removeprefix("list_").removesuffix("s").replace("_", "-")
        parent = next((value for name, value in arguments.items() if name.endswith("Arn")), None)
        if kind == "solution-version" and parent:  # the only list that models RNF
            self.find("solution", parent)
        return [thing for thing in self.every(kind) if parent in {None, thing.parent}]

    # Creating

    def create_dataset_group(self, *, name: str, domain: str | None = None) -> Commit:
        there = [group for group in self.every("dataset-group") if group.status in BUSY | {"ACTIVE"}]
        refuse(LE=len(there) >= 5, RAE=self.named("dataset-group", name))
        return self.create("dataset-group", name, {"name": name, "domain": domain})

    def create_schema(self, *, name: str, schema: str, domain: str | None = None) -> Commit:
        refuse(RAE=self.named("schema", name))
        return self.create("schema", name, {"name": name, "schema": schema, "domain": domain})

    def create_dataset(self, *, name: str, datasetGroupArn: str, schemaArn: str, datasetType: str) -> Commit:
        group, schema = self.find("dataset-group", datasetGroupArn), self.find("schema", schemaArn)
        tail = f"{group.members['name']}/{datasetType.upper()}"
        refuse(
            RIU=group.status != "ACTIVE",
            II=schema.members["domain"] != group.members["domain"] or record_name(schema) != datasetType,
            RAE=HOME + "dataset/" + tail in self.things,
        )
        members = {"name": name, "datasetType": datasetType.upper(), "schemaArn": schemaArn}
        members["datasetGroupArn"] = datasetGroupArn
        return self.create("dataset", tail, members, parent=group.arn, group=group.arn)

    def create_dataset_import_job(
        self, *, jobName: str, datasetArn: str, dataSource: dict[str, str], importMode: str
    ) -> Commit:
        dataset = self.find("dataset", datasetArn)
        refuse(
            RIU=dataset.status != "ACTIVE",
            II=importMode == "INCREMENTAL" and not dataset.data,
            LE=sum(job.status in BUSY for job in self.every("dataset-import-job")) >= 5,
            RAE=self.named("dataset-import-job", jobName),
        )
        members = {"jobName": jobName, "datasetArn": datasetArn, "dataSource": dataSource, "importMode": importMode}
        good = dataSource["dataLocation"].endswith(dataset.members["datasetType"])
        facts = {"parent": dataset.arn, "group": dataset.group}
        return self.create("dataset-import-job", jobName, members, can=good, **facts)

    def create_event_tracker(self, *, name: str, datasetGroupArn: str) -> Commit:
        group = self.find("dataset-group", datasetGroupArn)
        refuse(
            RIU=group.status != "ACTIVE",
            II=self.dataset(group.arn, "INTERACTIONS") is None,
            RAE=self.named("event-tracker", name) or bool(self.every("event-tracker", group.arn)),
        )
        members = {"name": name, "datasetGroupArn": group.arn}
        return self.create("event-tracker", "", members, parent=group.arn, group=group.arn)

    def create_filter(self, *, name: str, datasetGroupArn: str, filterExpression: str) -> Commit:
        group = self.find("dataset-group", datasetGroupArn)
        words = filterExpression.split()
        column = words[3] if len(words) > 3 else ""
        refuse(II=group.status != "ACTIVE" or not self._has_column(group, column), RAE=self.named("filter", name))
        members = {"name": name, "datasetGroupArn": group.arn, "filterExpression": filterExpression}
        return self.create("filter", name, members, parent=group.arn, group=group.arn)

    def _has_column(self, group: Thing, column: str) -> bool:
        type_, _, name = column.partition(".")
        dataset = self.dataset(group.arn, type_.upper())
        return dataset is not None and f'"{name}"' in self.things[dataset.members["schemaArn"]].members["schema"]

    def create_solution(self, *, name: str, datasetGroupArn: str, recipeArn: str, performAutoTraining: bool) -> Commit:
        group = self.find("dataset-group", datasetGroupArn)
        here = self.every("solution", group.arn)
        refuse(
            RIU=group.status != "ACTIVE",
            II="-vod-" in recipeArn or not self._has_data(group),
            LE=sum(solution.status == "ACTIVE" for solution in here) >= 10,
            RAE=self.named("solution", name),
        )
        members = {"name": name, "datasetGroupArn": group.arn, "recipeArn": recipeArn}
        members["performAutoTraining"] = performAutoTraining
        return self.create("solution", name, members, parent=group.arn, group=group.arn)

    def create_solution_version(self, *, solutionArn: str, trainingMode: str = "FULL") -> Commit:
        solution = self.find("solution", solutionArn)
        busy = sum(version.status in BUSY for version in self.every("solution-version"))
        empty = not self._has_data(self.things[str(solution.group)])
        refuse(RIU=solution.status != "ACTIVE", II=trainingMode == "UPDATE" or empty, LE=busy >= 20)
        members = {"solutionArn": solutionArn, "trainingMode": trainingMode, "trainingType": "MANUAL"}
        members["recipeArn"] = solution.members["recipeArn"]
        facts = {"parent": solution.arn, "group": solution.group}
        return self.create("solution-version", "", members, training=True, **facts)

    def create_campaign(
        self, *, name: str, solutionVersionArn: str, minProvisionedTPS: int = 1, campaignConfig: dict | None = None
    ) -> Commit:
        if (campaignConfig or {}).get("syncWithLatestSolutionVersion") and not solutionVersionArn.endswith("$LATEST"):
            raise Refused("II")
        version = self._deployable(solutionVersionArn)
        deployed = [c for c in self.every("campaign", version.group) if c.status in BUSY | {"ACTIVE"}]
        refuse(RIU=not self._ready(version), LE=len(deployed) >= 5, RAE=self.named("campaign", name))
        members = {"name": name, "solutionVersionArn": version.arn, "minProvisionedTPS": minProvisionedTPS}
        synced = bool((campaignConfig or {}).get("syncWithLatestSolutionVersion"))
        return self.create("campaign", name, members, parent=version.parent, group=version.group, synced=synced)

    def _deployable(self, arn: str) -> Thing:
        if not arn.endswith("/$LATEST"):
            return self.find("solution-version", arn)
        solution = self.find("solution", arn.removesuffix("/$LATEST"))
        versions = [v for v in self.every("solution-version") if v.parent == solution.arn and v.status == "ACTIVE"]
        refuse(RIU=bool(versions) and solution.status != "ACTIVE")
        if not versions:
            raise Refused("RNF", "RIU") if solution.status != "ACTIVE" else Refused("RNF")
        return versions[-1]

    def _ready(self, version: Thing) -> bool:
        return version.status == "ACTIVE" == self.things[version.members["solutionArn"]].status

    def create_recommender(self, *, name: str, datasetGroupArn: str, recipeArn: str) -> Commit:
        group = self.find("dataset-group", datasetGroupArn)
        here = [r for r in self.every("recommender", group.arn) if not fading(r)]
        refuse(
            RIU=group.status != "ACTIVE",
            II=not self._use_case_fits(group, recipeArn),
            LE=len(here) >= 5,
            RAE=self.named("recommender", name),
        )
        config = {"minRecommendationRequestsPerSecond": 1}
        members = {"name": name, "datasetGroupArn": group.arn, "recipeArn": recipeArn, "recommenderConfig": config}
        return self.create("recommender", name, members, training=True, parent=group.arn, group=group.arn)

    def _use_case_fits(self, group: Thing, recipe: str) -> bool:
        fits = bool(group.members["domain"]) and "-vod-" in recipe
        return fits and self._has_data(group)

    def _has_data(self, group: Thing) -> bool:
        dataset = self.dataset(group.arn, "INTERACTIONS")
        return dataset is not None and dataset.data

    # Changing

    def update_dataset(self, *, datasetArn: str, schemaArn: str) -> Commit:
        dataset, schema = self.find("dataset", datasetArn), self.find("schema", schemaArn)
        old = self.things[dataset.members["schemaArn"]]
        domains = {schema.members["domain"], self.things[dataset.group].members["domain"]}
        grows = all(column in fields(schema) for column in fields(old)) and record_name(schema) in {"Items", "Users"}
        refuse(
            RIU=dataset.status != "ACTIVE" or dataset.updating,
            II=schema is old or len(domains) > 1 or not grows or record_name(schema) != record_name(old),
        )
        return self.update(dataset, {"schemaArn": schemaArn})

    def update_solution(self, *, solutionArn: str, performAutoTraining: bool) -> Commit:
        solution = self.find("solution", solutionArn)
        refuse(RIU=not solution.settled, II=solution.members["performAutoTraining"] == performAutoTraining)
        return self.update(solution, {"performAutoTraining": performAutoTraining})

    def update_campaign(self, *, campaignArn: str, **wanted: Any) -> Commit:
        campaign = self.find("campaign", campaignArn)
        if campaign.synced and not wanted.get("solutionVersionArn", "$LATEST").endswith("$LATEST"):
            raise Refused("II")
        ready, own = True, True
        if "solutionVersionArn" in wanted:
            version = self._deployable(wanted["solutionVersionArn"])
            wanted = {**wanted, "solutionVersionArn": version.arn}
            ready, own = self._ready(version), version.parent == campaign.parent
        changed = any(campaign.members[name] != value for name, value in wanted.items())
        refuse(RIU=not campaign.settled or not ready, II=not own or not changed)
        return self.update(campaign, wanted)

    def update_recommender(self, *, recommenderArn: str, recommenderConfig: dict[str, Any]) -> Commit:
        recommender = self.find("recommender", recommenderArn)
        old = recommender.members["recommenderConfig"]
        config = {**old, **recommenderConfig}
        refuse(
            RIU=recommender.status != "ACTIVE" or recommender.updating,
            II=config == old or self.dataset(recommender.group, "INTERACTIONS") is None,
        )
        retrains = config.get("trainingDataConfig") != old.get("trainingDataConfig")
        return self.update(recommender, {"recommenderConfig": config}, training=retrains)

    def stop_recommender(self, *, recommenderArn: str) -> Commit:
        recommender = self.find("recommender", recommenderArn)
        refuse(RIU=recommender.status != "ACTIVE" or recommender.updating)
        return self.turn(recommender, "stop", "STOP PENDING")

    def start_recommender(self, *, recommenderArn: str) -> Commit:
        recommender = self.find("recommender", recommenderArn)
        refuse(RIU=recommender.status != "INACTIVE")
        return self.turn(recommender, "start", "START PENDING")

    def stop_solution_version_creation(self, *, solutionVersionArn: str) -> Commit:
        version = self.find("solution-version", solutionVersionArn)
        after = {"CREATE PENDING": "CREATE STOPPED", "CREATE IN_PROGRESS": "CREATE STOPPING"}.get(str(version.status))
        refuse(RIU=after is None)
        return lambda _reply: setattr(version, "status", after)

    def get_solution_metrics(self, *, solutionVersionArn: str) -> Commit:
        refuse(RIU=self.find("solution-version", solutionVersionArn).status != "ACTIVE")
        return lambda _reply: None

    def tag_resource(self, *, resourceArn: str, tags: list[dict[str, str]]) -> Commit:
        thing = self._taggable(resourceArn)
        return lambda _reply: thing.tags.update({tag["tagKey"]: tag["tagValue"] for tag in tags})

    def untag_resource(self, *, resourceArn: str, tagKeys: list[str]) -> Commit:
        thing = self._taggable(resourceArn)
        return lambda _reply: [thing.tags.pop(key, None) for key in tagKeys] and None

    def _taggable(self, arn: str) -> Thing:
        if kind_of(arn) == "schema":
            raise Refused("II")
        return self.find(kind_of(arn), arn)

    # Deleting

    def delete_dataset_group(self, *, datasetGroupArn: str) -> Commit:
        group = self.find("dataset-group", datasetGroupArn)
        left = any(self.every(kind, group.arn) for kind in _IN_GROUPS)
        return self.delete(group, blocked=left)

    def delete_schema(self, *, schemaArn: str) -> Commit:
        self.find("schema", schemaArn)
        datasets = self.every("dataset")
        refuse(
            RIU=any(d.members["schemaArn"] == schemaArn for d in datasets)
            or any(d.updating and d.wanted["schemaArn"] == schemaArn for d in datasets)
        )
        return lambda _reply: self.things.pop(schemaArn) and None

    def delete_dataset(self, *, datasetArn: str) -> Commit:
        dataset = self.find("dataset", datasetArn)
        group = dataset.group
        interactions = dataset.members["datasetType"] == "INTERACTIONS"
        blocked = (
            self.every("filter", group)
            or (interactions and self.every("event-tracker", group))
            or [job for job in self.every("dataset-import-job") if job.parent == datasetArn and job.status in BUSY]
            or [v for v in self.every("solution-version", group) if v.status in BUSY]
            or [c for c in self.every("campaign", group) if c.status in BUSY | {"ACTIVE"}]
            or [r for r in self.every("recommender", group) if r.status in BUSY | TURNING or r.updating]
        )
        return self.delete(dataset, blocked=bool(blocked))

    def delete_event_tracker(self, *, eventTrackerArn: str) -> Commit:
        return self.delete(self.find("event-tracker", eventTrackerArn))

    def delete_filter(self, *, filterArn: str) -> Commit:
        return self.delete(self.find("filter", filterArn))

    def delete_solution(self, *, solutionArn: str) -> Commit:
        solution = self.find("solution", solutionArn)
        campaigns = [c for c in self.every("campaign") if c.parent == solutionArn]
        trainings = [v for v in self.every("solution-version") if v.parent == solutionArn and v.status in BUSY]
        return self.delete(solution, blocked=bool(campaigns or trainings))

    def delete_campaign(self, *, campaignArn: str) -> Commit:
        return self.delete(self.find("campaign", campaignArn))

    def delete_recommender(self, *, recommenderArn: str) -> Commit:
        return self.delete(self.find("recommender", recommenderArn))


def fading(recommender: Thing) -> bool:
    return recommender.status not in BUSY | TURNING | {"ACTIVE", "INACTIVE"}


def record_name(schema: Thing) -> str:
    return json.loads(schema.members["schema"])["name"]


def fields(schema: Thing) -> list[dict[str, Any]]:
    return json.loads(schema.members["schema"])["fields"]
