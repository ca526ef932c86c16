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
        self.at: str | None = definition(machine)["StartAt"]

    @property
    def ended(self) -> bool:
        return self.at is None

    def advance(self, deps: Deps) -> None:
        """Run one state; whatever it raises is caught, as `States.ALL` does."""
        state = self.states[self.at]
        try:
            step = bootstrap.step(state["Parameters"]["Payload"]["step"])
            self.given = step(deps, json.loads(json.dumps(self.given)))
            self.at = state.get("Next")
        except Exception as error:  # noqa: BLE001
            self.fail(deps, type(error).__name__, str(error))

    def fail(self, deps: Deps, error: str, message: str) -> None:
        """Let the present state fail for good, which ends the run."""
        self.at = None
        cause = json.dumps({"errorMessage": message})
        bootstrap.step("fail")(deps, {**self.work, "error": error, "cause": cause, "execution": "x"})
