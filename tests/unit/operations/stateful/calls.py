"""The calls that somebody might make next: for each operation the members it could be given in the present state."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from tests.fields import INTERACTIONS, ITEMS, USERS
from tests.unit.operations.arns import HOME, RECIPES, camel
from tests.unit.operations.stateful.reference import Reference
from tests.unit.operations.stateful.things import Thing
from tests.unit.operations.watching import EVENTS, VOD, schema_text

Arguments = dict[str, Any]

FIELDS = {
    ("Interactions", None): [*INTERACTIONS, *EVENTS],
    ("Interactions", VOD): [*INTERACTIONS, *EVENTS],
    ("Items", None): ITEMS,
    ("Users", None): USERS,
}
WIDER = {**FIELDS, ("Items", None): [*ITEMS, {"name": "SIZE", "type": ["null", "int"]}]}
KINDS = (
    "dataset-group",
    "schema",
    "dataset",
    "dataset-import-job",
    "event-tracker",
    "filter",
    "solution",
    "solution-version",
    "campaign",
    "recommender",
)
TAGGABLE = tuple(kind for kind in KINDS if kind != "schema")
NAMES = ("ada", "bea", "cleo", "dora", "eve", "fay", "gia")
FILTERS = (
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
    'INCLUDE ItemID WHERE Items.GENRE IN ("a")',
    "EXCLUDE ItemID WHERE",
)
ABSENT = {
    "dataset": "nowhere/ITEMS",
    "solution-version": "nowhere/00000000",
}


def absent(kind: str) -> str:
    """Return a well-formed ARN of nothing."""
    return f"{HOME}{kind.removesuffix('-version')}/{ABSENT.get(kind, 'nowhere')}"


class Calls:
    """Lists an operation's possible members; the reference tells which of them will do."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    def of(self, operation: str) -> list[Arguments]:
        if own := getattr(self, operation, None):
            return list(own())
        verb, _, noun = operation.partition("_")
        kind = noun.replace("_", "-")
        if verb in {"describe", "delete"}:
            return [{f"{camel(kind)}Arn": arn} for arn in self._arns(kind)]
        return list(self._lists(kind.removesuffix("s")))

    def _things(self, kind: str) -> list[Thing]:
        return [thing for thing in self.reference.things.values() if thing.kind == kind]

    def _arns(self, kind: str) -> list[str]:
        """Return the ARNs of a kind, one of nothing and one of another kind."""
        other = "filter" if kind == "campaign" else "campaign"
        return [*(thing.arn for thing in self._things(kind)), absent(kind), absent(other)]

    def _names(self, kind: str) -> list[str]:
        """Return a free name, if one is left, and a taken one."""
        taken = [thing.members.get("name") or thing.members.get("jobName") for thing in self._things(kind)]
        return [*[name for name in NAMES if name not in taken][:1], *taken[:1]]

    def _lists(self, kind: str) -> Iterator[Arguments]:
        yield {}
        if parent := PARENTS.get(kind):
            yield from ({f"{camel(parent)}Arn": thing.arn} for thing in self._things(parent))
            if kind == "solution-version":
                yield {"solutionArn": absent("solution")}

    # Creating

    def create_dataset_group(self) -> Iterator[Arguments]:
        for name, domain in product(self._names("dataset-group"), ({}, {"domain": VOD})):
            yield {"name": name, **domain}

    def create_schema(self) -> Iterator[Arguments]:
        for name, fields in product(self._names("schema"), (FIELDS, WIDER)):
            for (type_, domain), columns in fields.items():
                own = {"domain": domain} if domain else {}
                yield {"name": name, "schema": schema_text(type_, columns), **own}

    def create_dataset(self) -> Iterator[Arguments]:
        members = ("name", "datasetGroupArn", "schemaArn", "datasetType")
        groups, schemas = self._arns("dataset-group"), self._arns("schema")
        for values in product(NAMES[:1], groups, schemas, ("Interactions", "Items", "Users")):
            yield dict(zip(members, values, strict=True))

    def create_dataset_import_job(self) -> Iterator[Arguments]:
        for name, dataset, mode in product(
            self._names("dataset-import-job"), self._arns("dataset"), ("FULL", "INCREMENTAL")
        ):
            # Its own file, twice, and that of another type or none.
            for file in (dataset.rpartition("/")[2], dataset.rpartition("/")[2], "ITEMS", "nothing"):
                source = {"dataLocation": f"s3://bucket/{file}"}
                yield {"jobName": name, "datasetArn": dataset, "dataSource": source, "importMode": mode}

    def create_event_tracker(self) -> Iterator[Arguments]:
        for name, group in product(self._names("event-tracker"), self._arns("dataset-group")):
            yield {"name": name, "datasetGroupArn": group}

    def create_filter(self) -> Iterator[Arguments]:
        for name, group, text in product(self._names("filter"), self._arns("dataset-group"), FILTERS):
            yield {"name": name, "datasetGroupArn": group, "filterExpression": text}

    def create_solution(self) -> Iterator[Arguments]:
        recipes = [RECIPES + name for name in ("aws-popularity-count", "aws-vod-most-popular")]
        for name, group, recipe in product(self._names("solution"), self._arns("dataset-group"), recipes):
            yield {"name": name, "datasetGroupArn": group, "recipeArn": recipe, "performAutoTraining": False}

    def create_solution_version(self) -> Iterator[Arguments]:
        for solution, mode in product(self._arns("solution"), ({}, {}, {"trainingMode": "UPDATE"})):
            yield {"solutionArn": solution, **mode}

    def create_campaign(self) -> Iterator[Arguments]:
        sync = {"campaignConfig": {"syncWithLatestSolutionVersion": True}}
        for name, version, config in product(self._names("campaign"), self._versions(), ({}, sync)):
            yield {"name": name, "solutionVersionArn": version, **config}

    def _versions(self) -> list[str]:
        latest = [f"{arn}/$LATEST" for arn in self._arns("solution") if ":solution/" in arn]
        return [*self._arns("solution-version"), *latest]

    def create_recommender(self) -> Iterator[Arguments]:
        recipes = [RECIPES + name for name in ("aws-vod-most-popular", "aws-popularity-count")]
        for name, group, recipe in product(self._names("recommender"), self._arns("dataset-group"), recipes):
            yield {"name": name, "datasetGroupArn": group, "recipeArn": recipe}

    # Changing

    def update_dataset(self) -> Iterator[Arguments]:
        for dataset, schema in product(self._arns("dataset"), self._arns("schema")):
            yield {"datasetArn": dataset, "schemaArn": schema}

    def update_solution(self) -> Iterator[Arguments]:
        for solution, wish in product(self._arns("solution"), (True, False)):
            yield {"solutionArn": solution, "performAutoTraining": wish}

    def update_campaign(self) -> Iterator[Arguments]:
        versions = [{"solutionVersionArn": version} for version in self._versions()]
        for campaign, wish in product(self._arns("campaign"), [*versions, *({"minProvisionedTPS": n} for n in (1, 2))]):
            yield {"campaignArn": campaign, **wish}

    def update_recommender(self) -> Iterator[Arguments]:
        rates = [{"minRecommendationRequestsPerSecond": rate} for rate in (1, 2)]
        columns = [
            {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": names}}} for names in (["DEVICE"],)
        ]
        for recommender, config in product(self._arns("recommender"), [*rates, *columns]):
            yield {"recommenderArn": recommender, "recommenderConfig": config}

    def start_recommender(self) -> Iterator[Arguments]:
        yield from ({"recommenderArn": arn} for arn in self._arns("recommender"))

    stop_recommender = start_recommender

    def stop_solution_version_creation(self) -> Iterator[Arguments]:
        yield from ({"solutionVersionArn": arn} for arn in self._arns("solution-version"))

    get_solution_metrics = stop_solution_version_creation

    # Tags

    def list_tags_for_resource(self) -> Iterator[Arguments]:
        yield from ({"resourceArn": arn} for arn in [*self.reference.things, absent("filter")])

    def tag_resource(self) -> Iterator[Arguments]:
        for call, key in product(self.list_tags_for_resource(), ("team", "stage")):
            yield {**call, "tags": [{"tagKey": key, "tagValue": "x"}]}

    def untag_resource(self) -> Iterator[Arguments]:
        for call, key in product(self.list_tags_for_resource(), ("team", "stage")):
            yield {**call, "tagKeys": [key]}


PARENTS = {
    "dataset": "dataset-group",
    "dataset-import-job": "dataset",
    "event-tracker": "dataset-group",
    "filter": "dataset-group",
    "solution": "dataset-group",
    "solution-version": "solution",
    "campaign": "solution",
    "recommender": "dataset-group",
}
_OWN = [name for name, value in vars(Calls).items() if isinstance(value, Callable) and name[0] != "_" and name != "of"]
_READING = [
    f"{verb}_{kind.replace('-', '_')}{end}" for kind in KINDS for verb, end in (("describe", ""), ("list", "s"))
]
_DELETING = [
    f"delete_{kind.replace('-', '_')}" for kind in KINDS if kind not in {"dataset-import-job", "solution-version"}
]
OPERATIONS = sorted({*_OWN, *_READING, *_DELETING})
