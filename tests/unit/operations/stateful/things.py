"""Resources as dictionaries, and what becomes of them while work goes on, as the API reference describes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.unit.operations.arns import HOME, camel, kind_of

CODES = {
    "II": "InvalidInputException",
    "RNF": "ResourceNotFoundException",
    "RIU": "ResourceInUseException",
    "LE": "LimitExceededException",
    "RAE": "ResourceAlreadyExistsException",
}
# References exist; then states and values; then quotas; then names.
_RANKS = (("II", "RIU"), ("LE",), ("RAE",))
BUSY = {"CREATE PENDING", "CREATE IN_PROGRESS", "CREATE STOPPING"}
TURNING = {"STOP PENDING", "STOP IN_PROGRESS", "START PENDING", "START IN_PROGRESS"}
_CHILDREN = {"dataset": "dataset-import-job", "solution": "solution-version"}  # they vanish with their parent
_AT_ONCE = {"schema": None, "solution": "ACTIVE"}  # the others begin as CREATE PENDING
_FALLS_BACK = {"create": "CREATE FAILED", "delete": "CREATE FAILED", "stop": "ACTIVE", "start": "INACTIVE"}
_ENDS = {"create": "ACTIVE", "stop": "INACTIVE", "start": "ACTIVE"}

Reply = dict[str, Any]
Commit = Callable[[Reply], None]


class Refused(Exception):
    """The call must fail with one of these error types."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = {CODES[code] for code in codes}


@dataclass(eq=False)
class Thing:
    """One resource; `members` are those that Describe shows beside statuses and dates."""

    kind: str
    arn: str
    members: dict[str, Any]
    parent: str | None = None
    group: str | None = None
    status: str | None = "CREATE PENDING"
    update: str | None = None
    wanted: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    data: bool = False
    synced: bool = False  # a campaign that follows its solution
    broken: bool = False  # something was done to a workflow of it

    @property
    def settled(self) -> bool:
        return self.status in {"ACTIVE", "CREATE FAILED"} and not self.updating

    @property
    def updating(self) -> bool:
        return self.update in BUSY


@dataclass(eq=False)
class Work:
    """A change under way; `can` says whether it will succeed if nobody disturbs it."""

    thing: Thing
    change: str
    training: bool = False
    can: bool = True
    moves: int = 0


def refuse(**broken: bool) -> None:
    for rank in _RANKS:
        if codes := [code for code in rank if broken.get(code)]:
            raise Refused(*codes)


class Things:
    """Things by ARN in the order of creation, and the work under way in the order of its start."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.works: list[Work] = []

    def find(self, kind: str, arn: str) -> Thing:
        if kind_of(arn) != kind:
            raise Refused("II")
        if arn not in self.things:
            raise Refused("RNF")
        return self.things[arn]

    def every(self, kind: str, group: str | None = None) -> list[Thing]:
        return [t for t in self.things.values() if t.kind == kind and group in {None, t.group}]

    def named(self, kind: str, name: str) -> bool:
        return any(name in {t.members.get("name"), t.members.get("jobName")} for t in self.every(kind))

    def dataset(self, group: str, type_: str) -> Thing | None:
        """Return a group's dataset of a type, unless it is on its way out."""
        here = [d for d in self.every("dataset", group) if d.members["datasetType"] == type_]
        return next((d for d in here if not str(d.status).startswith("DELETE")), None)

    def moving(self, arguments: dict[str, Any]) -> bool:
        """Whether a call names something under way, or the group or parent of it."""
        near = {arn for work in self.works for arn in (work.thing.arn, work.thing.parent, work.thing.group)}
        return any(value in near for value in arguments.values() if isinstance(value, str))

    # Beginning

    def create(
        self,
        kind: str,
        tail: str,
        members: dict[str, Any],
        *,
        training: bool = False,
        can: bool = True,
        **facts: Any,
    ) -> Commit:
        def commit(reply: Reply) -> None:
            status = _AT_ONCE.get(kind, "CREATE PENDING")
            arn = f"{HOME}{kind}/{tail}" if tail else reply[f"{camel(kind)}Arn"]
            thing = self.things[arn] = Thing(kind, arn, {**members}, status=status, **facts)
            if kind not in _AT_ONCE:
                self.works.append(Work(thing, "create", training=training, can=can))

        return commit

    def update(self, thing: Thing, wanted: dict[str, Any], *, training: bool = False) -> Commit:
        def commit(_reply: Reply) -> None:
            thing.update, thing.wanted = "CREATE PENDING", wanted
            self.works.append(Work(thing, "update", training=training))

        return commit

    def turn(self, thing: Thing, change: str, status: str) -> Commit:
        def commit(_reply: Reply) -> None:
            thing.status = status
            self.works.append(Work(thing, change))

        return commit

    def delete(self, thing: Thing, *, blocked: bool = False) -> Commit:
        refuse(RIU=blocked or not (thing.settled or thing.status == "INACTIVE"))
        return self.turn(thing, "delete", "DELETE PENDING")

    # Going on

    def moved(self, work: Work, *, ended: bool, broken: bool = False) -> None:
        """Follow a workflow that has run one more state, that has come to its end, or that was broken."""
        work.moves += 1
        thing = work.thing
        thing.broken |= broken
        if work.training and work.moves == 2:  # its second state fixes the data
            dataset = self.dataset(str(thing.group), "INTERACTIONS")
            work.can = dataset is not None and dataset.data and dataset.status == "ACTIVE"
        if ended:
            self.works.remove(work)
        if thing.status == "CREATE STOPPED":
            return
        if thing.status == "CREATE STOPPING":
            thing.status = "CREATE STOPPED" if ended else thing.status
        elif not ended:
            self._goes_on(thing, work.change)
        elif broken or not work.can:
            self._fails(thing, work.change)
        else:
            self._ends(thing, work.change)

    def _goes_on(self, thing: Thing, change: str) -> None:
        if change == "update":
            thing.update = "CREATE IN_PROGRESS"
        else:
            thing.status = f"{change.upper()} IN_PROGRESS"

    def _fails(self, thing: Thing, change: str) -> None:
        if change == "update":
            thing.update = "CREATE FAILED"
        else:
            thing.status = _FALLS_BACK[change]

    def _ends(self, thing: Thing, change: str) -> None:
        if change == "delete":
            gone = {thing.arn} | {t.arn for t in self.every(_CHILDREN.get(thing.kind, "")) if t.parent == thing.arn}
            self.things = {arn: t for arn, t in self.things.items() if arn not in gone}
        elif change == "update":
            thing.members.update(thing.wanted)
            thing.update = "ACTIVE"
            # What was wrong with a campaign is put right by another deployment.
            thing.status = "ACTIVE" if thing.kind == "campaign" else thing.status
        else:
            thing.status = _ENDS[change]
        if thing.kind == "dataset-import-job":
            self.things[thing.members["datasetArn"]].data = True
        if thing.kind == "solution-version":
            self._follow(thing)

    def _follow(self, version: Thing) -> None:
        """Let synchronised campaigns that rest take the solution's newest version."""
        trained = [v for v in self.every("solution-version") if v.parent == version.parent and v.status == "ACTIVE"]
        for campaign in self.every("campaign"):
            newest = {"solutionVersionArn": trained[-1].arn} if trained else {}
            refused = campaign.update == "CREATE FAILED" and campaign.wanted == newest
            behind = newest and campaign.members["solutionVersionArn"] != trained[-1].arn
            rests = campaign.status == "ACTIVE" and campaign.update not in BUSY
            if campaign.parent == version.parent and campaign.synced and rests and behind and not refused:
                self.update(campaign, newest)({})
