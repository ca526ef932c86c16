"""State machines run state by state, from the definitions that are deployed."""

import json
from functools import cache
from pathlib import Path

from tastemaker import bootstrap
from tastemaker.pipelines.deps import Deps

MACHINES = Path(__file__).parents[3] / "infra" / "state_machines"
# What the context object has for an item of a Map, and the input of an execution.
ITEM, INPUT, NAME = "$$.Map.Item.Value", "$$.Execution.Input", "$$.Execution.Name"


@cache
def definition(machine: str) -> dict:
    return json.loads((MACHINES / f"{machine}.asl.json").read_text())


class Execution:
    """One run of a state machine, or of a Map's for one of its items, which somebody else moves on."""

    def __init__(self, machine: str | dict, work: dict) -> None:
        self.work, self.given = work, work
        states = definition(machine) if isinstance(machine, str) else machine
        self.states = states["States"]
        self.at: str | None = self.task(states["StartAt"])

    @property
    def ended(self) -> bool:
        return self.at is None

    def advance(self, deps: Deps) -> None:
        """Run one state, or catch what it raises; an execution that fails has told its resource."""
        try:
            self.given = self.attempt(deps)
            self.at = self.task(self.states[self.at].get("Next"))
        except Exception as error:
            catchers = self.states[self.at].get("Catch")
            if not catchers:
                raise
            names = {type(error).__name__, "States.ALL"}
            self.at = next(catcher["Next"] for catcher in catchers if names & {*catcher["ErrorEquals"]})
            told = {"Error": type(error).__name__, "Cause": json.dumps({"errorMessage": str(error)})}
            self.given = {**self.given, "error": told}
            if self.at == "Fail":
                self.fail(deps, type(error).__name__, str(error))

    def task(self, name: str | None) -> str | None:
        """Return the next state that does something: a choice between waiting and going on is as good as made."""
        while name and self.states[name]["Type"] in {"Choice", "Wait", "Pass"}:
            state = self.states[name]
            chosen = (each["Next"] for each in state.get("Choices", ()) if self.holds(each))
            name = next(chosen, state.get("Default") or state.get("Next"))
        return name

    def holds(self, choice: dict) -> bool:
        """Whether a step has said that there is more to do, or where; waiting is never chosen."""
        if "Variable" not in choice:
            return False
        found = at(self.given, choice["Variable"])
        if "StringEquals" in choice:
            return found == choice["StringEquals"]
        return choice.get("BooleanEquals") is True and found is True

    def attempt(self, deps: Deps) -> dict:
        """Run the present state without going on; AWS may do so more than once."""
        state = self.states[self.at]
        if state["Type"] == "Map":
            return self.map(state, deps)
        payload = state["Parameters"]["Payload"]
        given = self.work if payload.get("input.$") == INPUT else self.given
        taken = {name.removesuffix(".$"): self.member(name, value) for name, value in payload.get("input", {}).items()}
        return bootstrap.run_step(payload["step"], deps, json.loads(json.dumps(taken or given)))

    def member(self, name: str, value: str) -> object:
        """Return a member of a payload: as it is written, or what its path leads to."""
        if not name.endswith(".$"):
            return value
        return "x" if value == NAME else at(self.given, value)

    def map(self, state: dict, deps: Deps) -> dict:
        """Run a Map's states for each item, one after the other; what they give is not looked at."""
        for item in self.given[state["ItemsPath"].removeprefix("$.")]:
            members = {
                name.removesuffix(".$"): item if path == ITEM else self.given[path.removeprefix("$.")]
                for name, path in state["ItemSelector"].items()
            }
            run(Execution(state["ItemProcessor"], members), deps)
        return self.given

    def fail(self, deps: Deps, error: str, message: str) -> None:
        """Let the present state fail for good, which ends the run."""
        self.at = None
        cause = json.dumps({"errorMessage": message})
        self.given = bootstrap.run_step("fail", deps, {**self.work, "error": error, "cause": cause, "execution": "x"})


def at(given: dict, path: str) -> object:
    """Return what a path leads to."""
    found: object = given
    for name in path.removeprefix("$").split(".")[1:]:
        found = found[name]
    return found


def run_machine(name: str, work: dict, deps: Deps) -> dict:
    """Run a definition to its end, and return what its last step gave."""
    return run(Execution(name, work), deps)


def run(execution: Execution, deps: Deps) -> dict:
    """Run an execution to its end, and return what its last step gave."""
    while not execution.ended:
        execution.advance(deps)
    return execution.given
