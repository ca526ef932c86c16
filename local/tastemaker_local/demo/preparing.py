"""The chapters before a shop can open: data, import, training, metrics, campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tastemaker_local.commands.terminals import Stages
from tastemaker_local.demo import views
from tastemaker_local.demo.boards import board
from tastemaker_local.demo.building import SOLUTIONS, Builder
from tastemaker_local.demo.endpoint import Clients
from tastemaker_local.demo.groceries import Groceries
from tastemaker_local.demo.measuring import Evaluation, compare, read_evaluation


@dataclass(frozen=True, slots=True)
class Shop:
    """What a shop's web site needs to know of the service: where to ask, and where to report events."""

    campaigns: Mapping[str, str]
    tracking_id: str


class Preparation:
    """Prepares a shop chapter by chapter, everything through boto3."""

    def __init__(self, clients: Clients, groceries: Groceries, stages: Stages, out: Console) -> None:
        self._clients = clients
        self._groceries = groceries
        self._stages = stages
        self._out = out

    def shop(self, folder: Path) -> Shop:
        """Go all the way from CSV files, written to a folder, to campaigns."""
        self._upload(folder)
        group, tracking_id = self._import()
        versions = self._train(group)
        self._measure(versions)
        return Shop(self._deploy(versions), tracking_id)

    def _upload(self, folder: Path) -> None:
        with self._stages.stage("data", "A year of groceries, into S3"):
            self._out.print(f"  {views.facts(self._groceries.counts())}")
            files = self._groceries.write(folder)
            with board(self._out) as progress:
                Builder(self._clients, progress).upload(files)

    def _import(self) -> tuple[str, str]:
        with self._stages.stage("import", "Schemas, datasets, imports, an event tracker"), board(self._out) as progress:
            builder = Builder(self._clients, progress)
            group = builder.group()
            builder.imports(builder.datasets(group), builder.role())
            return group, builder.tracker(group)

    def _train(self, group: str) -> dict[str, str]:
        with self._stages.stage("training", "Three recipes to compare"), board(self._out) as progress:
            return Builder(self._clients, progress).versions(group)

    def _measure(self, versions: Mapping[str, str]) -> None:
        with self._stages.stage("metrics", "What they are worth: GetSolutionMetrics"):
            evaluations = {SOLUTIONS[name]: self._evaluation(version) for name, version in versions.items()}
            self._out.print(views.metrics_table(evaluations), "")
            best, *others = evaluations
            differences = {other: compare(evaluations[best], evaluations[other]) for other in others}
            self._out.print(views.differences_table(best, differences))

    def _evaluation(self, version: str) -> Evaluation:
        metrics = self._clients.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
        return read_evaluation(self._clients.s3, version, metrics)

    def _deploy(self, versions: Mapping[str, str]) -> dict[str, str]:
        with self._stages.stage("campaigns", "Three campaigns"), board(self._out) as progress:
            return Builder(self._clients, progress).campaigns(versions)
