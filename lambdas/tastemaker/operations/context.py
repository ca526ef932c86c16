"""What an operation is given besides the caller's members."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tastemaker.config import Config
from tastemaker.domain.resources.arns import Home
from tastemaker.serving.ports import LiveModels
from tastemaker.store.ports import Answers, Events, Objects, Records, Resources, Workflows


@dataclass(frozen=True, slots=True)
class Context:
    """One request's view of the service; stores that a function may not use are never touched by its operations."""

    config: Config
    resources: Resources
    events: Events
    records: Records
    objects: Objects
    answers: Answers
    workflows: Workflows
    models: LiveModels
    clock: Callable[[], float]
    new_id: Callable[[], str]
    request_id: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    wishes: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """The partition, region and account of new ARNs."""
        return Home(self.config.partition, self.config.region, self.config.account)
