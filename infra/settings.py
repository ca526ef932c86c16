"""What a deployment may choose: CDK context under `tastemaker:`, with defaults that fit a new account."""

from dataclasses import dataclass, fields
from typing import Final, Self

from constructs import Construct

from infra import own_key
from infra.choices import Choices
from infra.names import DEFAULT, Names
from infra.private_api import VpcEndpoints
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.wire.origins import Origins
from tastemaker.wire.readers import Readers

# What Cognito lets nobody have in the name of a domain.
_COGNITOS: Final = ("aws", "amazon", "cognito")


class BadConsole(ValueError):
    """There cannot be a console as the other settings are; the message says why."""


class BadSpark(ValueError):
    """There cannot be Spark as the other settings are; the message says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one deployment."""

    # What everything of it is called by: several deployments of different names fit into an account and region.
    names: Names
    # A new account may not ask for more than 3,008 MB until AWS raises its limit; 10,240 is the most that Lambda has.
    task_memory: int
    requests_per_second: int
    burst: int
    # Whether solutions and recommenders train by themselves.
    automatic_training: bool
    # How long each answer is kept for replays, implicit impressions and estimates; 0: no answer is kept.
    answer_days: int
    # How long the events table keeps what was written into files and learned as well; 0: for ever.
    event_days: int
    # What alarms tell: how slow is slow, and an SNS topic if someone listens.
    runtime_p99_ms: int
    alarm_topic_arn: str
    # Whether there is a page of what they watch: CloudWatch asks $3 a month for each after an account's third.
    dashboard: bool
    # How many of everything there may be, where AWS's defaults do not fit.
    quotas: Quotas
    # How many parts of a batch inference job are answered at once; new accounts may run 10 functions in all.
    batch_concurrency: int
    # Whose pages may call from a browser.
    cors_origins: Origins
    # Who may look at the control plane and change nothing.
    read_only_principals: Readers
    # Whether what AWS would refuse is refused here too.
    strict: bool
    # Through which VPC endpoints alone the API is reached, if not from everywhere.
    private_api_vpc_endpoint: VpcEndpoints
    # Whether X-Ray is told of requests and executions, at $5 for a million traces.
    tracing: bool
    # Under which key tables, buckets and log groups are, if not under AWS's own.
    kms_key_arn: str
    # Whether there is a console, for whom an administrator lets in.
    console: bool
    # Whether steps that outgrow a function go on in containers, which cost by the second.
    containers: bool
    # Whether imports and trainings that outgrow containers are done by Spark on many machines.
    spark: bool

    @classmethod
    def from_context(cls, scope: Construct) -> Self:
        """Read each setting from `tastemaker:<name>`, or from the stage of the deployment's name."""
        deployment = str(scope.node.try_get_context("tastemaker:name") or DEFAULT)
        known = {field.name for field in fields(cls)} - {"names"}
        chosen = Choices.of(scope, deployment, known=known)
        return cls(
            names=Names(deployment),
            task_memory=chosen.number("task_memory", default=3008),
            requests_per_second=chosen.number("requests_per_second", default=500),
            burst=chosen.number("burst", default=1000),
            automatic_training=bool(chosen.number("automatic_training", default=1)),
            answer_days=chosen.number("answer_days", default=7),
            event_days=chosen.number("event_days", default=30),
            runtime_p99_ms=chosen.number("runtime_p99_ms", default=500),
            alarm_topic_arn=chosen.text("alarm_topic_arn"),
            dashboard=bool(chosen.number("dashboard", default=0)),
            quotas=_quotas(chosen),
            batch_concurrency=chosen.number("batch_concurrency", default=4),
            cors_origins=Origins.of(chosen.many("cors_origins")),
            read_only_principals=Readers.of(chosen.many("read_only_principals")),
            strict=_strict(chosen),
            private_api_vpc_endpoint=VpcEndpoints.of(chosen.many("private_api_vpc_endpoint")),
            tracing=bool(chosen.number("tracing", default=0)),
            kms_key_arn=own_key.checked(chosen.text("kms_key_arn")),
            console=_console(chosen, deployment),
            containers=bool(chosen.number("containers", default=0)),
            spark=_spark(chosen),
        )

    @property
    def lets_pages_call(self) -> bool:
        """Say whether pages of any origin may call from a browser."""
        return bool(self.cors_origins) or self.console


def _console(chosen: Choices, deployment: str) -> bool:
    """Read 0 or 1, and see that it can be reached and named."""
    has_console = bool(chosen.number("console", default=0))
    if has_console and chosen.many("private_api_vpc_endpoint"):
        raise BadConsole(
            "tastemaker:console and tastemaker:private_api_vpc_endpoint exclude each other: the console is a page for "
            "everybody's browser, which would not reach an API that only VPC endpoints reach"
        )
    if has_console and (word := next((each for each in _COGNITOS if each in deployment), "")):
        raise BadConsole(
            f"tastemaker:console makes a domain of Cognito named after tastemaker:name, which must not have {word!r} "
            f"in it: not {deployment!r}"
        )
    return has_console


def _spark(chosen: Choices) -> bool:
    """Read 0 or 1, and see that there are the containers that work before and after it."""
    has_spark = bool(chosen.number("spark", default=0))
    if has_spark and not chosen.number("containers", default=0):
        raise BadSpark(
            "tastemaker:spark takes tastemaker:containers: they gather what Spark sorts, and look at what it wrote"
        )
    return has_spark


def _strict(chosen: Choices) -> bool:
    """Read 0 or 1, and see that the quotas fit."""
    is_strict = bool(chosen.number("strict", default=0))
    if is_strict:
        _quotas(chosen).require_minima()
    return is_strict


def _quotas(chosen: Choices) -> Quotas:
    """Read an object from cdk.json, or the JSON text that `-c` brings."""
    value = chosen.get("quotas")
    return Quotas.of(value) if isinstance(value, dict) else Quotas.from_json(str(value or ""))
