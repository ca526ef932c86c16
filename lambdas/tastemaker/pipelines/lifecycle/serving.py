"""What a campaign or recommender serves: a model that was verified, from one write on."""

from collections.abc import Iterator
from contextlib import contextmanager

from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.changes import apply_update, finish
from tastemaker.serving.successors import latest
from tastemaker.store.ports import Record

# What of a campaign's or recommender's record decides its answers.
_ANSWERS = ("_serving", "campaignConfig", "recommenderConfig")


def verified(deps: Deps, artifact: Record, group: str, recipe: Record) -> Record:
    """Return what a campaign or recommender serves, once its model, or what took its place, has been loaded."""
    artifact = present(deps, artifact)
    with loading(artifact):
        deps.models.verify(artifact)
    return {
        "artifact": artifact,
        "group": group,
        "recipe": recipe["name"],
        "recipe_type": recipe["type"],
        "needs": recipe["needs"],
    }


def present(deps: Deps, artifact: Record) -> Record:
    """Return an artifact, or what took its place when users were erased from it."""
    return dict(latest(deps.objects, deps.config.models_bucket, artifact))


@contextmanager
def loading(artifact: Record) -> Iterator[None]:
    """Say that a model cannot be loaded, and why."""
    try:
        yield
    except (FileNotFoundError, ValueError) as problem:
        raise JobFailed(f"The model {artifact['prefix']} cannot be loaded: {problem}.") from None


def serve(deps: Deps, work: Input, serving: Record, **members: object) -> None:
    """Let a campaign or recommender answer from a model from now on, with a new configuration if that was the wish.

    What it answered with before stays named, for a process that the new model does not reach whole.
    """
    record = deps.resources.get(work["arn"])
    if "_serving" in record:
        members["_before"] = {name: record.get(name) for name in _ANSWERS}
    if work["change"] == "update":
        apply_update(deps, work, status=ACTIVE, _serving=serving, **members)
    else:
        finish(deps, work, {"status": ACTIVE, "_serving": serving, **members}, when=BUSY | {ACTIVE})
