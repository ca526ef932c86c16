"""`performIncrementalUpdate`: a version's model is replaced by one that knows the items of now; the version stays.

`_retraining` of its record is the update under way, as that of a recommender; `_refreshed_on` says what the model that
serves has read, where that is not what the version was trained on.
"""

import re
from contextlib import suppress

from tastemaker.domain.resources.changes import is_retraining, is_updating
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_PENDING
from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.retraining import moved
from tastemaker.pipelines.lifecycle.serving import verified
from tastemaker.pipelines.places import models_folder
from tastemaker.store.ports import Record

# Models that were replaced stay as long as this for what still reads them: batch jobs, processes on their way.
_KEPT = 6 * 3600.0
_MOMENT = re.compile(r"\d+\.\d{6}")


def last_read(version: Record) -> Record:
    """Return what the model of a version has read: {snapshots, recorded_before}."""
    read: Record = version.get("_refreshed_on") or version.get("_trained_on", {})
    return read


def start(deps: Deps, version: Record) -> None:
    """Begin the update of a version's model, unless one is under way."""
    arn, now = version["_arn"], deps.clock()
    retraining = {"status": CREATE_PENDING, "began": now, "attempt": f"{now:.6f}"}

    def begun(record: Record) -> Record:
        if is_retraining(record):
            raise ResourceInUse(f"The model of {arn} is being updated.")
        return {"_retraining": retraining}

    deps.resources.update(arn, begun, when={ACTIVE})
    deps.workflows.start("training", arn, "retrain", attempt=retraining["attempt"])


def serve_refreshed(deps: Deps, work: Input) -> None:
    """Let a version have its new model, and the campaigns that serve the version answer from it."""
    version = deps.resources.get(work["arn"])
    serving = verified(deps, work["artifact"], version["datasetGroupArn"], version["_recipe"])
    move = moved(work, ACTIVE)
    read = {name: work[name] for name in ("snapshots", "recorded_before")}

    def refreshed(record: Record) -> Record:
        return {
            **move(record),
            "_artifact": serving["artifact"],
            "_refreshed_on": read,
            "lastUpdatedDateTime": deps.clock(),
        }

    version = deps.resources.update(work["arn"], refreshed, when={ACTIVE}, drop=("_progress",))
    switch(deps, version)
    _drop_older(deps, version)


def switch(deps: Deps, version: Record) -> None:
    """Let the campaigns that serve a version answer from its newest model; done again, it changes nothing."""
    for campaign in list(deps.resources.every("campaign", parent=version["solutionArn"])):
        if _is_behind(campaign, version):
            # Somebody changes or deletes it in this moment: the next look will see what is left to do.
            with suppress(ResourceInUse, ResourceNotFound):
                deps.resources.update(campaign["_arn"], lambda record: _switched(record, version), when={ACTIVE})


def _is_behind(campaign: Record, version: Record) -> bool:
    serves = campaign["status"] == ACTIVE and campaign["solutionVersionArn"] == version["_arn"]
    return serves and not is_updating(campaign) and campaign["_serving"]["artifact"] != version["_artifact"]


def _switched(campaign: Record, version: Record) -> Record:
    if not _is_behind(campaign, version):
        raise ResourceInUse(f"Campaign {campaign['_arn']} has changed meanwhile.")
    return {"_serving": {**campaign["_serving"], "artifact": version["_artifact"]}}


def _drop_older(deps: Deps, version: Record) -> None:
    """Remove what was replaced long ago, of which folders are named by their moment; the first model stays."""
    prefix = models_folder(version["_arn"])
    names = (key.removeprefix(prefix) for key, _, _ in deps.objects.list(deps.config.models_bucket, prefix))
    oldest = last_read(version)["recorded_before"] - _KEPT
    for folder in {name.partition("/")[0] for name in names}:
        if _MOMENT.fullmatch(folder) and float(folder) < oldest:
            deps.objects.delete(deps.config.models_bucket, f"{prefix}{folder}/")
