"""Each wing's steps.py is the list of what state machines name in it."""

from importlib import import_module
from pathlib import Path

from tastemaker import bootstrap, pipelines


def public(module):
    own = (value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__)
    return {value for value in own if not value.__name__.startswith("_")}


def test_the_steps_of_the_wings_are_what_state_machines_name_and_nothing_else():
    root = Path(pipelines.__file__).parent
    wings = [".".join(path.relative_to(root).parent.parts) for path in root.rglob("steps.py")]

    steps = [public(import_module(f"tastemaker.pipelines.{wing}.steps")) for wing in wings]

    assert set().union(*steps) == {bootstrap.step(name) for name in bootstrap._STEPS}
