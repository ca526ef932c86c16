"""What of a deployment costs money, counted in its synthesized templates."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from tastemaker.config import variable

# AWS's month.
HOURS: Final = 730
_HOURS_OF: Final = {"minute": 1 / 60, "hour": 1, "day": 24}
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")

Resources = Mapping[str, Mapping[str, Any]]


class NoTemplates(Exception):
    """A folder has no templates of ours in it; the message says so."""


@dataclass(frozen=True, slots=True)
class Function:
    """The size of a function: MB of memory and of disk."""

    memory: int
    disk: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """What costs: by the names of handlers, state machines and tables without that of the deployment."""

    alarm_metrics: int
    dashboards: int
    # A month; each takes every step of its machine.
    looks: float
    look_steps: int
    functions: Mapping[str, Function]
    # States of each machine, all of which one execution passes at most once unless it waits.
    steps: Mapping[str, int]
    # How often a table stores an item: in itself and in its indexes.
    copies: Mapping[str, int]
    answer_days: int
    event_days: int
    traced: bool

    @classmethod
    def of(cls, resources: Resources) -> Self:
        """Count what is in the resources of all stacks, by logical id."""
        machines = _of_kind(resources, "StepFunctions::StateMachine")
        rules = [one for one in _of_kind(resources, "Events::Rule").values() if one["State"] == "ENABLED"]
        functions = {_handler(one): one for one in _of_kind(resources, "Lambda::Function").values()}
        tables = _of_kind(resources, "DynamoDB::Table").values()
        return cls(
            alarm_metrics=sum(_metrics(one) for one in _of_kind(resources, "CloudWatch::Alarm").values()),
            dashboards=len(_of_kind(resources, "CloudWatch::Dashboard")),
            looks=sum(_a_month(rule["ScheduleExpression"]) for rule in rules),
            look_steps=max((_states(machines[id_]) for rule in rules for id_ in _started(rule)), default=0),
            functions={name: _size(one) for name, one in functions.items()},
            steps={_last(one["StateMachineName"]): _states(one) for one in machines.values()},
            copies={_last(one["TableName"]): 1 + _indexes(one) for one in tables},
            answer_days=int(functions["runtime"]["Environment"]["Variables"][variable("answer_days")]),
            event_days=int(functions["tasks"]["Environment"]["Variables"][variable("event_days")]),
            traced=any(one.get("TracingConfig", {}).get("Mode") == "Active" for one in functions.values()),
        )


def read(folder: Path) -> Deployment:
    """Count what is in the templates of a folder, such as a cdk.out."""
    files = sorted(folder.glob("*.template.json"))
    if not files:
        raise NoTemplates(f"{folder} holds no templates")
    templates = [json.loads(file.read_text()) for file in files]
    try:
        return Deployment.of({name: one for template in templates for name, one in template["Resources"].items()})
    except KeyError as missing:
        raise NoTemplates(f"{folder} holds templates of something else, without {missing}") from None


def _of_kind(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == f"AWS::{kind}"}


def _metrics(alarm: Mapping[str, Any]) -> int:
    """Count what an alarm is billed by: each metric of its expression, or its one."""
    return sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1


def _a_month(schedule: str) -> float:
    found = _RATE.fullmatch(schedule)
    if not found:
        raise ValueError(f"{schedule} is no rate")
    return HOURS / (int(found[1]) * _HOURS_OF[found[2]])


def _started(rule: Mapping[str, Any]) -> list[str]:
    return [target["Arn"]["Ref"] for target in rule["Targets"]]


def _states(machine: Mapping[str, Any]) -> int:
    """Count the states of a definition, whose holes CDK writes as Fn::Join."""
    text = machine["DefinitionString"]
    parts = text["Fn::Join"][1] if isinstance(text, Mapping) else [text]
    return len(json.loads("".join(part if isinstance(part, str) else "hole" for part in parts))["States"])


def _handler(function: Mapping[str, Any]) -> str:
    return str(function["Handler"].split(".")[-2])


def _size(function: Mapping[str, Any]) -> Function:
    return Function(function["MemorySize"], function.get("EphemeralStorage", {}).get("Size", 512))


def _indexes(table: Mapping[str, Any]) -> int:
    return sum(len(table.get(f"{kind}SecondaryIndexes", ())) for kind in ("Global", "Local"))


def _last(name: str) -> str:
    """Return a name without that of the deployment, which may itself have hyphens."""
    return name.rpartition("-")[2]
