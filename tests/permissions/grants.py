"""Every grant of the templates, one action on one resource, and the templates without it.

Grants are all that lets somebody do something, or keeps them from it: statements of roles' policies, trust policies,
buckets' policies, permissions of functions, managed policies. Region, account and the ids of the API and of the
application of Spark are left out: a grant of a template and one of a deployment read alike.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self

from tastemaker.config import variable
from tastemaker_local.emulation.permissions import policies
from tests.permissions.templates import Template, Texts

_ARN = re.compile(r"\barn:[^:]*:([^:]+):[^:]*:[^:]*:")
_BUCKET = re.compile(r"(tastemaker-(?:data|models))-\d{12}-[a-z0-9-]+")
_API = re.compile(r"execute-api:[^/*]+/")
_APPLICATION = re.compile(r"emr-serverless:/applications/[^/]+")
Mutation = Callable[[Template], None]


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """What an owner (a function, a machine, a bucket) is allowed or, of buckets, denied."""

    owner: str
    action: str
    resource: str
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.owner, self.action, self.resource, *(f"if {each}" for each in self.conditions)])

    @classmethod
    def of_judge(cls, grant: policies.Grant) -> Self:
        """Return what local mode's judge calls by other words."""
        owner = f"function/{grant.function.removeprefix('tastemaker-')}"
        conditions = tuple(_condition(key, values) for _, key, values in grant.conditions)
        return cls(owner, grant.action, plain(grant.resource), conditions)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a grant is written in a template, and how to take it out of one, or its conditions from it."""

    grant: Grant
    stack: str
    remove: Mutation
    widen: Mutation | None = None


def plain(arn: str) -> str:
    """Return a text without partition, region, account and the ids of the API and of the application of Spark."""
    named = _API.sub("execute-api:api/", _BUCKET.sub(r"\1", _ARN.sub(r"\1:", arn)))
    return _APPLICATION.sub("emr-serverless:/applications/spark", named)


def places(templates: dict[str, Template]) -> Iterator[Place]:
    """Yield every grant of some templates."""
    reader = _Reader(templates)
    for stack, template in templates.items():
        for name, resource in template["Resources"].items():
            if find := reader.finders.get(resource["Type"]):
                yield from find(stack, name, resource["Properties"])


class _Reader:
    """Finds grants by the type of the resource that has them."""

    def __init__(self, templates: dict[str, Template]) -> None:
        self._texts = Texts(templates)
        self._templates = templates
        self._owners = dict(self._users())
        self.finders = {
            "AWS::IAM::Policy": self._policy,
            "AWS::IAM::Role": self._role,
            "AWS::S3::BucketPolicy": self._bucket,
            "AWS::Lambda::Permission": self._permission,
        }

    def _users(self) -> Iterator[tuple[str, str]]:
        """Yield the names of roles with those who act under them."""
        for template in self._templates.values():
            for name, resource in template["Resources"].items():
                owner = f"{_KINDS.get(resource['Type'], '')}/{self._texts.name(name).removeprefix('tastemaker-')}"
                properties = resource.get("Properties", {})
                for role in _roles(properties):
                    yield self._texts.of(role).rpartition("/")[2], _RULE if "Targets" in properties else owner
                if role := _variable(properties, "spark_role"):
                    yield self._texts.of(role).rpartition("/")[2], SPARK

    def _policy(self, stack: str, name: str, properties: dict[str, Any]) -> Iterator[Place]:
        [role] = properties["Roles"]
        owner = self._owners[self._texts.of(role)]
        yield from self._statements(stack, (name, "PolicyDocument"), owner, properties["PolicyDocument"])

    def _role(self, stack: str, name: str, properties: dict[str, Any]) -> Iterator[Place]:
        owner, where = self._owners[name], (name, "AssumeRolePolicyDocument")
        yield from self._statements(stack, where, owner, properties["AssumeRolePolicyDocument"])
        for policy in properties.get("ManagedPolicyArns", []):
            grant = Grant(owner, "managed", plain(self._texts.of(policy)))
            yield Place(
                grant, stack, lambda template: template["Resources"][name]["Properties"].pop("ManagedPolicyArns")
            )

    def _bucket(self, stack: str, name: str, properties: dict[str, Any]) -> Iterator[Place]:
        owner = f"bucket/{plain(self._texts.of(properties['Bucket']))}"
        yield from self._statements(stack, (name, "PolicyDocument"), owner, properties["PolicyDocument"])

    def _permission(self, stack: str, name: str, properties: dict[str, Any]) -> Iterator[Place]:
        owner = f"function/{self._texts.of(properties['FunctionName']).rpartition(':')[2].removeprefix('tastemaker-')}"
        condition = _condition("aws:SourceArn", [self._texts.of(properties["SourceArn"])])
        grant = Grant(owner, properties["Action"], f"by {properties['Principal']}", (condition,))

        def remove(template: Template) -> None:
            template["Resources"].pop(name)

        def widen(template: Template) -> None:
            template["Resources"][name]["Properties"].pop("SourceArn")

        yield Place(grant, stack, remove, widen)

    def _statements(self, stack: str, where: tuple[str, str], owner: str, document: dict[str, Any]) -> Iterator[Place]:
        for index, statement in enumerate(document["Statement"]):
            for action in listed(statement["Action"]):
                for resource in listed(statement.get("Resource")):
                    yield self._place(stack, (*where, index), owner, (action, resource), statement)

    def _place(
        self, stack: str, where: tuple[str, str, int], owner: str, pair: tuple[str, Any], statement: dict[str, Any]
    ) -> Place:
        action, resource = pair
        by = "".join(f"by {value} " for value in statement.get("Principal", {}).values())
        on = plain(self._texts.of(resource)) if resource else ""
        keys = {key: each for keys in statement.get("Condition", {}).values() for key, each in keys.items()}
        conditions = tuple(_condition(key, [self._texts.of(each) for each in listed(keys[key])]) for key in keys)
        effect = "deny " if statement["Effect"] == "Deny" else ""
        grant = Grant(owner, f"{effect}{action}", f"{by}{on}".strip(), conditions)
        name, member, index = where

        def remove(template: Template) -> None:
            template["Resources"][name]["Properties"][member]["Statement"][index : index + 1] = _without(
                statement, pair
            )

        def widen(template: Template) -> None:
            template["Resources"][name]["Properties"][member]["Statement"][index].pop("Condition")

        return Place(grant, stack, remove, widen if keys else None)


_KINDS = {
    "AWS::Lambda::Function": "function",
    "AWS::StepFunctions::StateMachine": "machine",
    "AWS::ApiGateway::Account": "logs of the API",
    "AWS::Batch::JobDefinition": "container",
}
_RULE = "rule/schedule"
# Under which role it acts is said by whoever starts a run.
SPARK = "application/spark"


def mutated(templates: dict[str, Template], place: Place, mutate: Mutation) -> dict[str, Template]:
    """Return the templates after one mutation."""
    changed = {**templates, place.stack: deepcopy(templates[place.stack])}
    mutate(changed[place.stack])
    return changed


def _without(statement: dict[str, Any], pair: tuple[str, Any]) -> list[dict[str, Any]]:
    """Return the statements that allow all of one but an action on a resource."""
    action, resource = pair
    actions = [each for each in listed(statement["Action"]) if each != action]
    resources = [each for each in listed(statement.get("Resource")) if each != resource]
    others = [{**statement, "Action": actions}] if actions else []
    return others + ([{**statement, "Action": action, "Resource": resources}] if resources else [])


def _roles(properties: dict[str, Any]) -> Iterator[Any]:
    """Yield the roles under which a resource acts."""
    yield from (properties[name] for name in ("Role", "RoleArn", "CloudWatchRoleArn") if name in properties)
    yield from (each["RoleArn"] for each in properties.get("Targets", ()) if "RoleArn" in each)
    # What starts a container; in it is worked under a function's role.
    yield from (each["ExecutionRoleArn"] for name, each in properties.items() if name == "ContainerProperties")


def _variable(properties: dict[str, Any], field: str) -> Any:
    """Return what a function is told of a field of `Config`; no other resource has variables so."""
    return properties.get("Environment", {}).get("Variables", {}).get(variable(field))


def _condition(key: str, values: Any) -> str:
    texts = (plain(re.sub(r"s3\.[a-z0-9-]+\.", "s3.", str(each))) for each in values)
    return f"{key}={','.join(texts)}"


def listed(value: Any) -> list[Any]:
    """Return a member of a statement, which is one of something or several, as several."""
    return value if isinstance(value, list) else [value]


def read(folder: Any) -> dict[str, Template]:
    """Return the two templates of an assembly."""
    return {
        stack: json.loads((folder / f"{stack}.template.json").read_text())
        for stack in ("TastemakerState", "TastemakerService")
    }
