"""One machine whose calls are made to fail: how its job is asked for, and what others then see of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.integration.client import readings
from tests.integration.faults.stage import HOME, Stage

EVENT = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
GROUP = f"{HOME}:dataset-group/shop"
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
OLD = readings()


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What is done through the API, in functions of a stage and the name of a job.

    `told` returns the job's record as callers see it, `seen` everything else that anybody sees. `further` is one try
    more, whatever has become of the tested one. `left` names what is stored and nobody's. With `by_looks` what
    one look has not done is the next one's. `after_failure` returns what may be seen then, of what is seen without the
    job and with it: what a job leaves may be whole, and there, before its record says so.
    """

    ask: Callable[[Stage, str], object]
    told: Callable[[Stage, str], dict]
    seen: Callable[[Stage], object]
    further: Callable[[Stage], str]
    prepare: Callable[[Stage], object] = lambda _: None
    left: Callable[[Stage], set] = lambda _: set()
    by_looks: bool = False
    waits: bool = False  # it runs for as long as the job of another machine
    after_failure: Callable[[object, object], list] = lambda before, _: [before]
    type: str = "Interactions"
    fields: dict = field(default_factory=lambda: EVENT)
    files: dict = field(default_factory=lambda: {"first": OLD})
    domain: str = ""
    recipe: str = POPULAR
    cases: str = ""  # only calls with this in their names: others are another machine's, too
    fails: bool = False  # it is what comes of it without any fault


def described(operation, member, arn):
    """Return what tells of a job."""
    return lambda stage, name: getattr(stage.personalize, operation)(**{f"{member}Arn": arn.format(name)})[member]


def asked_next(ask):
    """Ask for one more of another name."""

    def further(stage):
        ask(stage, "further")
        return "further"

    return further
