"""What a batch segment job takes, by its model's manifest and the sizes of its input, before either is read."""

import json

from tastemaker.domain.training.rungs import Need
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.lifecycle.serving import loading, present
from tastemaker.pipelines.segments.questions import LEAST_LINE, MOST_LINES, member_of
from tastemaker.serving.artifacts import MANIFEST
from tastemaker.store.ports import Record

# Bytes of the users that are kept while a group of lines is answered, and of one of them.
KEPT, BY_USER = 400_000_000, 2 * 8
# MB of the process and its blocks; 182 were measured beside the model's files (bench/results/segments-scale.txt).
_LEAST_MEMORY = 350
# Users times lines a second, half of what was measured there on two cores.
_CELLS_A_SECOND = 8e6
# Bytes a second in which the model's files are fetched and verified, and of an id in the answers, where it is twice.
_FETCHED, _BY_ID = 100e6, 2 * 40
_STARTS = 8  # bytes of a user in `history_starts`


def need_of(deps: Deps, job: Record, inputs: dict[str, int]) -> Need:
    """Return what a job takes whose inputs have so many bytes by key."""
    version = deps.resources.get(job["solutionVersionArn"])
    files = _files(deps, version["_artifact"])
    size = sum(file["bytes"] for file in files.values())
    users = files["history_starts"]["bytes"] / _STARTS
    most = MOST_LINES[member_of(version["_recipe"]["name"])]
    lines = sum(min(most, 1 + bytes_ // LEAST_LINE) for bytes_ in inputs.values())
    best = min(job["numResults"], users)
    kept = max(BY_USER * best, min(KEPT, BY_USER * best * lines))
    memory = _LEAST_MEMORY + (size + kept + _BY_ID * best) / 2**20
    return Need(memory, users * lines / _CELLS_A_SECOND + size / _FETCHED, size / 2**30)


def _files(deps: Deps, artifact: Record) -> dict[str, dict[str, int]]:
    """Return what a model's manifest says of its files."""
    with loading(artifact):
        prefix = present(deps, artifact)["prefix"]
        manifest = json.loads(deps.objects.read(deps.config.models_bucket, f"{prefix}{MANIFEST}"))
    files: dict[str, dict[str, int]] = manifest["files"]
    return files
