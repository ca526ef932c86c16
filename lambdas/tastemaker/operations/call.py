"""What an operation is given besides the caller's members."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tastemaker.domain.resources.arns import Home
from tastemaker.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Stores):
    """One API call's view of the service: the stores, and what its headers say and are to say."""

    new_id: Callable[[], str]
    request_id: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    wishes: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """The partition, region and account of new ARNs."""
        return Home(self.config.partition, self.config.region, self.config.account)
