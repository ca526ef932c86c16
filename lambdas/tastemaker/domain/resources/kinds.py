"""Every kind of resource as one row: its ARN, what it is listed by, what keeps it from being deleted."""

from dataclasses import dataclass

from tastemaker.domain.resources.statuses import ACTIVE, BUSY, CREATE_FAILED, ERASING, INACTIVE, TURNING


def titled(member: str) -> str:
    """Return a member's name as operations and templates begin it: with a capital letter."""
    return f"{member[0].upper()}{member[1:]}"


@dataclass(frozen=True, slots=True)
class Blocker:
    """Resources that keep another one from being deleted: those of a kind that share the member `via` with it."""

    kind: str
    via: str
    # Empty: whatever their status; otherwise also while an update of theirs is under way.
    statuses: frozenset[str] = frozenset()
    # Only a dataset of this type is kept; where a member lists types, only by those that have this one in it.
    dataset_type: str = ""
    types_member: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource; `name` is the type part of its ARN, except for solution versions."""

    name: str
    member: str
    parent: str | None = None
    list_member: str = ""
    name_member: str = "name"
    taggable: bool = True
    # Members whose values only one resource of the kind may have; a name in the ARN is unique without that.
    claims: tuple[str, ...] = ()
    # The statuses in which it may be deleted, and what must be gone before ("Requirements for deleting ...").
    deletable: frozenset[str] = frozenset({ACTIVE, CREATE_FAILED})
    blockers: tuple[Blocker, ...] = ()
    # What cannot be deleted by itself goes with the resource that this member names.
    goes_with: str | None = None

    @property
    def arn_member(self) -> str:
        """The member that carries the ARN, in requests and replies alike."""
        return f"{self.member}Arn"

    @property
    def update_member(self) -> str:
        """The member that tells of the newest update."""
        return f"latest{titled(self.member)}Update"

    @property
    def plural(self) -> str:
        """The member under which List replies carry their page."""
        return self.list_member or f"{self.member}s"

    @property
    def title(self) -> str:
        """The kind in words, for messages."""
        return self.name.replace("-", " ")


_GROUP = "datasetGroupArn"
_OF_A_GROUP = ("event-tracker", "campaign", "solution", "recommender", "filter", "metric-attribution", "dataset")
_OF_A_DATASET = (
    Blocker("filter", _GROUP),
    Blocker("event-tracker", _GROUP, dataset_type="INTERACTIONS"),
    Blocker("metric-attribution", _GROUP, dataset_type="INTERACTIONS"),
    Blocker("metric-attribution", _GROUP, dataset_type="ITEMS", types_member="_sums"),
    Blocker("dataset-import-job", "datasetArn", BUSY),
    Blocker("dataset-export-job", "datasetArn", BUSY),
    Blocker("data-deletion-job", _GROUP, ERASING),
    Blocker("batch-inference-job", _GROUP, BUSY),
    Blocker("batch-segment-job", _GROUP, BUSY),
    Blocker("solution-version", _GROUP, BUSY),
    Blocker("recommender", _GROUP, BUSY | TURNING),
    Blocker("campaign", _GROUP, BUSY | {ACTIVE}),
)
_BATCH = ("batch-inference-job", "batch-segment-job")

_ROWS = (
    Kind("dataset-group", "datasetGroup", blockers=tuple(Blocker(kind, _GROUP) for kind in _OF_A_GROUP)),
    Kind("schema", "schema", taggable=False, blockers=(Blocker("dataset", "schemaArn"),)),
    Kind("dataset", "dataset", _GROUP, blockers=_OF_A_DATASET),
    Kind("dataset-import-job", "datasetImportJob", "datasetArn", name_member="jobName", goes_with="datasetArn"),
    Kind("dataset-export-job", "datasetExportJob", "datasetArn", name_member="jobName", goes_with="datasetArn"),
    Kind("data-deletion-job", "dataDeletionJob", _GROUP, name_member="jobName", goes_with=_GROUP),
    Kind("event-tracker", "eventTracker", _GROUP, claims=("name", _GROUP)),
    Kind(
        "filter",
        "filter",
        _GROUP,
        list_member="Filters",
        blockers=tuple(Blocker(kind, "filterArn", BUSY) for kind in _BATCH),
    ),
    Kind(
        "solution",
        "solution",
        _GROUP,
        blockers=(Blocker("campaign", "solutionArn"), Blocker("solution-version", "solutionArn", BUSY)),
    ),
    Kind("solution-version", "solutionVersion", "solutionArn", goes_with="solutionArn"),
    Kind("campaign", "campaign", "solutionArn"),
    Kind("recommender", "recommender", _GROUP, deletable=frozenset({ACTIVE, CREATE_FAILED, INACTIVE})),
    Kind("batch-inference-job", "batchInferenceJob", "solutionVersionArn", name_member="jobName", goes_with=_GROUP),
    Kind("batch-segment-job", "batchSegmentJob", "solutionVersionArn", name_member="jobName", goes_with=_GROUP),
    Kind("metric-attribution", "metricAttribution", _GROUP, taggable=False, claims=(_GROUP,)),
)

KINDS = {row.name: row for row in _ROWS}
KIND_BY_ARN_MEMBER = {row.arn_member: row for row in _ROWS}
