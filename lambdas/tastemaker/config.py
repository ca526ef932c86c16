"""The environment, read once and checked: the only module that knows of `os.environ`."""

import os
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from typing import Any, Self

from tastemaker.domain.resources.quotas import Quotas

# Lambda leaves this alone; local mode puts each function's own variables here while that function runs.
environment: ContextVar[Mapping[str, str]] = ContextVar("environment", default=os.environ)

# What AWS names itself.
_GIVEN = {
    "region": "AWS_REGION",
    "memory": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "function": "AWS_LAMBDA_FUNCTION_NAME",
}
_OPTIONAL = frozenset(
    {"events_table", "records_table", "answers_table", "data_bucket", "models_bucket"}
    | {"quotas", "memory", "answer_days", "model_room", "cors_origins", "strict", "batch_concurrency", "event_days"}
    | {"aws_endpoint", "function"}
    | {"read_only_principals", "api_url", "provider_machine", "job_queue", "job_definition"}
    | {"spark_application", "spark_script", "spark_role"}
    | {
        f"{name}_machine"
        for name in ("lifecycle", "import", "training", "deployment", "batch", "segments", "export", "deletion")
    }
)


def variable(field: str) -> str:
    """Return the environment variable that carries a field of `Config`."""
    return _GIVEN.get(field, f"TASTEMAKER_{field.upper()}")


@dataclass(frozen=True, slots=True)
class Config:
    """Where one deployment keeps its things; a function is given only the names it may use.

    `answer_days` is how long the log of answers keeps each; 0: it keeps none.
    `api_url` is where the control plane answers clients, for the custom resources of stacks.
    `event_days` is how long the events table keeps what files have as well; 0: for ever.
    `aws_endpoint` is the URL of a local AWS, where functions then find every service; no template has it.
    `batch_concurrency` is how many parts of a batch job are answered at once; 0 where nobody says, which is one.
    `cors_origins` are those whose pages may call, with commas between; empty: none.
    `job_queue` and `job_definition` are AWS Batch's names of where containers wait, and what they are; empty: there are
    none.
    `spark_application` is the id of an application of EMR Serverless, `spark_script` the URI of what it runs,
    `spark_role` the ARN of the role that it acts under; empty: there is none.
    `function` is the name of the function that runs; empty: none of Lambda's.
    `model_room` is how many MB of models a function keeps on its disk; 0 where nobody says, which is 1,024.
    `read_only_principals` are ARNs whose callers may only look, with commas between; empty: nobody's.
    `strict` refuses what AWS would refuse (`domain/supersets.py`).
    `memory` is what a function may hold, in MB; 0 where nobody says, which is as much as the machine has.
    """

    region: str
    account: str
    partition: str
    resources_table: str
    events_table: str
    records_table: str
    answers_table: str
    data_bucket: str
    models_bucket: str
    lifecycle_machine: str
    import_machine: str
    training_machine: str
    deployment_machine: str
    export_machine: str
    deletion_machine: str
    batch_machine: str
    segments_machine: str
    quotas: Quotas = field(default_factory=Quotas)
    memory: int = 0
    answer_days: int = 0
    model_room: int = 0
    cors_origins: str = ""
    strict: bool = False
    batch_concurrency: int = 0
    event_days: int = 0
    aws_endpoint: str = ""
    read_only_principals: str = ""
    api_url: str = ""
    provider_machine: str = ""
    function: str = ""
    job_queue: str = ""
    job_definition: str = ""
    spark_application: str = ""
    spark_script: str = ""
    spark_role: str = ""

    @classmethod
    def from_env(cls) -> Self:
        """Read every variable once; a missing one stops the cold start and is named."""
        here = environment.get()
        values: dict[str, Any] = {field.name: _read(here, field.name) for field in fields(cls)}
        names = ("memory", "answer_days", "model_room", "batch_concurrency", "event_days")
        numbers = {name: int(values[name] or 0) for name in names}
        settings = {"quotas": Quotas.from_json(values["quotas"]), "strict": bool(values["strict"])}
        return cls(**values | settings | numbers)

    @property
    def machines(self) -> dict[str, str]:
        """State machine ARNs by workflow name."""
        return {
            "lifecycle": self.lifecycle_machine,
            "import": self.import_machine,
            "training": self.training_machine,
            "deployment": self.deployment_machine,
            "export": self.export_machine,
            "deletion": self.deletion_machine,
            "batch": self.batch_machine,
            "segments": self.segments_machine,
        }


def _read(here: Mapping[str, str], field: str) -> str:
    value = here.get(variable(field), "")
    if not value and field not in _OPTIONAL:
        raise RuntimeError(f"the environment variable {variable(field)} is missing")
    return value
