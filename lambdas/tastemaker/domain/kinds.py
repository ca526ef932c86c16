"""Every kind of resource as one row: what its ARN looks like, what it is listed by, what its replies call it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource; `name` is the type part of its ARN, except for solution versions."""

    name: str
    member: str
    parent: str | None = None
    list_member: str = ""
    name_member: str = "name"
    taggable: bool = True

    @property
    def arn_member(self) -> str:
        """The member that carries the ARN, in requests and replies alike."""
        return f"{self.member}Arn"

    @property
    def update_member(self) -> str:
        """The member that tells of the newest update."""
        return f"latest{self.member[0].upper()}{self.member[1:]}Update"

    @property
    def plural(self) -> str:
        """The member under which List replies carry their page."""
        return self.list_member or f"{self.member}s"

    @property
    def title(self) -> str:
        """The kind in words, for messages."""
        return self.name.replace("-", " ")


_ROWS = (
    Kind("dataset-group", "datasetGroup"),
    Kind("schema", "schema", taggable=False),
    Kind("dataset", "dataset", "datasetGroupArn"),
    Kind("dataset-import-job", "datasetImportJob", "datasetArn", name_member="jobName"),
    Kind("dataset-export-job", "datasetExportJob", "datasetArn", name_member="jobName"),
    Kind("data-deletion-job", "dataDeletionJob", "datasetGroupArn", name_member="jobName"),
    Kind("event-tracker", "eventTracker", "datasetGroupArn"),
    Kind("filter", "filter", "datasetGroupArn", list_member="Filters"),
    Kind("solution", "solution", "datasetGroupArn"),
    Kind("solution-version", "solutionVersion", "solutionArn"),
    Kind("campaign", "campaign", "solutionArn"),
    Kind("recommender", "recommender", "datasetGroupArn"),
    Kind("batch-inference-job", "batchInferenceJob", "solutionVersionArn", name_member="jobName"),
    Kind("batch-segment-job", "batchSegmentJob", "solutionVersionArn", name_member="jobName"),
    Kind("metric-attribution", "metricAttribution", "datasetGroupArn", taggable=False),
)

KINDS = {row.name: row for row in _ROWS}
