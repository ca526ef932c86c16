"""Trends of between trainings, laid over the models they are of: read from S3 once, verified, kept in memory."""

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Mapping

from tastemaker.store.ports import Objects, Served

_logger = logging.getLogger(__name__)
_KEPT = 16


class TrendShelf:
    """Models in their order by now, by the digest of their trends, which name the model that they are of."""

    def __init__(self, objects: Objects, bucket: str) -> None:
        self._objects = objects
        self._bucket = bucket
        self._known: OrderedDict[str, Served] = OrderedDict()

    def over(self, model: Served, trends: Mapping[str, str]) -> Served:
        """Return a model in the order that trends {key, sha256} say, or as it is where they cannot be read."""
        found = self._known.get(trends["sha256"])
        if found is None:
            try:
                found = self._read(model, trends)
            except Exception as problem:
                _logger.exception("the trends %s cannot be read: the order of the training serves", trends["key"])
                if not isinstance(problem, FileNotFoundError | ValueError | TypeError):
                    return model  # S3 may give them next time; what is gone or damaged is not asked for again
                found = model
            self._known[trends["sha256"]] = found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found

    def _read(self, model: Served, trends: Mapping[str, str]) -> Served:
        body = self._objects.read(self._bucket, trends["key"])
        found = hashlib.sha256(body).hexdigest()
        if found != trends["sha256"]:
            raise ValueError(f"{trends['key']} has SHA-256 {found}, its record says {trends['sha256']}")
        told = json.loads(body)
        return model.ordered_by_now(told["rising"], told["falling"])
