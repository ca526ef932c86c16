"""A furnished world: at least one resource of each kind, in each state that an operation asks for; rows name them."""

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient

from tastemaker import bootstrap
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.wire.models import APIS, Operation, api_model
from tests.fields import INTERACTIONS, ITEMS, USERS
from tests.unit.operations.arns import HOME, RECIPES
from tests.unit.operations.builder import Builder
from tests.unit.operations.watching import EVENTS, FILES, VOD, schema_text
from tests.unit.operations.world import World

POPULARITY = RECIPES + "aws-popularity-count"
FILTER = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")'
ACTIONS_FILTER = 'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("TAKEN")'
USERS_FILTER = "INCLUDE UserID WHERE Users.AGE > 3"
ROLE = "arn:aws:iam::123456789012:role/personalize"
SOURCE = {"dataLocation": "s3://bucket/INTERACTIONS"}
OUTPUT = {"s3DataDestination": {"path": "s3://bucket/out/"}}
METRIC = {"eventType": "watch", "metricName": "watches", "expression": "SAMPLECOUNT()"}
ACTIONS = {
    "Actions": [{"name": "ACTION_ID", "type": "string"}, {"name": "TOPIC", "type": ["null", "string"]}],
    "Action_Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ACTION_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
}
FIELDS = {"interactions": [*INTERACTIONS, *EVENTS], "items": ITEMS, "users": USERS}


BUILT: dict[str, tuple[str, Operation]] = {
    operation.function: (api, operation)
    for api in APIS
    for operation in api_model(api).operations.values()
    if operation.function in bootstrap.operation_table(api)
}


class Furnisher:
    """Makes resources through the API and keeps what each is called in the rows."""

    def __init__(self, build: Builder) -> None:
        self.client, self.world = build.client, build.world
        self.names: dict[str, str] = {}
        for file, text in FILES.items():
            self.world.objects.write("bucket", file, text.encode())

    def make(self, name: str, operation: str, *, run: bool = True, **members: Any) -> str:
        """Create a resource and let its workflow run; members may name earlier ones by @NAME."""
        if operation not in BUILT:
            return ""
        members = resolved(members, self.names)
        key = "jobName" if operation.endswith("_job") else "name"
        if operation != "create_solution_version":
            members = {key: name, **members}
        reply = getattr(self.client, operation)(**members)
        self.names[name] = next(value for member, value in reply.items() if member.endswith("Arn"))
        if "trackingId" in reply:
            self.names[f"{name}-id"] = reply["trackingId"]
        if run:
            self.world.run()
        self.world.workflows.started.clear()
        return self.names[name]

    def record(self, name: str, kind: str, parent: str, **members: Any) -> None:
        """Write down what no operation makes yet, though others read it."""
        row, now = KINDS[kind], self.world.clock()
        tail = f"solution/{parent}/0a1b2c3d" if kind == "solution-version" else f"{kind}/{name}"
        arn = self.names[name] = HOME + tail
        parent_arn = self.names[parent]
        own = {"_arn": arn, "_kind": kind, "_parent": parent_arn, "_created": f"{now:017.6f}#{arn}", "_tags": {}}
        shown = {row.name_member: name, row.arn_member: arn, row.parent: parent_arn, "status": "ACTIVE"}
        times = {"creationDateTime": now, "lastUpdatedDateTime": now}
        self.world.resources.create({**own, **shown, **times, **members})

    def schema(self, name: str, type_: str, fields: list[dict[str, Any]], **members: Any) -> None:
        self.make(name, "create_schema", schema=schema_text(type_, fields), **members)

    def dataset(self, name: str, group: str, type_: str, schema: str) -> None:
        members = {"datasetGroupArn": f"@{group}", "schemaArn": f"@{schema}", "datasetType": type_}
        self.make(name, "create_dataset", **members)

    def imported(self, name: str, dataset: str, file: str) -> None:
        source = {"dataLocation": f"s3://bucket/{file}"}
        self.make(name, "create_dataset_import_job", datasetArn=f"@{dataset}", dataSource=source)

    def solution(self, name: str, group: str, recipe: str = POPULARITY) -> None:
        members = {"datasetGroupArn": f"@{group}", "recipeArn": recipe, "performAutoTraining": False}
        self.make(name, "create_solution", **members)


