"""What trainings that continue an older one go on from: what that one chose and measured."""

from dataclasses import dataclass
from typing import Any

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record


@dataclass(frozen=True, slots=True)
class Before:
    """A version's record and its model."""

    version: Record
    model: object

    @property
    def metrics(self) -> dict[str, float]:
        """Return its metrics: an update, as Amazon's own between trainings, measures nothing anew."""
        metrics: dict[str, float] = self.version["_metrics"]
        return metrics

    @property
    def tuned(self) -> dict[str, str]:
        """Return the hyperparameters that its search chose; none without one."""
        parameters: dict[str, str] = self.version.get("tunedHPOParams", {}).get("algorithmHyperParameters", {})
        return parameters


def taken_over(deps: Deps, version: Record) -> Before | None:
    """Return what is continued; None for a FULL training, and where the older model cannot be read.

    That of an UPDATE is the newest FULL version, that of a version which is refreshed the version itself.
    """
    if not version.get("_refreshes") and version.get("trainingMode") != "UPDATE":
        return None
    full = version if version.get("_refreshes") else _newest_full(deps, version["solutionArn"])
    model = full and _model(deps, full["_artifact"])
    return Before(full, model) if full and model is not None else None


def _newest_full(deps: Deps, solution: str) -> Record | None:
    versions = [v for v in deps.resources.every("solution-version", parent=solution) if v["status"] == ACTIVE]
    return next((version for version in reversed(versions) if version["trainingMode"] == "FULL"), None)


def _model(deps: Deps, artifact: dict[str, str]) -> Any | None:  # noqa: ANN401  recipes know what it is
    """Return a stored model; one of another engine, or with files missing or damaged, is as good as none."""
    try:
        return deps.models.get(artifact).model
    except (OSError, ValueError, KeyError, TypeError):
        return None
