"""ARNs: `arn:PARTITION:personalize:REGION:ACCOUNT:TYPE/TAIL`, made and taken apart in this one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.domain.resources.kinds import KINDS, Kind

LATEST = "$LATEST"
# Where the parts of an ARN stand that say whose it is. Roles have no region; what Amazon owns has a partition alone.
_PLACES = {"partition": 1, "region": 3, "account": 4}
OWN, OWN_ROLE, OWN_PARTITION = tuple(_PLACES), ("partition", "account"), ("partition",)


@dataclass(frozen=True, slots=True)
class Home:
    """The partition, region and account that a deployment's ARNs carry."""

    partition: str
    region: str
    account: str

    def arn(self, kind: Kind, tail: str) -> str:
        """Return the ARN of a resource; a solution version's tail is `SOLUTION/ID`."""
        type_ = "solution" if kind.name == "solution-version" else kind.name
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{type_}/{tail}"

    def difference(self, arn: str, parts: Sequence[str] = OWN) -> str:
        """Return which of some parts of an ARN is not as here, as a sentence after a blank; nothing where all are."""
        said = arn.split(":", 5)
        for part in parts:
            given, own = said[_PLACES[part]], getattr(self, part)
            if given != own:
                return f" Its {part} is {given or 'empty'}; that of this deployment is {own}."
        return ""


def kind_of(arn: str) -> Kind | None:
    """Return the kind that an ARN's form promises, or None."""
    type_, _, tail = resource(arn).partition("/")
    if type_ == "solution" and "/" in tail:
        return KINDS["solution-version"]
    return KINDS.get(type_) if tail and type_ != "solution-version" else None


def resource(arn: str) -> str:
    """Return the last part of an ARN, `TYPE/TAIL`."""
    return arn.split(":", 5)[-1]


def tail(arn: str) -> str:
    """Return what follows the type: a name, `GROUP/TYPE` of a dataset, `SOLUTION/ID` of a version."""
    return resource(arn).partition("/")[2]


def dataset_of(group_arn: str, type_: str) -> str:
    """Return the ARN that a dataset group's dataset of a type has, whether there is one or not."""
    return f"{group_arn.replace(':dataset-group/', ':dataset/', 1)}/{type_}"


def group_of(arn: str) -> str:
    """Return the ARN of the dataset group that a dataset is of; a dataset group's is its own."""
    return (
        arn.replace(":dataset/", ":dataset-group/", 1).rpartition("/")[0] if kind_of(arn) is KINDS["dataset"] else arn
    )


def solution_of(arn: str) -> str:
    """Return the ARN of the solution that a version is of; any other ARN is its own."""
    return arn.rpartition("/")[0] if kind_of(arn) is KINDS["solution-version"] else arn


def not_found(arn: str) -> str:
    """Say what is not there, of schemas in the real service's words (moto's tests of it have them)."""
    what = "Resource Arn" if kind_of(arn) is KINDS["schema"] else "Resource with Arn"
    return f"{what} {arn} does not exist."
