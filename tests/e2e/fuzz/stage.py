"""What calls find there, so that they reach what lies deep: data, a model, a campaign, a recommender, a tracker."""

import json
import time

from botocore.exceptions import ClientError

from tastemaker_local.demo.endpoint import Clients
from tests.e2e.fuzz.known import Known

BUCKET = "fuzz-bucket"
ROLE = "arn:aws:iam::123456789012:role/fuzz"
_PATIENCE = 120.0
_OWNED = "arn:aws:personalize:::recipe/"
_TYPES = {"USER_ID": "string", "ITEM_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"}


def _schema(name: str, *fields: dict[str, object]) -> dict[str, object]:
    namespace = "com.amazonaws.personalize.schema"
    return {"type": "record", "name": name, "namespace": namespace, "fields": list(fields), "version": "1.0"}


SCHEMAS = {
    "Interactions": _schema("Interactions", *({"name": name, "type": type_} for name, type_ in _TYPES.items())),
    "Items": _schema(
        "Items",
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRE", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": "float"},
    ),
}


def build(clients: Clients) -> Known:
    """Make everything, wait for it, and return it as known."""
    stage = _Stage(clients)
    stage.store()
    stage.custom()
    stage.domain()
    return stage.known


class _Stage:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._personalize = clients.personalize
        self.known = Known()

    def store(self) -> None:
        self._clients.s3.create_bucket(Bucket=BUCKET)
        self._clients.iam.create_role(RoleName="fuzz", AssumeRolePolicyDocument="{}")
        for name, text in {"interactions.csv": interactions(), "items.csv": items(), "users.json": users()}.items():
            self._clients.s3.put_object(Bucket=BUCKET, Key=name, Body=text.encode())
        for type_, schema in SCHEMAS.items():
            self._make("schema", name=f"stage-{type_}", schema=json.dumps(schema))

    def custom(self) -> None:
        group = self._make("dataset_group", name="stage")
        for type_, file in {"Interactions": "interactions.csv", "Items": "items.csv"}.items():
            schema = f"{group.rpartition(':')[0]}:schema/stage-{type_}"
            dataset = self._make("dataset", name=type_, datasetGroupArn=group, schemaArn=schema, datasetType=type_)
            source = {"dataLocation": f"s3://{BUCKET}/{file}"}
            self._make(
                "dataset_import_job", jobName=f"stage-{type_}", datasetArn=dataset, dataSource=source, roleArn=ROLE
            )
        self._make("event_tracker", name="stage", datasetGroupArn=group)
        expression = "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)"
        self._make("filter", name="stage", datasetGroupArn=group, filterExpression=expression)
        for recipe in ("aws-popularity-count", "aws-personalized-ranking-v2"):
            self._campaign(group, recipe)

    def domain(self) -> None:
        group = self._make("dataset_group", name="stage-shop", domain="ECOMMERCE")
        schema = self._make("schema", name="stage-shop", schema=json.dumps(SCHEMAS["Interactions"]), domain="ECOMMERCE")
        dataset = self._make(
            "dataset", name="shop", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
        )
        source = {"dataLocation": f"s3://{BUCKET}/interactions.csv"}
        self._make("dataset_import_job", jobName="stage-shop", datasetArn=dataset, dataSource=source, roleArn=ROLE)
        recipe = f"{_OWNED}aws-ecomm-popular-items-by-views"
        self._make("recommender", name="stage", datasetGroupArn=group, recipeArn=recipe)

    def _campaign(self, group: str, recipe: str) -> None:
        solution = self._make("solution", name=f"stage-{recipe}", datasetGroupArn=group, recipeArn=f"{_OWNED}{recipe}")
        version = self._make("solution_version", solutionArn=solution)
        self._make("campaign", name=f"stage-{recipe}", solutionVersionArn=version)

    def _make(self, what: str, **members: object) -> str:
        reply = getattr(self._personalize, f"create_{what}")(**members)
        member = "".join(part.title() if place else part for place, part in enumerate(what.split("_")))
        arn = reply[f"{member}Arn"]
        if what != "schema":
            self._settle(what, member, arn)
        self.known.keep(arn)
        if "trackingId" in reply:
            self.known.trackings.append(reply["trackingId"])
        return arn

    def _settle(self, what: str, member: str, arn: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        describe = getattr(self._personalize, f"describe_{what}")
        while (found := describe(**{f"{member}Arn": arn})[member])["status"] != "ACTIVE":
            if "FAILED" in found["status"] or time.monotonic() > deadline:
                raise RuntimeError(f"{arn} is {found['status']}: {found.get('failureReason')}")


def interactions() -> str:
    """A hundred and twenty users, twenty events each; two tastes."""
    kinds = ("View", "Purchase")
    rows = [
        f"u{user},i{(user % 2) * 20 + step * (1 + user % 3) % 20},{kinds[step % 2]},{1_700_000_000 + step * 9000}"
        for user in range(120)
        for step in range(20)
    ]
    return "\n".join([",".join(_TYPES), *rows]) + "\n"


def items() -> str:
    rows = [f"i{number},{('drama', 'comedy', 'news|sport')[number % 3]},{number}.5" for number in range(40)]
    return "\n".join(["ITEM_ID,GENRE,PRICE", *rows]) + "\n"


def users() -> str:
    return "".join(json.dumps({"userId": f"u{number}"}) + "\n" for number in range(10))


def alive(clients: Clients, known: Known) -> bool:
    """Whether what calls must not take away is still there."""
    try:
        for arn in known.kept["campaign"]:
            clients.personalize.describe_campaign(campaignArn=arn)
    except ClientError:
        return False
    return True