def resolved(value: Any, names: dict[str, str]) -> Any:
    """Return a request with every @NAME replaced by what it stands for."""
    for name in sorted(names, key=len, reverse=True):
        value = json.loads(json.dumps(value).replace(f"@{name}", names[name]))
    return value


def furnish(build: Builder) -> dict[str, str]:
    """Furnish an empty world; return the ARNs (and tracking ids) by the names that rows use."""
    maker = Furnisher(build)
    _shop(maker)
    _films(maker)
    _leftovers(maker)
    _jobs(maker)
    _records(maker)
    _answer(maker)
    return maker.names


def _shop(maker: Furnisher) -> None:
    """A custom dataset group with everything in it."""
    maker.make("shop", "create_dataset_group")
    for type_, fields in FIELDS.items():
        maker.schema(f"{type_}-schema", type_.title(), fields)
        maker.dataset(f"shop-{type_}", "shop", type_.title(), f"{type_}-schema")
        maker.imported(f"shop-{type_}-import", f"shop-{type_}", type_.upper())
    maker.make("shop-tracker", "create_event_tracker", datasetGroupArn="@shop")
    for name in ("shop-filter", "shop-other-filter"):
        maker.make(name, "create_filter", datasetGroupArn="@shop", filterExpression=FILTER)
    for place, recipe in (("solution", POPULARITY), ("ranking", RECIPES + "aws-personalized-ranking")):
        maker.solution(place, "shop", recipe)
        maker.make(f"{place}-version", "create_solution_version", solutionArn=f"@{place}")
        maker.make(f"{place}-campaign", "create_campaign", solutionVersionArn=f"@{place}-version")
    maker.make("second-campaign", "create_campaign", solutionVersionArn="@solution-version")


def _films(maker: Furnisher) -> None:
    """A domain dataset group with recommenders that answer, rest and are being made."""
    maker.make("films", "create_dataset_group", domain=VOD)
    maker.schema("films-schema", "Interactions", FIELDS["interactions"], domain=VOD)
    maker.dataset("films-interactions", "films", "Interactions", "films-schema")
    maker.imported("films-import", "films-interactions", "INTERACTIONS")
    maker.make("films-tracker", "create_event_tracker", datasetGroupArn="@films")
    maker.make("films-filter", "create_filter", datasetGroupArn="@films", filterExpression=FILTER)
    for name, run in (("picks", True), ("resting-picks", True), ("new-picks", False)):
        recipe = RECIPES + "aws-vod-most-popular"
        maker.make(name, "create_recommender", run=run, datasetGroupArn="@films", recipeArn=recipe)
    maker.client.stop_recommender(recommenderArn=maker.names["resting-picks"])
    maker.world.run()


def _leftovers(maker: Furnisher) -> None:
    """What nothing depends on, and what is under way."""
    maker.make("bare", "create_dataset_group")
    maker.make("spare", "create_dataset_group")
    maker.schema("lone-schema", "Users", FIELDS["users"])
    wider = [*FIELDS["items"], {"name": "SIZE", "type": ["null", "int"]}]
    maker.schema("wider-schema", "Items", wider)
    maker.dataset("spare-interactions", "spare", "Interactions", "interactions-schema")
    maker.imported("spare-import", "spare-interactions", "INTERACTIONS")
    maker.dataset("lone-dataset", "spare", "Items", "items-schema")
    maker.solution("lone-solution", "spare")
    maker.make("new-version", "create_solution_version", run=False, solutionArn="@solution")


def _jobs(maker: Furnisher) -> None:
    """Jobs that have not begun."""
    for name, dataset in (("export", "shop-items"), ("other-export", "shop-users")):
        members = {"datasetArn": f"@{dataset}", "roleArn": ROLE, "jobOutput": OUTPUT}
        maker.make(name, "create_dataset_export_job", run=False, **members)
    maker.make("closing", "create_dataset_group")
    maker.dataset("closing-interactions", "closing", "Interactions", "interactions-schema")
    for name, group in (("deletion", "closing"), ("other-deletion", "films"), ("third-deletion", "closing")):
        members = {"datasetGroupArn": f"@{group}", "roleArn": ROLE, "dataSource": SOURCE}
        maker.make(name, "create_data_deletion_job", run=False, **members)
    places = {"jobInput": {"s3DataSource": {"path": "s3://bucket/in/"}}, "jobOutput": OUTPUT, "roleArn": ROLE}
    for name, version in (("batch", "solution-version"), ("other-batch", "ranking-version")):
        members = {"solutionVersionArn": f"@{version}", **places}
        maker.make(name, "create_batch_inference_job", run=False, **members)


