"""The control plane as its reference describes it, in dictionaries: what each call answers and what comes of it.

Written from the API reference, never from the code. A call is named and given its members as boto3 has them; what
forbids it is named by the abbreviations of the error types. Where two rules of one rank are broken, either may be told.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HOME = "arn:aws:personalize:us-east-1:123456789012:"
RECIPES = "arn:aws:personalize:::recipe/"
CODES = {
    "II": "InvalidInputException",
    "RNF": "ResourceNotFoundException",
    "RIU": "ResourceInUseException",
    "LE": "LimitExceededException",
    "RAE": "ResourceAlreadyExistsException",
}
# References exist; then states and values; then quotas; then names.
_RANKS = (("II", "RIU"), ("LE",), ("RAE",))
_BUSY = {"CREATE PENDING", "CREATE IN_PROGRESS", "CREATE STOPPING"}
_TURNING = {"STOP PENDING", "STOP IN_PROGRESS", "START PENDING", "START IN_PROGRESS"}
_IN_GROUPS = ("event-tracker", "solution", "campaign", "recommender", "filter", "dataset")
_CHILDREN = {"dataset": "dataset-import-job", "solution": "solution-version"}  # they vanish with their parent
_AT_ONCE = {"schema": None, "solution": "ACTIVE"}  # the others begin as CREATE PENDING
_FALLS_BACK = {"create": "CREATE FAILED", "delete": "CREATE FAILED", "stop": "ACTIVE", "start": "INACTIVE"}
_ENDS = {"create": "ACTIVE", "stop": "INACTIVE", "start": "ACTIVE"}

Reply = dict[str, Any]
Commit = Callable[[Reply], None]


class Refused(Exception):
    """The call must fail with one of these error types."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = {CODES[code] for code in codes}


@dataclass(eq=False)
class Thing:
    """One resource; `members` are those that Describe shows beside statuses and dates."""

    kind: str
    arn: str
    members: dict[str, Any]
    parent: str | None = None
    group: str | None = None
    status: str | None = "CREATE PENDING"
    update: str | None = None
    wanted: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    data: bool = False
    broken: bool = False  # something was done to a workflow of it

    @property
    def settled(self) -> bool:
        return self.status in {"ACTIVE", "CREATE FAILED"} and not self.updating

    @property
    def updating(self) -> bool:
        return self.update in _BUSY


@dataclass(eq=False)
class Work:
    """A change under way; `can` says whether it will succeed if nobody disturbs it."""

    thing: Thing
    change: str
    training: bool = False
    can: bool = True
    moves: int = 0


def refuse(**broken: bool) -> None:
    for rank in _RANKS:
        if codes := [code for code in rank if broken.get(code)]:
            raise Refused(*codes)


