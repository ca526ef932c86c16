"""The memory that `tastemaker quote` says a training takes, beside what its step takes as the task function runs it.

Run: .venv/bin/python -m bench.training.memory [--households 300 2469] [--made 70000x500] [--recipes aws-sims ...]

Each training is one process that does what the function of the steps does and nothing else; its data come from a local
service in another. `base` is what such a process has when all is imported and nothing is read yet. Constants were
chosen on the purchases of 60 and 300 households; `made` data, events x items, and more households judge them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.config import Config as Settings

from bench.reports import RESULTS, machine
from bench.training.generated import generated
from bench.training.polling import prepare, prepared, settle
from tastemaker.config import Config, variable
from tastemaker.store.schema import ANSWERS, EVENTS, RECORDS, RESOURCES
from tastemaker_local.demo import endpoint
from tastemaker_local.emulation.deployment import ACCOUNT

RECIPES = (
    "aws-user-personalization-v2",
    "aws-user-personalization",
    "aws-sims",
    "aws-similar-items",
    "aws-popularity-count",
    "aws-trending-now",
)


def surroundings(url: str) -> dict[str, str]:
    """Return the environment of the task function, with every AWS client led to the local service."""
    told = {
        "account": ACCOUNT,
        "partition": "aws",
        "data_bucket": f"tastemaker-data-{ACCOUNT}-{endpoint.REGION}",
        "models_bucket": f"tastemaker-models-{ACCOUNT}-{endpoint.REGION}",
        "resources_table": RESOURCES.name,
        "events_table": EVENTS.name,
        "records_table": RECORDS.name,
        "answers_table": ANSWERS.name,
    }
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    places = {"AWS_ENDPOINT_URL": url, "AWS_REGION": endpoint.REGION, "AWS_DEFAULT_REGION": endpoint.REGION}
    return os.environ | keys | places | {variable(name): value for name, value in told.items()}


def train(version: str) -> None:
    """Run the steps of a training in this process; print its base, and the quote with what was measured, as JSON."""
    from tastemaker import bootstrap  # noqa: PLC0415 - what they take is a part of what is measured
    from tastemaker.handlers import tasks  # noqa: F401, PLC0415 - same
    from tastemaker.pipelines.training import peaks  # noqa: PLC0415 - same
    from tastemaker.store import clients  # noqa: PLC0415 - same

    # The function takes no endpoint from its environment; here it must.
    led = Settings(ignore_configured_endpoint_urls=False, s3={"addressing_style": "path"})
    clients._CONFIG = clients._CONFIG.merge(led)  # noqa: SLF001

    deps = bootstrap.deps(Config.from_env()).of(version)
    work = bootstrap.step("training.prepare")(deps, {"arn": version, "change": "create"})
    base = peaks.megabytes()
    quote = bootstrap.step("training.fit")(deps, work)["quote"]
    print(json.dumps({"base": base, **quote}))


def measured(url: str, version: str) -> dict:
    """Train in a process of its own."""
    command = [sys.executable, "-m", "bench.training.memory", "--train", version]
    run = subprocess.run(command, env=surroundings(url), check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    return json.loads(run.stdout.splitlines()[-1])


@contextmanager
def shop(size: str) -> Iterator[tuple[endpoint.Clients, str, str]]:
    """Start a service with the purchases of so many households, or with made events; give clients, URL and group."""
    with TemporaryDirectory() as folder, endpoint.started(Path(folder) / "data", Path(folder) / "log") as service:
        url = service.wait_until_ready()
        clients = endpoint.connect(url)
        if "x" in size:
            first = prepared(clients, made(*map(int, size.split("x")), Path(folder) / "made.csv"))
        else:
            first = prepare(clients, int(size))
        yield clients, url, clients.personalize.describe_solution(solutionArn=first)["solution"]["datasetGroupArn"]


def made(events: int, items: int, path: Path) -> Path:
    """Write generated interactions as a file to import."""
    data = generated(events, items)
    log = data.interactions
    with path.open("w") as file:
        file.write("USER_ID,ITEM_ID,TIMESTAMP\n")
        rows = zip(data.user_ids[log.users], data.item_ids[log.items], log.timestamps, strict=True)
        file.writelines(f"{user},{item},{moment}\n" for user, item, moment in rows)
    return path


def untrained(clients: endpoint.Clients, group: str, recipe: str) -> str:
    """Return a version whose training was stopped before it cost anything."""
    personalize, arn = clients.personalize, f"arn:aws:personalize:::recipe/{recipe}"
    solution = personalize.create_solution(name=recipe, datasetGroupArn=group, recipeArn=arn)["solutionArn"]
    version: str = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    personalize.stop_solution_version_creation(solutionVersionArn=version)
    settle(lambda **ask: stopped(personalize.describe_solution_version(**ask)), "solutionVersion", version)
    return version


def stopped(reply: dict) -> dict:
    """Return a reply in which a stopped training counts as settled."""
    version = reply["solutionVersion"]
    return {"solutionVersion": version | {"status": version["status"].replace("CREATE STOPPED", "ACTIVE")}}


def lines(size: str, recipes: Sequence[str]) -> Iterator[str]:
    """Train every recipe on one size; give a line for each."""
    with shop(size) as (clients, url, group):
        for recipe in recipes:
            quote = measured(url, untrained(clients, group, recipe))
            said, took = quote["peakMemory"], quote["measured"]["peakMemory"]
            counts = f"{quote['events']:>9,} {quote['users']:>6,} {quote['items']:>7,}"
            yield f"{recipe:28} {counts} {quote['base']:>6} {said:>6,} {took:>9,} {said / took:>6.2f}"


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", nargs="*", default=["300", "2469"])
    parser.add_argument("--made", nargs="*", default=[])
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--train", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train(options.train)
        return
    told = f"--households {' '.join(options.households)} --made {' '.join(options.made)}"
    text = [f"$ python -m bench.training.memory {told}", f"{machine()}; MB at the peak", ""]
    text += [f"{'recipe':28}    events  users   items   base   said  measured  ratio"]
    print("\n".join(text), flush=True)
    for size in (*options.households, *options.made):
        for line in lines(size, options.recipes):
            print(line, flush=True)
            text.append(line)
    (RESULTS / "memory.txt").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
