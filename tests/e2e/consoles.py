"""What the tests of the console share: a folder to build it in, and a shop whose models answer."""

import json
import shutil
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

from tests.e2e.npm import installed
from tests.processes import BUCKET, ROOT, Process

SOURCES = ROOT / "console"
PROGRAMS = Path(__file__).parent / "console"
EXTRAS = ROOT / "lambdas/tastemaker/wire/extras"
ROLE = "arn:aws:iam::123456789012:role/jobs"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
_RIGHTS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
YOUNG = 4  # books of each shelf
_RECIPES = {"personal": "aws-user-personalization-v2", "alike": "aws-similar-items", "segments": "aws-item-affinity"}


def operation_of(request: dict) -> str:
    """Return the operation that a request of the page is for: its target's, or that of its path."""
    return request["target"].removeprefix("AmazonPersonalize.") or _by_path()[request["path"]].name


def problems_of(requests: list[dict]) -> list[str]:
    """Return what the service models, with our own operations, find wrong with requests of the page."""
    problems = []
    for request in requests:
        name = operation_of(request)
        report = ParamValidator().validate(json.loads(request["body"]), _models()[name].input_shape)
        if report.has_errors():
            problems.append(f"{name}: {report.generate_report()}")
    return problems


@cache
def _models() -> dict[str, OperationModel]:
    loader = Loader(extra_search_paths=[str(EXTRAS)], include_default_extras=True)
    services = ("personalize", "personalize-runtime", "personalize-events")
    models = [ServiceModel(loader.load_service_model(name, "service-2"), name) for name in services]
    return {name: model.operation_model(name) for model in models for name in model.operation_names}


def _by_path() -> dict[str, OperationModel]:
    return {operation.http["requestUri"]: operation for operation in _models().values()}


def workshop() -> Path:
    """Return a folder with the sources, the packages that they are built of, and the programs of these tests."""
    folder = installed(SOURCES, "--ignore-scripts")
    for name in ("build.mjs", "tsconfig.json"):
        shutil.copy(SOURCES / name, folder)
    shutil.rmtree(folder / "src", ignore_errors=True)
    shutil.copytree(SOURCES / "src", folder / "src")
    for program in PROGRAMS.glob("*.mjs"):
        shutil.copy(program, folder)
    return folder


def make_room_for_results(service: Process) -> None:
    """Make the bucket of what jobs write, and the role that lets them."""
    iam = service.client("iam")
    iam.create_role(RoleName="jobs", AssumeRolePolicyDocument=json.dumps(_TRUST))
    iam.put_role_policy(RoleName="jobs", PolicyName="all", PolicyDocument=json.dumps(_RIGHTS))
    service.client("s3").create_bucket(Bucket="results")


