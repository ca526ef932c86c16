"""What `tastemaker quote` says before a training, beside what the training took: Complete Journey, several recipes.

Run: .venv/bin/python -m bench.training.quotes [--households 2469]

The first row has no earlier training to learn the machine's pace from; each later one has those before it.
"""

import argparse
import contextlib
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.reports import RESULTS
from bench.training.polling import prepare, settle
from tastemaker_local import cli
from tastemaker_local.demo import endpoint

FULL, UPDATE = "FULL", "UPDATE"
TURNS = (
    ("aws-user-personalization-v2", FULL, {}),
    ("aws-user-personalization-v2", FULL, {}),
    ("aws-sims", FULL, {}),
    ("aws-similar-items", FULL, {}),
    ("aws-popularity-count", FULL, {}),
    ("aws-user-personalization", FULL, {}),
    ("aws-user-personalization", UPDATE, {}),
    ("aws-sims", FULL, {"performHPO": True}),
)


def told(*arguments: str) -> dict:
    """Return what the command says."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        cli.main(["quote", *arguments, "--json"])
    return json.loads(output.getvalue())


def row(clients: endpoint.Clients, url: str, solution: str, mode: str) -> str:
    """Ask, train, ask again; return a line."""
    before = told("--solution", solution, "--endpoint", url)
    version = clients.personalize.create_solution_version(solutionArn=solution, trainingMode=mode)["solutionVersionArn"]
    settle(clients.personalize.describe_solution_version, "solutionVersion", version)
    after = told("--solution-version", version, "--endpoint", url)
    quote = before if mode == FULL else after  # the command quotes FULL trainings
    real = after["measured"]
    return (
        f"{quote['modelled']:8.1f} {quote['pace']:6.2f} {quote['seconds']:9.1f} {real['seconds']:8.1f}"
        f" {quote['peakMemory']:9,} {real['peakMemory']:8,} {quote['cost']:10.6f} {real['cost']:9.6f}"
    )


def main() -> None:
    """Train in turn; print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=2469)
    options = parser.parse_args()
    lines = [
        f"$ python -m bench.training.quotes --households {options.households}",
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {datetime.now(UTC).date()}; predicted and measured:",
        "seconds, MB at the peak, dollars",
        "",
        f"{'recipe':28} mode   modelled   pace predicted measured predicted measured  predicted  measured",
    ]
    with TemporaryDirectory() as folder, endpoint.started(Path(folder) / "data", Path(folder) / "log") as service:
        url = service.wait_until_ready()
        clients = endpoint.connect(url)
        first = prepare(clients, options.households)
        group = clients.personalize.describe_solution(solutionArn=first)["solution"]["datasetGroupArn"]
        solutions: dict[str, str] = {}
        for recipe, mode, more in TURNS:
            name = f"{recipe}{'-hpo' if more else ''}"
            if name not in solutions:
                about = {"datasetGroupArn": group, "recipeArn": f"arn:aws:personalize:::recipe/{recipe}", **more}
                solutions[name] = clients.personalize.create_solution(name=name, **about)["solutionArn"]
            lines.append(f"{name:28} {mode:6} {row(clients, url, solutions[name], mode)}")
            print(lines[-1], flush=True)
    (RESULTS / "quotes.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
