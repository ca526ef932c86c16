"""The deployment that is examined: its clients, its service stack and what that has made. Nothing here writes."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from botocore import xform_name
from botocore.client import BaseClient

Member = Mapping[str, Any]

# One lists what a single resource has, and wants its name; the other what nobody has made.
_PASSED_OVER = {"ListMetricAttributionMetrics", "ListRecipes"}
# Outputs that no other stack has.
_OURS = {"ApiUrl", "TaskRoleArn", "KeyRoleArns"}


@dataclass(frozen=True)
class Deployment:
    """A deployment, or local mode; `client` makes one for a service of AWS."""

    url: str
    client: Callable[[str], BaseClient]
    is_local: bool
    now: datetime

    @cached_property
    def personalize(self) -> BaseClient:
        """The control plane."""
        return self.client("personalize")

    @cached_property
    def stack(self) -> Member | None:
        """The service stack: the one whose API this is, or the only one there is."""
        stacks = [stack for stack in self._every("cloudformation", "describe_stacks", "Stacks") if _is_ours(stack)]
        serving = [stack for stack in stacks if outputs_of(stack)["ApiUrl"].rstrip("/") == self.url.rstrip("/")]
        found = serving or (stacks if self.is_local else [])
        return found[0] if found else None

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """What the service stack tells its users; nothing where there is none."""
        return outputs_of(self.stack) if self.stack else {}

    def made(self, kind: str) -> list[str]:
        """Return the physical names of what the service stack has made of a kind, such as `Lambda::Function`."""
        return [one["PhysicalResourceId"] for one in self._parts if one["ResourceType"] == f"AWS::{kind}"]

    @cached_property
    def template(self) -> Mapping[str, Member]:
        """The resources that the service stack was made of, by logical id; nothing where there is no stack."""
        if self.stack is None:
            return {}
        body = self.client("cloudformation").get_template(StackName=self.stack["StackName"])["TemplateBody"]
        resources: Mapping[str, Member] = (json.loads(body) if isinstance(body, str) else body)["Resources"]
        return resources

    @cached_property
    def functions(self) -> list[Member]:
        """The configuration of each function."""
        client = self.client("lambda")
        return [client.get_function_configuration(FunctionName=name) for name in self.made("Lambda::Function")]

    @cached_property
    def resources(self) -> list[Member]:
        """Every resource of the control plane as the List operations tell of it, with its `arn`."""
        names = self.personalize.meta.service_model.operation_names
        methods = [xform_name(name) for name in names if name.startswith("List") and name not in _PASSED_OVER]
        listed = (method for method in methods if self.personalize.can_paginate(method))
        return [one | {"arn": _arn_of(one)} for method in listed for one in self._summaries(method) if "status" in one]

    def age(self, moment: datetime) -> float:
        """Return how many hours ago something was."""
        return (self.now - moment.astimezone(UTC)).total_seconds() / 3600

    @cached_property
    def _parts(self) -> list[Member]:
        """What the service stack has made; nothing where there is none."""
        if self.stack is None:
            return []
        asked = {"StackName": self.stack["StackName"]}
        return self._every("cloudformation", "list_stack_resources", "StackResourceSummaries", **asked)

    def _summaries(self, method: str) -> Iterator[Member]:
        for page in self.personalize.get_paginator(method).paginate():
            for value in page.values():
                yield from value if isinstance(value, list) else ()

    def _every(self, service: str, method: str, member: str, **asked: object) -> list[Member]:
        pages = self.client(service).get_paginator(method).paginate(**asked)
        return [one for page in pages for one in page[member]]


def outputs_of(stack: Member) -> dict[str, str]:
    """Return a stack's outputs by name."""
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}


def _is_ours(stack: Member) -> bool:
    return outputs_of(stack).keys() >= _OURS


def _arn_of(summary: Member) -> str:
    return next(str(value) for name, value in summary.items() if name.endswith("Arn"))
