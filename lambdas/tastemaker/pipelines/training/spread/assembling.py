"""The last leg: the matrix is solved from what Spark has counted, and the model of all users is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.training.assignments import recipe_of, spread_of
from tastemaker.pipelines.training.learning import Outcome
from tastemaker.pipelines.training.sets import TrainingSet, aim_of, opened
from tastemaker.pipelines.training.spread.places import SAMPLE, folder_of
from tastemaker.pipelines.training.spread.tables import CountedTables
from tastemaker.pipelines.training.storage import fetched_sample, store_model
from tastemaker.recipes.contract import Model, Progress
from tastemaker.recipes.data import TrainingData
from tastemaker.serving.artifacts import Artifact
from tastemaker.store.ports import Record

# Of the container's memory what reads and sorts the tables may take, while arrays lie beside it.
_SORTING = 0.25


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a model is assembled for."""

    deps: Deps
    work: Input
    version: Record
    progress: Progress

    def stored(self, keys: Mapping[str, str]) -> dict[str, str]:
        """Learn the model beside snapshots (manifest keys by type), and store it; return prefix and digest."""
        deps, work, version = self.deps, self.work, self.version
        memory = snapshots.sorting_memory(round(deps.config.memory * _SORTING))
        before = work["recorded_before"]
        with opened(deps, version, keys, recorded_before=before, memory=memory, filed=True) as described:
            folder = described.events.folder
            tables = CountedTables.fetched(deps, described.events.session, work, folder)
            data = replace(described, numberings=tables.numberings())
            sample = fetched_sample(deps, f"{folder_of(work)}{SAMPLE}", folder / "sample")
            bare = self._described(data)
            outcome = Outcome(self._model(tables, data, sample.artifact, bare), **work["outcome"])
            histories = tables.histories(len(bare.user_ids), folder)
            whole = replace(bare, catalogue=data.catalogue())
            return store_model(deps, work, version, whole, outcome, histories=histories, measured=sample.measured)

    def _described(self, data: TrainingSet) -> TrainingData:
        """Return what is said of items; what is said of users the sample has learned from."""
        items = replace(data, tables={type_: table for type_, table in data.tables.items() if type_ != "USERS"})
        return replace(items.described(), objective=data.objective(aim_of(self.version)))

    def _model(self, tables: CountedTables, data: TrainingSet, sample: Artifact, described: TrainingData) -> Model:
        spread = spread_of(recipe_of(self.version))
        counted = tables.counted(spread.kernel(sample.model), data.users, sample.user_ids, data.events.folder)
        return spread.learn(sample.model, counted, described, progress=self.progress)
