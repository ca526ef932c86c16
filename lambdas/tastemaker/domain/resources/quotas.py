"""Quotas: how much of everything there may be, and of data must be, with AWS's defaults (its page of quotas)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tastemaker.domain.resources.statuses import ACTIVE, BUSY, ERASING, INACTIVE, TURNING
from tastemaker.domain.supersets import MINIMA, refusal

_IN_USE = BUSY | {ACTIVE}


class BadQuota(ValueError):
    """A quota that there is not, or a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit: its default, what resources count (none where an operation counts by itself), and within what."""

    default: int
    meaning: str
    kind: str = ""
    # The member that the counted resources share with the new one; empty: all of the account and region count.
    within: str = ""
    # Empty: whatever their status.
    statuses: frozenset[str] = frozenset()

    @property
    def counts_jobs(self) -> bool:
        """Whether only unfinished work counts, which ends by itself."""
        return bool(self.statuses) and ACTIVE not in self.statuses


_GROUP = "datasetGroupArn"

QUOTAS: Mapping[str, Quota] = {
    "dataset-groups": Quota(5, "dataset groups", "dataset-group", statuses=_IN_USE),
    "schemas": Quota(500, "schemas", "schema"),
    "import-jobs": Quota(5, "unfinished dataset import jobs", "dataset-import-job", statuses=BUSY),
    "export-jobs": Quota(5, "unfinished dataset export jobs", "dataset-export-job", statuses=BUSY),
    "data-deletion-jobs": Quota(5, "unfinished data deletion jobs", "data-deletion-job", _GROUP, ERASING),
    "batch-inference-jobs": Quota(5, "unfinished batch inference jobs", "batch-inference-job", statuses=BUSY),
    "batch-segment-jobs": Quota(5, "unfinished batch segment jobs", "batch-segment-job", statuses=BUSY),
    "batch-input-files": Quota(1000, "files that a batch inference job answers"),
    "batch-input-megabytes": Quota(1000, "megabytes of these files together"),
    "solution-versions": Quota(20, "unfinished trainings of solution versions", "solution-version", statuses=BUSY),
    "solutions": Quota(10, "solutions", "solution", _GROUP, _IN_USE),
    "campaigns": Quota(5, "campaigns", "campaign", _GROUP, _IN_USE),
    "recommenders": Quota(5, "recommenders", "recommender", _GROUP, _IN_USE | TURNING | {INACTIVE}),
    "filters": Quota(30, "filters", "filter", _GROUP, _IN_USE),
    "fields-per-filter": Quota(10, "distinct fields in the expression of a filter"),
    "fields-of-filters": Quota(20, "distinct fields in all filters of a dataset group"),
    "metrics-per-attribution": Quota(10, "metrics of a metric attribution"),
    "sources-per-attribution": Quota(100, "sources that a metric attribution tells apart"),
    "tags": Quota(50, "tags of a resource"),
    "training-interactions": Quota(1000, "interactions that a training needs at least"),
    "training-users": Quota(25, "users with at least 2 interactions that a training needs"),
}
# What there must be, not what there may be.
_MINIMA = ("training-interactions", "training-users")
_BY_KIND = {quota.kind: name for name, quota in QUOTAS.items() if quota.kind}


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of one deployment: the defaults, and what it has changed."""

    changed: tuple[tuple[str, int], ...] = ()

    def __getitem__(self, name: str) -> int:
        """Return the limit of a quota."""
        return dict(self.changed).get(name, QUOTAS[name].default)

    @classmethod
    def of(cls, changes: Mapping[str, object]) -> Self:
        """Return the defaults with some of them changed; refuse names and values that make no sense."""
        return cls(tuple(sorted((name, _checked(name, value)) for name, value in changes.items())))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; nothing at all are the defaults."""
        try:
            changes = json.loads(text or "{}")
        except ValueError:
            changes = None
        if not isinstance(changes, dict):
            raise BadQuota(f'quotas must be a JSON object such as {{"dataset-groups": 20}}, not {text}')
        return cls.of(changes)

    def require_minima(self) -> None:
        """Refuse less data for a training than AWS asks for, as a strict service does."""
        for name in _MINIMA:
            value, default = self[name], QUOTAS[name].default
            if value < default:
                raise BadQuota(refusal(MINIMA, name=name, value=value, default=default))

    def to_json(self) -> str:
        """Write what is changed."""
        return json.dumps(dict(self.changed))


def quota_of(kind: str) -> str | None:
    """Return the name of the quota that limits a kind of resource, or None."""
    return _BY_KIND.get(kind)


def _checked(name: str, value: object) -> int:
    if name not in QUOTAS:
        raise BadQuota(f"there is no quota {name!r}; the quotas are {', '.join(QUOTAS)}")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadQuota(f"the quota {name} must be a whole number from 1 up, not {value!r}")
    return value
