"""The service and its reference side by side: every call goes to both, and what they say and hold is compared."""

import copy
import json
import random
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tastemaker.pipelines.deps import Deps
from tests.unit.operations.arns import camel
from tests.unit.operations.executions import Execution
from tests.unit.operations.stateful.calls import KINDS
from tests.unit.operations.stateful.reference import Reference
from tests.unit.operations.stateful.things import Refused, Thing, Work
from tests.unit.operations.world import World

Arguments = dict[str, Any]


@dataclass
class Twin:
    """A world, its reference, and the runs of state machines paired with what the reference knows of them."""

    client: BaseClient
    world: World = field(default_factory=World)
    reference: Reference = field(default_factory=Reference)
    executions: list[tuple[Execution, Work]] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        chance = random.Random(len(self.reference.things))  # noqa: S311 - ids that a repetition gives out again
        self.world.new_id = lambda: str(uuid.UUID(int=chance.getrandbits(128)))

    def copy(self) -> "Twin":
        """Return a twin that goes its own way from here, where nothing is under way."""
        assert not self.executions
        return Twin(self.client, self.world.copy(), copy.deepcopy(self.reference), counts=self.counts)

    # Calls

    def call(self, operation: str, arguments: Arguments, *, page: int = 100) -> str:
        """Call the service and compare its answer with the reference; return "ok" or the error's type."""
        expected = self.expected(operation, arguments)
        commit = self.reference.predict(operation, arguments) if expected == {"ok"} else None
        outcome, reply = self._ask(operation, arguments, page)
        self.counts[operation, outcome] += 1
        assert outcome in expected, f"{operation}({arguments}) answers {outcome} {reply}; the reference: {expected}"
        if commit:
            commit(reply)
            self._take_up(arguments)
            self._compare(operation, arguments, reply)
        return outcome

    def expected(self, operation: str, arguments: Arguments) -> set[str]:
        """Return what the reference says may come of a call: "ok" or error types."""
        try:
            self.reference.predict(operation, arguments)
        except Refused as refusal:
            return refusal.codes
        return {"ok"}

    def _ask(self, operation: str, arguments: Arguments, page: int) -> tuple[str, Any]:
        try:
            if operation.startswith("list_") and operation != "list_tags_for_resource":
                return "ok", self._pages(operation, arguments, page)
            return "ok", getattr(self.client, operation)(**arguments)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]

    def _pages(self, operation: str, arguments: Arguments, size: int) -> list[dict[str, Any]]:
        rows, token = [], {}
        while True:
            reply = getattr(self.client, operation)(**arguments, maxResults=size, **token)
            (page,) = (value for value in reply.values() if isinstance(value, list))
            assert len(page) <= size
            rows += page
            if not reply.get("nextToken"):
                return rows
            assert len(page) == size
            token = {"nextToken": reply["nextToken"]}

    def _take_up(self, arguments: Arguments) -> None:
        """Pair the workflow that a call has started, if any, with the work that the reference expects."""
        started = [Execution(machine, work) for machine, work in self.world.workflows.started]
        self.world.workflows.started.clear()
        paired = {work for _, work in self.executions}
        works = [work for work in self.reference.works if work not in paired]
        assert [(e.work["arn"], e.work["change"]) for e in started] == [(w.thing.arn, w.change) for w in works], (
            arguments
        )
        self.executions += zip(started, works, strict=True)

    def _compare(self, operation: str, arguments: Arguments, reply: Any) -> None:
        if operation == "list_tags_for_resource":
            tags = self.reference.things[arguments["resourceArn"]].tags
            assert {tag["tagKey"]: tag["tagValue"] for tag in reply["tags"]} == tags
        elif operation.startswith("list_"):
            expected = self.reference.listed(operation, arguments)
            assert [(arn_of(row), row.get("status")) for row in reply] == [(t.arn, t.status) for t in expected]
        elif operation.startswith("describe_"):
            self._compare_description(next(value for name, value in reply.items() if name != "ResponseMetadata"))

    def _compare_description(self, shown: dict[str, Any]) -> None:
        thing = self.reference.things[arn_of(shown)]
        assert {name: shown.get(name) for name in thing.members} == thing.members
        assert shown.get("status") == thing.status
        update = shown.get(f"latest{camel(thing.kind)[0].upper()}{camel(thing.kind)[1:]}Update", {})
        assert update.get("status") == thing.update
        if thing.kind == "solution":
            versions = [version for version in self.reference.every("solution-version") if version.parent == thing.arn]
            latest = shown.get("latestSolutionVersion", {})
            newest = (versions[-1].arn, versions[-1].status) if versions else (None, None)
            assert (latest.get("solutionVersionArn"), latest.get("status")) == newest

    # Work

    def move(self, index: int, how: str = "one") -> None:
        """Let one run go on by a state, by a state that is run twice, to its end, or let it fail for good."""
        execution, work = self.executions[index]
        deps = Deps(**self.world.parts)
        self.counts[f"work: {how}", "ok"] += 1
        if how == "fail":
            execution.fail(deps, "Lambda.Unknown", "lost")
            self.reference.moved(work, ended=True, broken=True)
        while not execution.ended:
            if how == "twice":
                with suppress(Exception):  # its answer is lost, so that it is run again
                    execution.attempt(deps)
            execution.advance(deps)
            self.reference.moved(work, ended=execution.ended)
            if how != "all":
                break
        self.executions = [pair for pair in self.executions if not pair[0].ended]
        self._take_up({"after": execution.work["arn"]})

    def finish(self) -> None:
        while self.executions:
            self.move(0, "all")

    def check(self) -> None:
        """Compare everything that is stored with everything that should be."""
        records = {record["_arn"]: record for kind in KINDS for record in self.world.resources.every(kind)}
        things = self.reference.things
        held = {arn: status_of(record) for arn, record in records.items()}
        expected = {arn: (thing.status, thing.update) for arn, thing in things.items()}
        assert held == expected, sorted(held.items() ^ expected.items(), key=repr)
        for arn, record in records.items():
            assert things[arn].broken or "internal error" not in json.dumps(record), record
            assert record.get("status") != "CREATE FAILED" or record.get("failureReason"), record

    def check_objects(self) -> None:
        """Nothing may be left in the buckets of what is gone."""
        owners = {owner_of(thing) for thing in self.reference.things.values()}
        left = [key for bucket, key in self.world.objects.objects if bucket in {"data", "models"}]
        assert [key for key in left if not key.startswith(tuple(owner for owner in owners if owner))] == []


def arn_of(shown: dict[str, Any]) -> str:
    """Return a resource's own ARN among those that it shows: that of the innermost kind."""
    return next(shown[f"{camel(kind)}Arn"] for kind in INNERMOST if f"{camel(kind)}Arn" in shown)


_LEAVES = ("dataset-import-job", "event-tracker", "filter", "campaign", "recommender", "solution-version")
INNERMOST = (*_LEAVES, "solution", "dataset", "schema", "dataset-group")


def status_of(record: dict[str, Any]) -> tuple[str | None, str | None]:
    updates = [value for name, value in record.items() if name.startswith("latest")]
    return record.get("status"), updates[0]["status"] if updates else None


def owner_of(thing: Thing) -> str:
    tail = thing.arn.split("/", 1)[1]
    return {"dataset": f"snapshots/{tail}/", "solution": f"{tail}/", "recommender": f"recommender.{tail}/"}.get(
        thing.kind, ""
    )