class Shop:
    """A dataset group with two campaigns, a segmenting version, filters, a tracker and a role for jobs."""

    recipes: Mapping[str, str] = _RECIPES
    columns: tuple[str, ...] = ("ITEM_ID", "TITLE", "SHELF")
    exploring: Mapping[str, str] | None = None

    def __init__(self, service: Process) -> None:
        self._personalize = service.client("personalize")
        self._s3 = service.client("s3")
        make_room_for_results(service)
        self.group = self._personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        self._await("dataset_group", self.group)
        market = self._personalize.create_dataset_group(name="market", domain="ECOMMERCE")["datasetGroupArn"]
        self._await("dataset_group", market)
        self._data("Interactions", ("USER_ID", "ITEM_ID", "TIMESTAMP:long", "EVENT_TYPE", "DEVICE"), readings())
        self._data("Items", self.columns, books(len(self.columns)))
        versions = {name: self._version(name, recipe) for name, recipe in self.recipes.items()}
        for arn in versions.values():
            self._await("solution_version", arn)
        more = {"campaignConfig": {"itemExplorationConfig": dict(self.exploring)}} if self.exploring else {}
        for name in (name for name in versions if name != "segments"):
            made = {"name": name, "solutionVersionArn": versions[name], **more}
            self._await("campaign", self._personalize.create_campaign(**made)["campaignArn"])
        of = {"datasetGroupArn": self.group}
        rule = "INCLUDE ItemID WHERE Items.SHELF IN ($SHELF)"
        self._await("filter", self._personalize.create_filter(name="shelf", filterExpression=rule, **of)["filterArn"])
        tracker = self._personalize.create_event_tracker(name="shop", **of)["eventTrackerArn"]
        self._await("event_tracker", tracker)

    def result(self, key: str) -> list[dict]:
        """Return the lines of a job's output."""
        return [json.loads(line) for line in self._s3.get_object(Bucket="results", Key=key)["Body"].read().splitlines()]

    def results(self) -> list[str]:
        """Return the keys of all outputs."""
        return [each["Key"] for each in self._s3.list_objects_v2(Bucket="results").get("Contents", [])]

    def _data(self, kind: str, columns: tuple[str, ...], rows: list[str]) -> None:
        named = [column.partition(":") for column in columns]
        categorical = {"DEVICE", "SHELF"}
        fields = [
            {"name": name, "type": type_ or "string", **({"categorical": True} if name in categorical else {})}
            for name, _, type_ in named
        ]
        avro = {"type": "record", "name": kind, "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
        schema = json.dumps({**avro, "fields": fields})
        made = self._personalize.create_schema(name=kind, schema=schema)["schemaArn"]
        dataset = self._personalize.create_dataset(
            name=kind, datasetGroupArn=self.group, datasetType=kind, schemaArn=made
        )["datasetArn"]
        self._await("dataset", dataset)
        text = "\n".join([",".join(name for name, _, _ in named), *rows, ""])
        self._s3.put_object(Bucket=BUCKET, Key=f"uploads/{kind}.csv", Body=text.encode())
        source = {"dataLocation": f"s3://{BUCKET}/uploads/{kind}.csv"}
        job = self._personalize.create_dataset_import_job(
            jobName=kind, datasetArn=dataset, dataSource=source, roleArn=ROLE
        )
        self._await("dataset_import_job", job["datasetImportJobArn"])

    def _version(self, name: str, recipe: str) -> str:
        solution = self._personalize.create_solution(
            name=name, datasetGroupArn=self.group, recipeArn=f"arn:aws:personalize:::recipe/{recipe}"
        )["solutionArn"]
        self._await("solution", solution)
        return self._personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    def _await(self, kind: str, arn: str) -> None:
        first, *rest = kind.split("_")
        member = first + "".join(word.capitalize() for word in rest)
        ask = getattr(self._personalize, f"describe_{kind}")
        for _ in range(1200):
            found = ask(**{f"{member}Arn": arn})[member]
            if found["status"] == "ACTIVE":
                return
            assert "FAILED" not in found["status"], found
            time.sleep(0.1)
        raise AssertionError(f"{arn} is not ready after two minutes")


class PricedShop(Shop):
    """One with a campaign that explores wherever it may, and books that have a price and an age."""

    recipes = MappingProxyType({"explorer": "aws-user-personalization"})
    columns = (*Shop.columns, "PRICE:float", "CREATION_TIMESTAMP:long")
    exploring = MappingProxyType({"explorationWeight": "1", "explorationItemAgeCutOff": "30"})


def readings() -> list[str]:
    """Sixty readers, each of the books of one of five shelves, on a phone or at a desk."""
    device = ("phone", "desk")
    return [
        f"reader-{at % 60:02d},shelf-{at % 5}-book-{at * 7 % 11},{1_700_000_000 + at},read,{device[at // 60 % 2]}"
        for at in range(3000)
    ]


def books(columns: int = 3) -> list[str]:
    """Eleven books on each of five shelves, with so many columns of id, title, shelf, price and when they came."""
    shelves = ("zero", "one", "two", "three", "four")
    cells = [
        (
            f"shelf-{shelf}-book-{book}",
            f"Book {book} of {shelves[shelf]}",
            shelves[shelf],
            f"{book + 0.5}",
            str(1_700_000_000 if book < YOUNG else 1_690_000_000),
        )
        for shelf in range(5)
        for book in range(11)
    ]
    return [",".join(row[:columns]) for row in cells]