class Reference:
    """Things by ARN in the order of creation, and the work under way in the order of its start."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.works: list[Work] = []

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
            self._find(operation.removeprefix("describe_").replace("_", "-"), arn)

    def listed(self, operation: str, arguments: dict[str, Any]) -> list[Thing]:
        kind = operation.removeprefix("list_").removesuffix("s").replace("_", "-")
        parent = next((value for name, value in arguments.items() if name.endswith("Arn")), None)
        if kind == "solution-version" and parent:  # the only list that models RNF
            self._find("solution", parent)
        return [thing for thing in self._every(kind) if parent in {None, thing.parent}]

    def _find(self, kind: str, arn: str) -> Thing:
        if kind_of(arn) != kind:
            raise Refused("II")
        if arn not in self.things:
            raise Refused("RNF")
        return self.things[arn]

    def _every(self, kind: str, group: str | None = None) -> list[Thing]:
        return [t for t in self.things.values() if t.kind == kind and group in {None, t.group}]

    def _named(self, kind: str, name: str) -> bool:
        return any(name in {t.members.get("name"), t.members.get("jobName")} for t in self._every(kind))

    def _type(self, group: str, type_: str) -> Thing | None:
        """Return a group's dataset of a type, unless it is on its way out."""
        here = [d for d in self._every("dataset", group) if d.members["datasetType"] == type_]
        return next((d for d in here if not str(d.status).startswith("DELETE")), None)

    # Creating

    def _create(
        self,
        kind: str,
        tail: str,
        members: dict[str, Any],
        *,
        training: bool = False,
        can: bool = True,
        **facts: Any,
    ) -> Commit:
        def commit(reply: Reply) -> None:
            status = _AT_ONCE.get(kind, "CREATE PENDING")
            arn = f"{HOME}{kind}/{tail}" if tail else reply[f"{camel(kind)}Arn"]
            thing = self.things[arn] = Thing(kind, arn, {**members}, status=status, **facts)
            if kind not in _AT_ONCE:
                self.works.append(Work(thing, "create", training=training, can=can))

        return commit

    def create_dataset_group(self, *, name: str, domain: str | None = None) -> Commit:
        refuse(RAE=self._named("dataset-group", name))
        return self._create("dataset-group", name, {"name": name, "domain": domain})

    def create_schema(self, *, name: str, schema: str, domain: str | None = None) -> Commit:
        refuse(RAE=self._named("schema", name))
        return self._create("schema", name, {"name": name, "schema": schema, "domain": domain})

    def create_dataset(self, *, name: str, datasetGroupArn: str, schemaArn: str, datasetType: str) -> Commit:
        group, schema = self._find("dataset-group", datasetGroupArn), self._find("schema", schemaArn)
        tail = f"{group.members['name']}/{datasetType.upper()}"
        refuse(
            RIU=group.status != "ACTIVE",
            II=schema.members["domain"] != group.members["domain"] or record_name(schema) != datasetType,
            RAE=HOME + "dataset/" + tail in self.things,
        )
        members = {"name": name, "datasetType": datasetType.upper(), "schemaArn": schemaArn}
        members["datasetGroupArn"] = datasetGroupArn
        return self._create("dataset", tail, members, parent=group.arn, group=group.arn)

    def create_dataset_import_job(
        self, *, jobName: str, datasetArn: str, dataSource: dict[str, str], importMode: str
    ) -> Commit:
        dataset = self._find("dataset", datasetArn)
        refuse(
            RIU=dataset.status != "ACTIVE",
            II=importMode == "INCREMENTAL" and not dataset.data,
            LE=sum(job.status in _BUSY for job in self._every("dataset-import-job")) >= 5,
            RAE=self._named("dataset-import-job", jobName),
        )
        members = {"jobName": jobName, "datasetArn": datasetArn, "dataSource": dataSource, "importMode": importMode}
        good = dataSource["dataLocation"].endswith(dataset.members["datasetType"])
        facts = {"parent": dataset.arn, "group": dataset.group}
        return self._create("dataset-import-job", jobName, members, can=good, **facts)

    def create_event_tracker(self, *, name: str, datasetGroupArn: str) -> Commit:
        group = self._find("dataset-group", datasetGroupArn)
        refuse(
            RIU=group.status != "ACTIVE",
            II=self._type(group.arn, "INTERACTIONS") is None,
            RAE=self._named("event-tracker", name) or bool(self._every("event-tracker", group.arn)),
        )
        members = {"name": name, "datasetGroupArn": group.arn}
        return self._create("event-tracker", "", members, parent=group.arn, group=group.arn)

    def create_filter(self, *, name: str, datasetGroupArn: str, filterExpression: str) -> Commit:
        group = self._find("dataset-group", datasetGroupArn)
        words = filterExpression.split()
        column = words[3] if len(words) > 3 else ""
        refuse(II=group.status != "ACTIVE" or not self._has_column(group, column), RAE=self._named("filter", name))
        members = {"name": name, "datasetGroupArn": group.arn, "filterExpression": filterExpression}
        return self._create("filter", name, members, parent=group.arn, group=group.arn)

    def _has_column(self, group: Thing, column: str) -> bool:
        type_, _, name = column.partition(".")
        dataset = self._type(group.arn, type_.upper())
        return dataset is not None and f'"{name}"' in self.things[dataset.members["schemaArn"]].members["schema"]

    def create_solution(self, *, name: str, datasetGroupArn: str, recipeArn: str, performAutoTraining: bool) -> Commit:
        group = self._find("dataset-group", datasetGroupArn)
        here = self._every("solution", group.arn)
        refuse(
            RIU=group.status != "ACTIVE",
            II="-vod-" in recipeArn,
            LE=sum(solution.status == "ACTIVE" for solution in here) >= 10,
            RAE=self._named("solution", name),
        )
        members = {"name": name, "datasetGroupArn": group.arn, "recipeArn": recipeArn}
        members["performAutoTraining"] = performAutoTraining
        return self._create("solution", name, members, parent=group.arn, group=group.arn)

    def create_solution_version(self, *, solutionArn: str, trainingMode: str = "FULL") -> Commit:
        solution = self._find("solution", solutionArn)
        busy = sum(version.status in _BUSY for version in self._every("solution-version"))
        refuse(RIU=solution.status != "ACTIVE", II=trainingMode == "UPDATE", LE=busy >= 20)
        members = {"solutionArn": solutionArn, "trainingMode": trainingMode, "trainingType": "MANUAL"}
        members["recipeArn"] = solution.members["recipeArn"]
        facts = {"parent": solution.arn, "group": solution.group}
        return self._create("solution-version", "", members, training=True, **facts)

    def create_campaign(
        self, *, name: str, solutionVersionArn: str, minProvisionedTPS: int = 1, campaignConfig: dict | None = None
    ) -> Commit:
        if (campaignConfig or {}).get("syncWithLatestSolutionVersion") and not solutionVersionArn.endswith("$LATEST"):
            raise Refused("II")
        version = self._deployable(solutionVersionArn)
        deployed = [c for c in self._every("campaign", version.group) if c.status in _BUSY | {"ACTIVE"}]
        refuse(RIU=not self._ready(version), LE=len(deployed) >= 5, RAE=self._named("campaign", name))
        members = {"name": name, "solutionVersionArn": version.arn, "minProvisionedTPS": minProvisionedTPS}
        return self._create("campaign", name, members, parent=version.parent, group=version.group)

    def _deployable(self, arn: str) -> Thing:
        if not arn.endswith("/$LATEST"):
            return self._find("solution-version", arn)
        solution = self._find("solution", arn.removesuffix("/$LATEST"))
        versions = [v for v in self._every("solution-version") if v.parent == solution.arn and v.status == "ACTIVE"]
        refuse(RIU=bool(versions) and solution.status != "ACTIVE")
        if not versions:
            raise Refused("RNF", "RIU") if solution.status != "ACTIVE" else Refused("RNF")
        return versions[-1]

    def _ready(self, version: Thing) -> bool:
        return version.status == "ACTIVE" == self.things[version.members["solutionArn"]].status

    def create_recommender(self, *, name: str, datasetGroupArn: str, recipeArn: str) -> Commit:
        group = self._find("dataset-group", datasetGroupArn)
        here = [r for r in self._every("recommender", group.arn) if not fading(r)]
        refuse(
            RIU=group.status != "ACTIVE",
            II=not self._use_case_fits(group, recipeArn),
            LE=len(here) >= 5,
            RAE=self._named("recommender", name),
        )
        config = {"minRecommendationRequestsPerSecond": 1}
        members = {"name": name, "datasetGroupArn": group.arn, "recipeArn": recipeArn, "recommenderConfig": config}
        return self._create("recommender", name, members, training=True, parent=group.arn, group=group.arn)

    def _use_case_fits(self, group: Thing, recipe: str) -> bool:
        fits = bool(group.members["domain"]) and "-vod-" in recipe
        return fits and self._type(group.arn, "INTERACTIONS") is not None

    # Changing

    def _update(self, thing: Thing, wanted: dict[str, Any], *, training: bool = False) -> Commit:
        def commit(_reply: Reply) -> None:
            thing.update, thing.wanted = "CREATE PENDING", wanted
            self.works.append(Work(thing, "update", training=training))

        return commit

    def _turn(self, thing: Thing, change: str, status: str) -> Commit:
        def commit(_reply: Reply) -> None:
            thing.status = status
            self.works.append(Work(thing, change))

        return commit

    def update_dataset(self, *, datasetArn: str, schemaArn: str) -> Commit:
        dataset, schema = self._find("dataset", datasetArn), self._find("schema", schemaArn)
        old = self.things[dataset.members["schemaArn"]]
        domains = {schema.members["domain"], self.things[dataset.group].members["domain"]}
        grows = all(column in fields(schema) for column in fields(old)) and record_name(schema) in {"Items", "Users"}
        refuse(
            RIU=dataset.status != "ACTIVE" or dataset.updating,
            II=schema is old or len(domains) > 1 or not grows or record_name(schema) != record_name(old),
        )
        return self._update(dataset, {"schemaArn": schemaArn})

    def update_solution(self, *, solutionArn: str, performAutoTraining: bool) -> Commit:
        solution = self._find("solution", solutionArn)
        refuse(RIU=not solution.settled, II=solution.members["performAutoTraining"] == performAutoTraining)
        return self._update(solution, {"performAutoTraining": performAutoTraining})

    def update_campaign(self, *, campaignArn: str, **wanted: Any) -> Commit:
        campaign = self._find("campaign", campaignArn)
        ready, own = True, True
        if "solutionVersionArn" in wanted:
            version = self._deployable(wanted["solutionVersionArn"])
            wanted = {**wanted, "solutionVersionArn": version.arn}
            ready, own = self._ready(version), version.parent == campaign.parent
        changed = any(campaign.members[name] != value for name, value in wanted.items())
        refuse(RIU=not campaign.settled or not ready, II=not own or not changed)
        return self._update(campaign, wanted)

    def update_recommender(self, *, recommenderArn: str, recommenderConfig: dict[str, Any]) -> Commit:
        recommender = self._find("recommender", recommenderArn)
        old = recommender.members["recommenderConfig"]
        config = {**old, **recommenderConfig}
        refuse(
            RIU=recommender.status != "ACTIVE" or recommender.updating,
            II=config == old or self._type(recommender.group, "INTERACTIONS") is None,
        )
        retrains = config.get("trainingDataConfig") != old.get("trainingDataConfig")
        return self._update(recommender, {"recommenderConfig": config}, training=retrains)

    def stop_recommender(self, *, recommenderArn: str) -> Commit:
        recommender = self._find("recommender", recommenderArn)
        refuse(RIU=recommender.status != "ACTIVE" or recommender.updating)
        return self._turn(recommender, "stop", "STOP PENDING")

    def start_recommender(self, *, recommenderArn: str) -> Commit:
        recommender = self._find("recommender", recommenderArn)
        refuse(RIU=recommender.status != "INACTIVE")
        return self._turn(recommender, "start", "START PENDING")

    def stop_solution_version_creation(self, *, solutionVersionArn: str) -> Commit:
        version = self._find("solution-version", solutionVersionArn)
        after = {"CREATE PENDING": "CREATE STOPPED", "CREATE IN_PROGRESS": "CREATE STOPPING"}.get(str(version.status))
        refuse(RIU=after is None)
        return lambda _reply: setattr(version, "status", after)

    def get_solution_metrics(self, *, solutionVersionArn: str) -> Commit:
        refuse(RIU=self._find("solution-version", solutionVersionArn).status != "ACTIVE")
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
        return self._find(kind_of(arn), arn)

    # Deleting

    def delete_dataset_group(self, *, datasetGroupArn: str) -> Commit:
        group = self._find("dataset-group", datasetGroupArn)
        left = any(self._every(kind, group.arn) for kind in _IN_GROUPS)
        return self._delete(group, blocked=left)

    def delete_schema(self, *, schemaArn: str) -> Commit:
        self._find("schema", schemaArn)
        datasets = self._every("dataset")
        refuse(
            RIU=any(d.members["schemaArn"] == schemaArn for d in datasets)
            or any(d.updating and d.wanted["schemaArn"] == schemaArn for d in datasets)
        )
        return lambda _reply: self.things.pop(schemaArn) and None

    def delete_dataset(self, *, datasetArn: str) -> Commit:
        dataset = self._find("dataset", datasetArn)
        group = dataset.group
        interactions = dataset.members["datasetType"] == "INTERACTIONS"
        blocked = (
            self._every("filter", group)
            or (interactions and self._every("event-tracker", group))
            or [job for job in self._every("dataset-import-job") if job.parent == datasetArn and job.status in _BUSY]
            or [v for v in self._every("solution-version", group) if v.status in _BUSY]
            or [c for c in self._every("campaign", group) if c.status in _BUSY | {"ACTIVE"}]
            or [r for r in self._every("recommender", group) if r.status in _BUSY | _TURNING or r.updating]
        )
        return self._delete(dataset, blocked=bool(blocked))

    def delete_event_tracker(self, *, eventTrackerArn: str) -> Commit:
        return self._delete(self._find("event-tracker", eventTrackerArn))

    def delete_filter(self, *, filterArn: str) -> Commit:
        return self._delete(self._find("filter", filterArn))

    def delete_solution(self, *, solutionArn: str) -> Commit:
        solution = self._find("solution", solutionArn)
        campaigns = [c for c in self._every("campaign") if c.parent == solutionArn]
        trainings = [v for v in self._every("solution-version") if v.parent == solutionArn and v.status in _BUSY]
        return self._delete(solution, blocked=bool(campaigns or trainings))

    def delete_campaign(self, *, campaignArn: str) -> Commit:
        return self._delete(self._find("campaign", campaignArn))

    def delete_recommender(self, *, recommenderArn: str) -> Commit:
        return self._delete(self._find("recommender", recommenderArn))

    def _delete(self, thing: Thing, *, blocked: bool = False) -> Commit:
        refuse(RIU=blocked or not (thing.settled or thing.status == "INACTIVE"))
        return self._turn(thing, "delete", "DELETE PENDING")

    # Work

    def moved(self, work: Work, *, ended: bool, broken: bool = False) -> None:
        """Follow a workflow that has run one more state, that has come to its end, or that was broken."""
        work.moves += 1
        thing = work.thing
        thing.broken |= broken
        if work.training and work.moves == 2:  # its second state fixes the data
            dataset = self._type(str(thing.group), "INTERACTIONS")
            work.can = dataset is not None and dataset.data and dataset.status == "ACTIVE"
        if ended:
            self.works.remove(work)
        if thing.status == "CREATE STOPPED":
            return
        if thing.status == "CREATE STOPPING":
            thing.status = "CREATE STOPPED" if ended else thing.status
        elif not ended:
            self._goes_on(thing, work.change)
        elif broken or not work.can:
            self._fails(thing, work.change)
        else:
            self._ends(thing, work.change)

    def _goes_on(self, thing: Thing, change: str) -> None:
        if change == "update":
            thing.update = "CREATE IN_PROGRESS"
        else:
            thing.status = f"{change.upper()} IN_PROGRESS"

    def _fails(self, thing: Thing, change: str) -> None:
        if change == "update":
            thing.update = "CREATE FAILED"
        else:
            thing.status = _FALLS_BACK[change]

    def _ends(self, thing: Thing, change: str) -> None:
        if change == "delete":
            gone = {thing.arn} | {t.arn for t in self._every(_CHILDREN.get(thing.kind, "")) if t.parent == thing.arn}
            self.things = {arn: t for arn, t in self.things.items() if arn not in gone}
        elif change == "update":
            thing.members.update(thing.wanted)
            thing.update, thing.status = "ACTIVE", "ACTIVE"
        else:
            thing.status = _ENDS[change]
        if thing.kind == "dataset-import-job":
            self.things[thing.members["datasetArn"]].data = True


def fading(recommender: Thing) -> bool:
    return recommender.status not in _BUSY | _TURNING | {"ACTIVE", "INACTIVE"}


def kind_of(arn: str) -> str:
    parts = arn.split(":", 5)[-1].split("/")
    return "solution-version" if parts[0] == "solution" and len(parts) > 2 else parts[0]


def camel(kind: str) -> str:
    first, *others = kind.split("-")
    return first + "".join(map(str.title, others))


def record_name(schema: Thing) -> str:
    return json.loads(schema.members["schema"])["name"]


def fields(schema: Thing) -> list[dict[str, Any]]:
    return json.loads(schema.members["schema"])["fields"]
