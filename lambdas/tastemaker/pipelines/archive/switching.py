"""What a dataset's record says of its archive is changed in one conditional write; then what it replaced is removed."""

from dataclasses import replace
from typing import Any

from tastemaker.domain.resources.statuses import ACTIVE, DELETING
from tastemaker.errors import ServiceError
from tastemaker.pipelines.archive.files import Archive, Place, State
from tastemaker.pipelines.datasets.switching import Overtaken
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record


def switch(deps: Deps, place: Place, state: State, archive: Archive, **changes: Any) -> None:  # noqa: ANN401 - members
    """Let a dataset's record name an archive, and change its state, unless somebody has changed that meanwhile."""
    turn = state.next_turn
    manifest = place.write(archive, turn)
    after = replace(state, turn=turn, manifest=manifest, **changes)

    def named(dataset: Record) -> Record:
        if State.of(dataset) != state:
            raise Overtaken
        return after.to_member()

    try:
        deps.resources.update(place.dataset, named, when=(ACTIVE,))
    except ServiceError:
        _leave_nothing(deps, place)
        raise
    place.sweep(turn, keep={str(manifest), *(part.key for part in archive.parts)})


def _leave_nothing(deps: Deps, place: Place) -> None:
    """Remove all files of a dataset that is on its way out: its removal may have come by before the last ones."""
    dataset = deps.resources.find(place.dataset)
    if dataset is None or dataset["status"] in DELETING:
        place.objects.delete(place.bucket, place.folder)
