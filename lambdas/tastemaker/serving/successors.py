"""What took the place of a model that was removed, told where it lay: who still asks for the old one is led on.

Users who are erased leave a model by another one's taking its place. Campaigns come to name that one at once; jobs and
processes on their way, and the log of answers, still name the old one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from tastemaker.serving.ports import ADVICE, UnreadableModel
from tastemaker.store.ports import Objects

FILE = "successor.json"


@dataclass(frozen=True, slots=True)
class Successor:
    """The artifact `by` which a model was replaced, or None and `why` there is none; by which job, for how many users.

    Jobs are told apart by when they were created, too.
    """

    by: Mapping[str, str] | None
    why: str
    users: int
    job: str
    created: str

    @classmethod
    def find(cls, objects: Objects, bucket: str, prefix: str) -> Self | None:
        """Return what took the place of the model below a prefix; None if nothing did."""
        try:
            return cls(**json.loads(objects.read(bucket, f"{prefix}{FILE}")))
        except FileNotFoundError:
            return None

    def keep(self, objects: Objects, bucket: str, prefix: str) -> None:
        """Store it where the model lay."""
        objects.write(bucket, f"{prefix}{FILE}", json.dumps(asdict(self), indent=1, sort_keys=True).encode())

    @property
    def artifact(self) -> Mapping[str, str]:
        """Return the artifact by which the model was replaced, or raise UnreadableModel."""
        if self.by is None:
            raise UnreadableModel(f"the model was removed when users were deleted, for {self.why}: {ADVICE}")
        return self.by


def latest(objects: Objects, bucket: str, artifact: Mapping[str, str]) -> Mapping[str, str]:
    """Return an artifact, or what took its place in the end."""
    successor = Successor.find(objects, bucket, artifact["prefix"])
    return artifact if successor is None or successor.by is None else latest(objects, bucket, successor.by)
