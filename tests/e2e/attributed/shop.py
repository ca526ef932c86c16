"""A shop on a running service: a domain group with a campaign, a recommender, a tracker and an attribution."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tastemaker_local.commands import clients
from tests.e2e.attributed.books import COLUMNS, ITEMS, METRICS, WINDOW, Sums, price
from tests.e2e.kills import Running
from tests.processes import ROOT, until

BUCKET, NAME = "reports", "shop"
RECIPE = "arn:aws:personalize:::recipe/"
DOMAIN = "ECOMMERCE"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:tastemaker-schedule"
RESOURCES = "tastemaker-resources"
# A day of 24 minutes: 2 s until what was recorded is read, 5 s until a chunk whose answer was lost is asked for.
DAY = 1_440
_NULLABLE = {"EVENT_VALUE": "float", "RECOMMENDATION_ID": "string", "EVENT_ATTRIBUTION_SOURCE": "string"}
_TYPES = {"TIMESTAMP": "long", **{name: ["null", type_] for name, type_ in _NULLABLE.items()}}
# What the role may do besides, which imports use too.
_READING = [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/in/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
]
_EXAMPLE = ROOT / "examples" / "attribution_role.py"


@dataclass
class Shop:
    """What was made, and how it is asked and looked at; a service that was killed is the same for it."""

    service: Running
    group: str = ""
    dataset: str = ""
    tracking: str = ""
    campaign: str = ""
    recommender: str = ""
    attribution: str = ""
    role: str = ""

    def build(self) -> "Shop":
        """Make everything; what was imported before the attribution does not count."""
        personalize = self.service.client("personalize")
        self._role()
        self.group = personalize.create_dataset_group(name=NAME, domain=DOMAIN)["datasetGroupArn"]
        self.wait("dataset_group", self.group)
        self.dataset = self._dataset("Interactions", {name: _TYPES.get(name, "string") for name in COLUMNS})
        items = self._dataset("Items", {"ITEM_ID": "string", "PRICE": "float", "CATEGORY_L1": "string"})
        rows = [f"i{n},{price(f'i{n}')},all" for n in range(ITEMS)]
        self.imported("items", items, "\n".join(["ITEM_ID,PRICE,CATEGORY_L1", *rows, ""]))
        self.imported("history", self.dataset, _history())
        tracker = personalize.create_event_tracker(name=NAME, datasetGroupArn=self.group)
        self.tracking = tracker["trackingId"]
        self.wait("event_tracker", tracker["eventTrackerArn"])
        self._answering(personalize)
        made = personalize.create_metric_attribution(
            name="measured",
            datasetGroupArn=self.group,
            metrics=METRICS,
            metricsOutputConfig={"roleArn": self.role, "s3DataDestination": {"path": f"s3://{BUCKET}/{NAME}/"}},
        )
        self.attribution = made["metricAttributionArn"]
        self.wait("metric_attribution", self.attribution)
        return self

    def answers(self, count: int) -> dict[str, list[str]]:
        """Let campaign and recommender answer so often; return the ids of their answers by who gave them."""
        runtime = self.service.client("personalize-runtime")

        def ask(member: str, arn: str) -> list[str]:
            return [
                runtime.get_recommendations(**{member: arn}, userId=f"u{n}", numResults=5)["recommendationId"]
                for n in range(count)
            ]

        return {
            self.campaign: ask("campaignArn", self.campaign),
            self.recommender: ask("recommenderArn", self.recommender),
        }

    def imported(self, name: str, dataset: str, text: str, *, wait: bool = True, **members: object) -> str:
        """Import a file."""
        self.service.client("s3").put_object(Bucket=BUCKET, Key=f"in/{name}.csv", Body=text.encode())
        source = {"dataSource": {"dataLocation": f"s3://{BUCKET}/in/{name}.csv"}, "roleArn": self.role}
        job = self.service.client("personalize").create_dataset_import_job(
            jobName=name, datasetArn=dataset, **source, **members
        )["datasetImportJobArn"]
        if wait:
            self.wait("dataset_import_job", job)
        return str(job)

    def look(self) -> str:
        """Let the schedule look, as its rule does every quarter of an hour; return the execution."""
        given = json.dumps({"day": DAY, "training": False})
        return str(
            self.service.client("stepfunctions").start_execution(stateMachineArn=MACHINE, input=given)["executionArn"]
        )

    def is_looking(self, execution: str) -> bool:
        """Say whether a look goes on."""
        states = self.service.client("stepfunctions")
        return bool(states.describe_execution(executionArn=execution)["status"] == "RUNNING")

    def looked(self) -> list[str]:
        """Let the schedule look and return which attributions had something to tell."""
        execution, states = self.look(), self.service.client("stepfunctions")
        until(lambda: not self.is_looking(execution), patience=600)
        return list(json.loads(states.describe_execution(executionArn=execution)["output"])["attributed"])

    def progress(self) -> dict[str, Any]:
        """Return how far the attribution says that it has come."""
        key = {"arn": {"S": self.attribution}}
        item = self.service.client("dynamodb").get_item(TableName=RESOURCES, Key=key, ConsistentRead=True)["Item"]
        return dict(json.loads(item["body"]["S"]).get("_counted", {}))

    def metrics(self, since: int, until_: int, sources: Iterable[str]) -> Sums:
        """Return what CloudWatch has between two moments of some sources, and what is there of any other.

        moto would need hours to list its metrics: it compares each value with all others.
        """
        sums = Sums()
        for name in (each["metricName"] for each in METRICS):
            others = self._windows(name, since, until_)
            for source in sources:
                for moment, (count, total) in self._windows(name, since, until_, source).items():
                    sums[name, source, moment] = (count, total)
                    others[moment] = (others[moment][0] - count, others[moment][1] - total)
            sums |= {(name, "another", moment): rest for moment, rest in others.items() if any(rest)}
        return sums

    def figures(self) -> Sums:
        """Return what our own operation says by day."""
        client = clients.knowing("personalize", self.service.url)
        sums, token = Sums(), {}
        while not sums or token:
            page = client.get_attribution_figures(metricAttributionArn=self.attribution, maxResults=7, **token)
            for each in page["figures"]:
                key = (each["metricName"], each["eventAttributionSource"], int(each["day"].timestamp()))
                sums[key] = (each["count"], each["sum"])
            token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}
        return sums

    def _windows(self, name: str, since: int, until_: int, source: str = "") -> dict[int, tuple[int, float]]:
        """Return the values of a metric and their sum by when a window begins, of one source or of all."""
        named = {"DatasetGroupArn": self.group, "EventAttributionSource": source}
        dimensions = [{"Name": key, "Value": value} for key, value in named.items()] if source else []
        points = self.service.client("cloudwatch").get_metric_statistics(
            Namespace="Personalize",
            MetricName=name,
            Dimensions=dimensions,
            StartTime=since,
            EndTime=until_,
            Period=WINDOW,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return {int(each["Timestamp"].timestamp()): (int(each["SampleCount"]), each["Sum"]) for each in points}

    def reports(self) -> dict[str, str]:
        """Return the reports in the bucket by name."""
        s3 = self.service.client("s3")
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{NAME}/").get("Contents", [])
        keys = [each["Key"] for each in found if each["Key"].endswith(".csv")]
        return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}

    def wait(self, kind: str, arn: str) -> None:
        """Wait until something is ACTIVE."""
        _wait(getattr(self.service.client("personalize"), f"describe_{kind}"), kind, arn)

    def _role(self) -> None:
        self.service.client("s3").create_bucket(Bucket=BUCKET)
        known = {"AWS_ENDPOINT_URL": self.service.url, "AWS_DEFAULT_REGION": "us-east-1"}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        command = [sys.executable, str(_EXAMPLE), NAME, BUCKET, NAME]
        made = subprocess.run(  # noqa: S603 - our own program
            command, env=os.environ | known | keys, capture_output=True, text=True, check=True
        )
        self.role = made.stdout.strip()
        policy = json.dumps({"Version": "2012-10-17", "Statement": _READING})
        self.service.client("iam").put_role_policy(RoleName=NAME, PolicyName="imports", PolicyDocument=policy)

    def _dataset(self, type_: str, columns: dict[str, object]) -> str:
        personalize = self.service.client("personalize")
        fields = [
            {"name": name, "type": kind} | ({"categorical": True} if name == "CATEGORY_L1" else {})
            for name, kind in columns.items()
        ]
        avro = {"type": "record", "name": type_, "namespace": "com.amazonaws.personalize.schema", "fields": fields}
        text = json.dumps({**avro, "version": "1.0"})
        schema = personalize.create_schema(name=f"{NAME}-{type_}", schema=text, domain=DOMAIN)["schemaArn"]
        arn = personalize.create_dataset(name=type_, schemaArn=schema, datasetGroupArn=self.group, datasetType=type_)
        self.wait("dataset", arn["datasetArn"])
        return str(arn["datasetArn"])

    def _answering(self, personalize: Any) -> None:
        members = {
            "datasetGroupArn": self.group,
            "recipeArn": f"{RECIPE}aws-popularity-count",
            "performAutoTraining": False,
        }
        solution = personalize.create_solution(name=NAME, **members)["solutionArn"]
        version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.wait("solution_version", version)
        self.campaign = personalize.create_campaign(name=NAME, solutionVersionArn=version)["campaignArn"]
        recipe = f"{RECIPE}aws-ecomm-popular-items-by-views"
        made = personalize.create_recommender(name=NAME, datasetGroupArn=self.group, recipeArn=recipe)
        self.recommender = made["recommenderArn"]
        self.wait("campaign", self.campaign)
        self.wait("recommender", self.recommender)


def _wait(describe: Callable[..., dict[str, Any]], kind: str, arn: str) -> None:
    head, *rest = kind.split("_")
    member = "".join([head, *(word.title() for word in rest)])

    def ready() -> bool:
        found = describe(**{f"{member}Arn": arn})[member]
        if found["status"] == "CREATE FAILED":
            raise RuntimeError(f"{arn}: {found.get('failureReason')}")
        return bool(found["status"] == "ACTIVE")

    until(ready, patience=600)


def _history() -> str:
    """Return purchases and views of long ago, enough to train on."""
    chance = random.Random(3)  # noqa: S311 - a game
    rows = [
        f"u{n % 60},i{chance.randrange(ITEMS)},{1_600_000_000 + n},{chance.choice(('View', 'Purchase'))},1,,"
        for n in range(3_000)
    ]
    return "\n".join([",".join(COLUMNS), *rows, ""])