def _records(maker: Furnisher) -> None:
    """What no operation makes yet: recipes that find users, attributions that count; and a campaign for actions."""
    maker.make("users-filter", "create_filter", datasetGroupArn="@shop", filterExpression=USERS_FILTER)
    maker.record("segments", "solution", "shop", recipeArn=RECIPES + "aws-item-affinity", performAutoTraining=False)
    version = {"recipeArn": RECIPES + "aws-item-affinity", "datasetGroupArn": maker.names["shop"]}
    maker.record("segments-version", "solution-version", "segments", trainingMode="FULL", **version)
    places = {"jobInput": {"s3DataSource": {"path": "s3://bucket/in/"}}, "jobOutput": OUTPUT, "roleArn": ROLE}
    for name in ("segment", "other-segment"):
        maker.record(name, "batch-segment-job", "segments-version", numResults=25, **places)
    metrics = [{**METRIC, "metricName": f"watches-{n}"} for n in range(3)]
    for name, group in (("attribution", "films"), ("other-attribution", "spare")):
        maker.record(name, "metric-attribution", group, metricsOutputConfig={"roleArn": ROLE}, _metrics=metrics)
    for type_, fields in ACTIONS.items():
        name = {"Actions": "shop-actions", "Action_Interactions": "taken-actions"}[type_]
        maker.schema(f"{name}-schema", type_.replace("_", ""), fields)
        maker.dataset(name, "shop", type_, f"{name}-schema")
    described = maker.client.describe_dataset(datasetArn=maker.names["taken-actions"])["dataset"]
    maker.names["taken-actions-id"] = described["trackingId"]
    maker.world.objects.write("bucket", "ACTIONS", b"ACTION_ID,TOPIC\na1,news\n")
    maker.imported("shop-actions-import", "shop-actions", "ACTIONS")
    maker.make("actions-filter", "create_filter", datasetGroupArn="@shop", filterExpression=ACTIONS_FILTER)
    maker.solution("actions", "shop", RECIPES + "aws-next-best-action")
    maker.make("actions-version", "create_solution_version", solutionArn="@actions")
    maker.make("actions-campaign", "create_campaign", solutionVersionArn="@actions-version")


def _answer(maker: Furnisher) -> None:
    """An answer of a campaign in the log, as no operation of this API makes one."""
    campaign = maker.world.resources.get(maker.names["solution-campaign"])
    maker.names["answer"] = "RID-answer"
    now = maker.world.clock()
    maker.world.answers.keep(
        {
            "id": "RID-answer",
            "source": campaign["_arn"],
            "group": maker.names["shop"],
            "user": "u1",
            "time": now,
            "expires": now + 1e6,
            "shown": [["i1", None, 1.0]],
            "explored": [],
            "question": {"serving": {**campaign["_serving"], "exploring": None}, "user_id": "u1", "num_results": 1},
            "cut": {"before": now, "later": [], "count": 0},
        }
    )


@dataclass
class Furnished:
    """A furnished world, its clients, and the bodies of their replies as they were on the wire."""

    world: World
    clients: dict[str, BaseClient]
    names: dict[str, str]
    bodies: list[bytes] = field(default_factory=list)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation with a row's request."""
        api, _ = BUILT[operation]
        client, event = self.clients[api], f"before-parse.{api}"
        client.meta.events.register_first(event, self._notice)
        try:
            return getattr(client, operation)(**resolved(request, self.names))
        finally:
            client.meta.events.unregister(event, self._notice)

    def _notice(self, response_dict: dict[str, Any], **_details: object) -> None:
        self.bodies.append(response_dict["body"])

    def set_status(self, arn: str, status: str) -> None:
        self.world.resources.update(arn, {"status": status})
