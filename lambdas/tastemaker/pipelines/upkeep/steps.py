"""The steps that look for trainings, deployments, trends and metrics whose time has come."""

from contextlib import suppress

from tastemaker.errors import ServiceError
from tastemaker.pipelines.archive.compaction import compact_all
from tastemaker.pipelines.attribution.looks import publish_all
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle import outdated
from tastemaker.pipelines.lifecycle.following import follow
from tastemaker.pipelines.lifecycle.retraining import resume, retrain
from tastemaker.pipelines.upkeep.ended import fail_ended
from tastemaker.pipelines.upkeep.refreshing import refresh
from tastemaker.pipelines.upkeep.trainings import train
from tastemaker.pipelines.upkeep.trending import refresh_all
from tastemaker.pipelines.upkeep.unsettled import Unsettled, all_unsettled, overdue

_PATIENCE = 60.0  # seconds that a workflow may take to begin
# Seconds of the 900 that a step has, after which it begins nothing with recorded events any more.
_LONGEST_LOOK = 780.0
_GRACE = 300.0  # seconds until an execution that was started is surely known to whoever asks


def due(deps: Deps, work: Input) -> Input:
    """Start what is due now and say what that is; looking twice starts nothing twice.

    Where nothing is to train by itself (`training` is false), all else goes on: what was begun, what follows, trends.
    """
    changes = all_unsettled(deps)
    ended = fail_ended(deps, changes, older_than=_GRACE)
    lost = overdue(deps, [each for each in changes if each not in ended], older_than=_PATIENCE)
    arns, day, trains = _start(deps, lost), work["day"], work.get("training", True)
    for solution in list(deps.resources.every("solution")):
        # Somebody else changed it at the same time: the next look will see what is left to do.
        with suppress(ServiceError):
            arns += follow(deps, solution["_arn"])
            arns += train(deps, solution, day=day) if trains else []
            arns += refresh(deps, solution, day=day, patience=_PATIENCE)
    for recommender in list(deps.resources.every("recommender")):
        with suppress(ServiceError):
            arns += resume(deps, recommender, patience=_PATIENCE) or (
                retrain(deps, recommender, day=day) if trains else []
            )
    return {**work, "failed": [each.arn for each in ended], "started": arns, "refreshed": refresh_all(deps, day=day)}


def recorded(deps: Deps, work: Input) -> Input:
    """Do what recorded events are due for: publish what metric attributions have counted of them, then move them on."""
    began, day = deps.clock(), work["day"]
    attributed = publish_all(deps, day=day)
    return {**work, "attributed": attributed, "compacted": compact_all(deps, day=day, until=began + _LONGEST_LOOK)}


def unanswering(deps: Deps, work: Input) -> Input:
    """Say which campaigns and recommenders cannot answer since their models are of another version of Tastemaker."""
    return {**work, "unanswering": list(outdated.unanswering(deps))}


def _start(deps: Deps, lost: list[Unsettled]) -> list[str]:
    """Start what nobody has taken up once more: a start that was lost is made good, any other is the same execution."""
    for one in lost:
        deps.workflows.start(one.workflow, one.arn, one.change, attempt=one.attempt)
    return [one.arn for one in lost]
