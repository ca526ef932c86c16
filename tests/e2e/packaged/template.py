"""What the synthesized template gives functions; moto knows nothing of layers' wheels, nor of disks."""

import re
from dataclasses import dataclass

from tastemaker_local import synth
from tests.infra.assembly import Assembly

_LAYER = re.compile(r"\w*Layers([A-Z][a-z]+)[0-9A-F]{8}")
_LEAST_DISK = 512  # MB


@dataclass(frozen=True, slots=True)
class Declared:
    """A function's layers by name, the first below the others, and the MB of its memory and of its /tmp."""

    layers: tuple[str, ...]
    memory: int
    disk: int


def declared() -> dict[str, Declared]:
    """Return what each function is given."""
    functions = Assembly(synth.assembly()).properties("Lambda::Function")
    return {
        each["FunctionName"]: Declared(
            tuple(_LAYER.fullmatch(layer["Ref"])[1].lower() for layer in each["Layers"]),
            each["MemorySize"],
            each.get("EphemeralStorage", {}).get("Size", _LEAST_DISK),
        )
        for each in functions
    }
