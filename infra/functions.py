"""The four functions of the service: how big each is, which names it is given, and what it may do with them."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.layers import Layers
from infra.names import DATA_BUCKET, MODELS_BUCKET, machine_arn, table_arn
from infra.permissions import (
    count_items,
    count_metrics,
    follow_workflows,
    forget_items,
    get_items,
    look_up_items,
    open_data_keys,
    put_items,
    read_insights,
    read_items,
    read_objects,
    start_workflows,
    use_keys_of_objects,
    write_items,
    write_objects,
)
from infra.service_function import ServiceFunction, source_code
from infra.settings import Settings
from infra.target import ROOT
from infra.workflows import WORKFLOWS
from tastemaker.config import variable
from tastemaker.store.schema import ANSWERS, EVENTS, RECORDS, RESOURCES

# API Gateway waits no longer, so nothing behind it may take longer.
_GATEWAY_TIMEOUT: Final = 29
# Files of models that a function keeps, in MB: several of the largest that were trained so far, of 400 MB each. A model
# that does not fit is refused when it is to be deployed. The disk has the rest for the one that is still in use.
_MODEL_ROOM: Final = 3_072
_RUNTIME_DISK: Final = Size.gibibytes(4)


class Functions(Construct):
    """Three functions behind the API and one behind the state machines."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        # One asset for all of them.
        code, layers = source_code(ROOT / "lambdas"), Layers(self, "Layers")
        self.code, self.layers = code, layers
        self.control = _control(self, code, [layers.base], quotas=settings.quotas.to_json())
        self.events = _events(self, code, [layers.base])
        self.runtime = _runtime(self, code, [layers.base, layers.runtime], answer_days=settings.answer_days)
        self.tasks = _tasks(self, code, [layers.base, layers.runtime, layers.training], settings=settings)
        if settings.cors_origins:
            self._let_pages_call(settings.cors_origins.to_text())
        if settings.strict:
            for function in self.by_name().values():
                function.add_environment(variable("strict"), "1")

    def by_name(self) -> dict[str, lambda_.Function]:
        """Return every function by the name of its handler."""
        return {
            "control": self.control.function,
            "events": self.events.function,
            "runtime": self.runtime.function,
            "tasks": self.tasks.function,
        }

    def key_users(self) -> list[ServiceFunction]:
        """Return the functions that read or write what is under a dataset group's key."""
        return [self.control, self.events, self.runtime, self.tasks]

    def let_control_start(self, machines: Mapping[str, sfn.StateMachine]) -> None:
        """Tell the control function the state machines, which exist only once the task function does."""
        for name, machine in machines.items():
            self.control.function.add_environment(variable(f"{name}_machine"), machine.state_machine_arn)
            machine.grant_start_execution(self.control.role)

    def _let_pages_call(self, origins: str) -> None:
        for part in (self.control, self.events, self.runtime):
            part.function.add_environment(variable("cors_origins"), origins)


def _control(
    scope: Construct, code: lambda_.Code, layers: Sequence[lambda_.ILayerVersion], *, quotas: str
) -> ServiceFunction:
    control = ServiceFunction(
        scope,
        "Control",
        code=code,
        layers=layers,
        environment=_tables() | {"data_bucket": DATA_BUCKET, "models_bucket": MODELS_BUCKET, "quotas": quotas},
        memory=512,
        timeout=Duration.seconds(_GATEWAY_TIMEOUT),
    )
    read_items(control.role, RESOURCES)
    write_items(control.role, RESOURCES)
    read_objects(control.role, MODELS_BUCKET)
    count_items(control.role, f"{table_arn(EVENTS)}/index/by-group", table_arn(RECORDS))
    read_insights(control.role, DATA_BUCKET)
    use_keys_of_objects(control.role)
    return control


def _events(scope: Construct, code: lambda_.Code, layers: Sequence[lambda_.ILayerVersion]) -> ServiceFunction:
    events = ServiceFunction(
        scope,
        "Events",
        code=code,
        layers=layers,
        environment=_tables() | {"answers_table": ANSWERS.name},
        memory=512,
        timeout=Duration.seconds(_GATEWAY_TIMEOUT),
    )
    read_items(events.role, RESOURCES)
    look_up_items(events.role, EVENTS)
    get_items(events.role, ANSWERS)
    write_items(events.role, EVENTS, RECORDS)
    open_data_keys(events.role)
    return events


def _runtime(
    scope: Construct, code: lambda_.Code, layers: Sequence[lambda_.ILayerVersion], *, answer_days: int
) -> ServiceFunction:
    runtime = ServiceFunction(
        scope,
        "Runtime",
        code=code,
        layers=layers,
        environment=_tables()
        | {"models_bucket": MODELS_BUCKET, "model_room": str(_MODEL_ROOM)}
        | {"answers_table": ANSWERS.name, "answer_days": str(answer_days)},
        memory=1769,  # where Lambda gives one whole CPU
        timeout=Duration.seconds(_GATEWAY_TIMEOUT),
        disk=_RUNTIME_DISK,  # models are memory-mapped from it
    )
    read_items(runtime.role, RESOURCES, EVENTS, RECORDS, ANSWERS)
    if answer_days:
        put_items(runtime.role, ANSWERS)
    read_objects(runtime.role, MODELS_BUCKET)
    use_keys_of_objects(runtime.role)
    open_data_keys(runtime.role)
    return runtime


def _tasks(
    scope: Construct, code: lambda_.Code, layers: Sequence[lambda_.ILayerVersion], *, settings: Settings
) -> ServiceFunction:
    tasks = ServiceFunction(
        scope,
        "Tasks",
        code=code,
        layers=layers,
        environment=_tables()
        | {"answers_table": ANSWERS.name, "answer_days": str(settings.answer_days), "model_room": str(_MODEL_ROOM)}
        | {"data_bucket": DATA_BUCKET, "models_bucket": MODELS_BUCKET, "quotas": settings.quotas.to_json()}
        | {"batch_concurrency": str(settings.batch_concurrency)}
        | {f"{name}_machine": machine_arn(name) for name in WORKFLOWS},
        memory=settings.task_memory,
        timeout=Duration.minutes(15),
        disk=Size.gibibytes(10),  # DuckDB spills to it what memory does not hold
    )
    read_items(tasks.role, RESOURCES, EVENTS, RECORDS)
    write_items(tasks.role, RESOURCES, EVENTS, RECORDS)
    forget_items(tasks.role, ANSWERS)
    look_up_items(tasks.role, ANSWERS)
    count_metrics(tasks.role)
    read_objects(tasks.role, DATA_BUCKET, MODELS_BUCKET)
    write_objects(tasks.role, DATA_BUCKET, MODELS_BUCKET)
    use_keys_of_objects(tasks.role, writes=True)
    open_data_keys(tasks.role)
    start_workflows(tasks.role, *WORKFLOWS)
    follow_workflows(tasks.role, *WORKFLOWS)
    return tasks


def _tables() -> dict[str, str]:
    return {"resources_table": RESOURCES.name, "events_table": EVENTS.name, "records_table": RECORDS.name}
