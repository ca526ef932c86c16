"""The four functions of the service: how big each is, which names it is given, and what it may do with them."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import permissions
from infra.buckets import Buckets
from infra.layers import Layers
from infra.service_function import new_function, service_code
from infra.settings import Settings
from infra.tables import Tables
from tastemaker.config import variable

# API Gateway waits no longer, so nothing behind it may take longer.
_GATEWAY_SECONDS: Final = 29


class Functions(Construct):
    """Three functions behind the API and one behind the state machines."""

    def __init__(
        self, scope: Construct, construct_id: str, *, tables: Tables, buckets: Buckets, settings: Settings
    ) -> None:
        super().__init__(scope, construct_id)
        self._code = service_code()
        self._layers = Layers(self, "Layers")
        self._names = _names(tables, buckets)
        self.control = self._control(tables, buckets)
        self.events = self._events(tables)
        self.runtime = self._runtime(tables, buckets)
        self.tasks = self._tasks(tables, buckets, settings.task_memory)

    @property
    def behind_the_api(self) -> dict[str, lambda_.Function]:
        """The functions that API Gateway calls, by the part of the API they answer."""
        return {"control": self.control, "events": self.events, "runtime": self.runtime}

    @property
    def all(self) -> dict[str, lambda_.Function]:
        """Every function by name."""
        return self.behind_the_api | {"tasks": self.tasks}

    @property
    def tasks_role_arn(self) -> str:
        """The role under which imports and training run."""
        role = self.tasks.role
        assert role is not None  # noqa: S101 - the type allows for imported functions, which may have none
        return role.role_arn

    def let_control_start(self, machines: Mapping[str, sfn.StateMachine]) -> None:
        """Tell the control function the state machines and let it start them; known only once the tasks function is."""
        for name, machine in machines.items():
            self.control.add_environment(variable(f"{name}_machine"), machine.state_machine_arn)
            machine.grant_start_execution(self.control)

    def _control(self, tables: Tables, buckets: Buckets) -> lambda_.Function:
        function = new_function(
            self,
            "Control",
            code=self._code,
            layers=[self._layers.base],
            environment=self._environment("resources_table", "models_bucket"),
            memory=512,
            timeout=Duration.seconds(_GATEWAY_SECONDS),
        )
        permissions.read_items(tables.resources, function)
        permissions.write_items(tables.resources, function)
        permissions.read_objects(buckets.models, function)
        return function

    def _events(self, tables: Tables) -> lambda_.Function:
        function = new_function(
            self,
            "Events",
            code=self._code,
            layers=[self._layers.base],
            environment=self._environment("resources_table", "events_table", "records_table"),
            memory=512,
            timeout=Duration.seconds(_GATEWAY_SECONDS),
        )
        permissions.read_items(tables.resources, function)
        permissions.write_items(tables.events, function)
        permissions.write_items(tables.records, function)
        return function

    def _runtime(self, tables: Tables, buckets: Buckets) -> lambda_.Function:
        function = new_function(
            self,
            "Runtime",
            code=self._code,
            layers=[self._layers.base, self._layers.runtime],
            environment=self._environment("resources_table", "events_table", "records_table", "models_bucket"),
            memory=1769,  # where Lambda gives one whole CPU
            timeout=Duration.seconds(_GATEWAY_SECONDS),
            disk=Size.gibibytes(2),  # models are memory-mapped from there
        )
        for table in (tables.resources, tables.events, tables.records):
            permissions.read_items(table, function)
        permissions.read_objects(buckets.models, function)
        return function

    def _tasks(self, tables: Tables, buckets: Buckets, memory: int) -> lambda_.Function:
        function = new_function(
            self,
            "Tasks",
            code=self._code,
            layers=[self._layers.base, self._layers.runtime, self._layers.training],
            environment=self._environment(*self._names),
            memory=memory,
            timeout=Duration.minutes(15),
            disk=Size.gibibytes(10),  # DuckDB spills there what memory does not hold
        )
        for table in (tables.resources, tables.events, tables.records):
            permissions.read_items(table, function)
            permissions.write_items(table, function)
        for bucket in (buckets.data, buckets.models):
            permissions.read_objects(bucket, function)
            permissions.write_objects(bucket, function)
        permissions.assume_callers_roles(function)
        return function

    def _environment(self, *fields: str) -> dict[str, str]:
        return {field: self._names[field] for field in fields}


def _names(tables: Tables, buckets: Buckets) -> dict[str, str]:
    return {
        "resources_table": tables.resources.table_name,
        "events_table": tables.events.table_name,
        "records_table": tables.records.table_name,
        "data_bucket": buckets.data.bucket_name,
        "models_bucket": buckets.models.bucket_name,
    }
