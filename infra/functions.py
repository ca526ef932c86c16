"""The four functions of the service: how big each is, which names it is given, and what it may do with them."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.layers import Layers
from infra.roles import Roles
from infra.service_function import ServiceFunction, source_code
from infra.settings import Settings
from infra.target import ROOT
from infra.workflows import WORKFLOWS
from tastemaker.config import variable
from tastemaker.domain.formats import FORMAT, reader_of
from tastemaker.store.schema import ANSWERS, EVENTS, RECORDS, RESOURCES, TABLES
from tastemaker.wire.origins import Origins
from tastemaker.wire.readers import Readers

# API Gateway waits no longer, so nothing behind it may take longer.
_GATEWAY_TIMEOUT: Final = Duration.seconds(29)
# Files of models that a function keeps, in MB: several of the largest that were trained so far, of 400 MB each. A model
# that does not fit is refused when it is to be deployed. The disk has the rest for the one that is still in use.
_MODEL_ROOM: Final = 3_072
_RUNTIME_DISK: Final = Size.gibibytes(4)


class Functions(Construct):
    """Three functions behind the API and one behind the state machines."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, roles: Roles) -> None:
        super().__init__(scope, construct_id)
        self._settings, self._names, self._roles = settings, settings.names, roles
        # One asset for all of them.
        self.code, self.layers = source_code(ROOT / "lambdas"), Layers(self, "Layers")
        self.control = self._control()
        self.events = self._events()
        self.runtime = self._runtime()
        self.tasks = self._tasks()
        for part in (self.control, self.events, self.runtime, self.tasks):
            part.may.use_own_key(settings.kms_key_arn)
        if settings.strict:
            for part in (self.control, self.events, self.runtime, self.tasks):
                part.add_variable("strict", "1")

    def by_name(self) -> dict[str, lambda_.Function]:
        """Return every function by the name of its handler."""
        return {
            "control": self.control.function,
            "events": self.events.function,
            "runtime": self.runtime.function,
            "tasks": self.tasks.function,
        }

    def let_control_start(self, machines: Mapping[str, sfn.StateMachine]) -> None:
        """Tell the control function the state machines, which exist only once the task function does."""
        for name, machine in machines.items():
            self.control.function.add_environment(variable(f"{name}_machine"), machine.state_machine_arn)
            machine.grant_start_execution(self.control.role)

    def let_pages_call(self, origins: Origins) -> None:
        """Answer the preflights of these pages, and let them read answers."""
        if origins:
            for part in (self.control, self.events, self.runtime):
                part.function.add_environment(variable("cors_origins"), origins.to_text())

    def let_look(self, readers: Readers) -> None:
        """Refuse these callers what changes the control plane."""
        if text := readers.to_text():
            self.control.function.add_environment(variable("read_only_principals"), text)

    def _control(self) -> ServiceFunction:
        control = self._function(
            "Control",
            layers=[self.layers.base],
            environment=self._buckets() | {"quotas": self._settings.quotas.to_json()},
            memory=512,
        )
        control.may.get_items(RESOURCES)
        control.may.query_indexes(RESOURCES)
        control.may.change_items(RESOURCES)
        control.may.get_objects(self._names.models_bucket)
        control.may.count_items(*self._names.index_arns(EVENTS, "by-group"), self._names.table_arn(RECORDS))
        control.may.read_numbers(self._names.data_bucket)
        control.may.use_keys_of_objects()
        return control

    def _events(self) -> ServiceFunction:
        events = self._function(
            "Events",
            layers=[self.layers.base],
            environment={"answers_table": self._names.table(ANSWERS)},
            memory=512,
        )
        events.may.get_items(RESOURCES, ANSWERS)
        events.may.query_indexes(RESOURCES, "by-kind")
        events.may.look_up_items(EVENTS)
        events.may.put_items(EVENTS)
        events.may.write_batches(EVENTS, RECORDS)
        events.may.open_data_keys()
        return events

    def _runtime(self) -> ServiceFunction:
        runtime = self._function(
            "Runtime",
            layers=[self.layers.base, self.layers.runtime],
            environment=self._answers() | {"models_bucket": self._names.models_bucket, "model_room": str(_MODEL_ROOM)},
            memory=1769,  # where Lambda gives one whole CPU
            disk=_RUNTIME_DISK,  # models are memory-mapped from it
            description=reader_of(FORMAT),
            keeps_versions=True,
        )
        runtime.may.ask_versions("runtime")
        runtime.may.get_items(RESOURCES, RECORDS, ANSWERS)
        runtime.may.query_indexes(RESOURCES)
        runtime.may.query_indexes(EVENTS)
        runtime.may.query_indexes(RECORDS)
        runtime.may.query_indexes(ANSWERS, "by-group")
        if self._settings.answer_days:
            runtime.may.put_items(ANSWERS)
        runtime.may.read_objects(self._names.models_bucket)
        runtime.may.use_keys_of_objects()
        runtime.may.open_data_keys()
        return runtime

    def _tasks(self) -> ServiceFunction:
        buckets = (self._names.data_bucket, self._names.models_bucket)
        tasks = self._function(
            "Tasks",
            layers=self.layers.all,
            environment=self._answers()
            | self._buckets()
            | {"quotas": self._settings.quotas.to_json(), "model_room": str(_MODEL_ROOM)}
            | {"batch_concurrency": str(self._settings.batch_concurrency), "event_days": str(self._settings.event_days)}
            | {f"{name}_machine": self._names.machine_arn(name) for name in WORKFLOWS}
            | (self._jobs() if self._settings.containers else {}),
            memory=self._settings.task_memory,
            timeout=Duration.minutes(15),
            disk=Size.gibibytes(10),  # DuckDB spills to it what memory does not hold
        )
        tasks.may.get_items(RESOURCES, RECORDS)
        tasks.may.query_items(EVENTS, RECORDS)
        for table in TABLES:
            tasks.may.query_indexes(table)
        tasks.may.change_items(RESOURCES)
        tasks.may.look_up_items(ANSWERS)
        tasks.may.write_batches(EVENTS, RECORDS, ANSWERS)
        tasks.may.count_metrics()
        tasks.may.read_objects(*buckets)
        tasks.may.write_objects(*buckets)
        tasks.may.use_keys_of_objects(writes=True)
        tasks.may.open_data_keys()
        tasks.may.start_workflows(*WORKFLOWS)
        tasks.may.follow_workflows(*WORKFLOWS)
        return tasks

    def _function(
        self,
        construct_id: str,
        *,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        memory: int,
        timeout: Duration = _GATEWAY_TIMEOUT,
        disk: Size | None = None,
        description: str | None = None,
        keeps_versions: bool = False,
    ) -> ServiceFunction:
        return ServiceFunction(
            self,
            construct_id,
            names=self._names,
            role_arn=self._roles.arns[construct_id],
            code=self.code,
            layers=layers,
            environment=self._tables() | dict(environment),
            memory=memory,
            timeout=timeout,
            disk=disk,
            description=description,
            keeps_versions=keeps_versions,
            traced=self._settings.tracing,
        )

    def _tables(self) -> dict[str, str]:
        tables = {"resources_table": RESOURCES, "events_table": EVENTS, "records_table": RECORDS}
        return {field: self._names.table(table) for field, table in tables.items()}

    def _buckets(self) -> dict[str, str]:
        return {"data_bucket": self._names.data_bucket, "models_bucket": self._names.models_bucket}

    def _jobs(self) -> dict[str, str]:
        return {"job_queue": self._names.of("jobs"), "job_definition": self._names.of("job")}

    def _answers(self) -> dict[str, str]:
        return {"answers_table": self._names.table(ANSWERS), "answer_days": str(self._settings.answer_days)}
