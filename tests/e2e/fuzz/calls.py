"""A call by its number: which operation, with what, and how badly."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from tests.e2e.fuzz.envelopes import Envelope, addressed, disturb
from tests.e2e.fuzz.known import NAMES, Known, kind_of, made_up
from tests.e2e.fuzz.mutations import broken, encoded, mutated
from tests.e2e.fuzz.values import Values

APIS = ("personalize", "personalize-events", "personalize-runtime")
MANNERS = ("well-formed", "mutated", "broken body", "broken request")
_WEIGHTS = (45, 35, 8, 12)
_TAKING = ("Delete", "Stop")


@dataclass(frozen=True)
class Call:
    """One request, and what may be held against its reply."""

    number: int
    operation: OperationModel
    manner: str
    envelope: Envelope

    @property
    def well_addressed(self) -> bool:
        return self.manner != "broken request"

    @property
    def well_encoded(self) -> bool:
        """Whether the body is JSON as the standard has it; a mutated one may hold a NaN or half a character."""
        return self.manner in {"well-formed", "broken request"}


def operations() -> Sequence[OperationModel]:
    """Return all operations of the three APIs, as botocore describes them."""
    models = [ServiceModel(Loader().load_service_model(api, "service-2"), api) for api in APIS]
    return [model.operation_model(name) for model in models for name in model.operation_names]


def call(number: int, seed: int, known: Known, among: Sequence[OperationModel]) -> Call:
    """Make the call of a number: the same each time, but for ids that earlier replies told."""
    dice = Random(f"{seed}/{number}")  # noqa: S311 - a game
    operation = among[number % len(among)] if number < len(among) else dice.choice(among)
    manner = dice.choices(MANNERS, _WEIGHTS)[0]
    request = Values(dice, known).request(operation.input_shape)
    body = encoded(mutated(request, dice, known) if manner == "mutated" else request)
    body = _spared(operation, broken(body, dice) if manner == "broken body" else body, known)
    envelope = addressed(operation, body)
    if manner == "broken request":
        disturb(envelope, dice)
    return Call(number, operation, manner, envelope)


def _spared(operation: OperationModel, body: bytes, known: Known) -> bytes:
    """Let no call take away what later ones need to get deep."""
    if operation.name.startswith(_TAKING):
        for arn in known.precious():
            body = body.replace(arn.encode(), made_up(kind_of(arn), NAMES[0], 0).encode())
    return body
