"""Trends of between trainings, laid over the model that they are of: read from S3 once and verified."""

import hashlib
import json
import logging
from collections.abc import Mapping

from tastemaker.serving.digests import check_digest
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Objects

_logger = logging.getLogger(__name__)
_KEPT = 16  # trends of a model: replays ask for those of before


def ordered_by(objects: Objects, bucket: str, model: Served, trends: Mapping[str, str]) -> Served:
    """Return a model in the order that trends {key, sha256} say, or as it is where they cannot be read."""
    made = model.made
    found: Served | None = made.get(trends["sha256"])
    if found is None:
        try:
            found = _read(objects, bucket, model, trends)
        except Exception as problem:
            _logger.exception("the trends %s cannot be read: the order of the training serves", trends["key"])
            if not isinstance(problem, FileNotFoundError | ValueError | TypeError):
                return model  # S3 may give them next time; what is gone or damaged is not asked for again
            found = model
        made[trends["sha256"]] = found
        while len(made) > _KEPT:
            made.popitem(last=False)
    return found


def _read(objects: Objects, bucket: str, model: Served, trends: Mapping[str, str]) -> Served:
    body = objects.read(bucket, trends["key"])
    check_digest(trends["key"], hashlib.sha256(body).hexdigest(), trends["sha256"])
    told = json.loads(body)
    return model.ordered_by_now(told["rising"], told["falling"])
