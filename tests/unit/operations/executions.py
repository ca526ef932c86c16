"""State machines run state by state, from the definitions that are deployed."""

import json
from functools import cache
from pathlib import Path

from tastemaker import bootstrap
from tastemaker.pipelines.deps import Deps

MACHINES = Path(__file__).parents[3] / "infra" / "state_machines"


@cache
def definition(machine: str) -> dict:
    return json.loads((MACHINES / f"{machine}.asl.json").read_text())


class Execution:
    """One run of a state machine, which somebody else moves on."""

    def __init__(self, machine: str, work: dict) -> None:
        self.work, self.given = work, work
        self.states = definition(machine)["States"]
        self.at: str | None = self.task(definition(machine)["StartAt"])

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
            if self.at == "Fail":
                self.fail(deps, type(error).__name__, str(error))

    def task(self, name: str | None) -> str | None:
        """Return the next state that does something: a choice between waiting and going on is as good as made."""
        while name and self.states[name]["Type"] in {"Choice", "Wait"}:
            name = self.states[name].get("Default") or self.states[name]["Next"]
        return name

    def attempt(self, deps: Deps) -> dict:
        """Run the present state without going on; AWS may do so more than once."""
        payload = self.states[self.at]["Parameters"]["Payload"]
        taken = self.work if payload["input.$"] == "$$.Execution.Input" else self.given
        return bootstrap.run_step(payload["step"], deps, json.loads(json.dumps(taken)))

    def fail(self, deps: Deps, error: str, message: str) -> None:
        """Let the present state fail for good, which ends the run."""
        self.at = None
        cause = json.dumps({"errorMessage": message})
        self.given = bootstrap.run_step("fail", deps, {**self.work, "error": error, "cause": cause, "execution": "x"})


def run_machine(name: str, work: dict, deps: Deps) -> dict:
    """Run a definition to its end, and return what its last step gave."""
    execution = Execution(name, work)
    while not execution.ended:
        execution.advance(deps)
    return execution.given
