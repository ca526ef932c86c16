"""What a synth wrote, as the tests read it."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STACKS = ("TastemakerState", "TastemakerService")
KEY = "arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888"
ENDPOINTS = ["vpce-0123456789abcdef0", "vpce-0fedcba9876543210"]
# As local mode synthesizes.
LOCAL = {"tastemaker:containers": 1, "tastemaker:spark": 1}


@dataclass(frozen=True)
class Assembly:
    """What a synth wrote."""

    folder: Path

    def template(self, stack):
        return json.loads((self.folder / f"{stack}.template.json").read_text())

    def resources(self, kind, stacks=STACKS):
        """Every resource of a type, by logical id."""
        return {
            name: resource
            for stack in stacks
            for name, resource in self.template(stack)["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def properties(self, kind, stacks=STACKS):
        return [resource["Properties"] for resource in self.resources(kind, stacks).values()]

    def policies(self) -> dict[str, dict]:
        """Every role's policy, by its logical id, which begins with the construct that the role is of."""
        return {name: one["Properties"]["PolicyDocument"] for name, one in self.resources("IAM::Policy").items()}

    def statements(self) -> Iterator[dict]:
        """Every statement of every role's policy, as lists."""
        for policy in self.policies().values():
            for statement in policy["Statement"]:
                yield {key: value if isinstance(value, list) else [value] for key, value in statement.items()}


def synthesized(folder, context=None):
    """Run the app with a context."""
    environment = {
        "HOME": str(Path.home()),  # jsii keeps what it unpacked there
        "PATH": "",
        "PYTHONPATH": str(ROOT / "lambdas"),  # of this checkout, whichever one is installed
        "CDK_OUTDIR": str(folder),
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []} | (context or {})),
    }
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, check=True)
    return Assembly(folder)


def shared(tmp_path_factory, name, context=None):
    """Run the app once for all processes of a run; nobody changes what it wrote. Mutations are of what is there."""
    if context == LOCAL and (given := os.environ.get("TASTEMAKER_MUTATED")):
        return Assembly(Path(given))
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).exists():
            synthesized(folder / f"{name}-new", context).folder.rename(folder / name)
    return Assembly(folder / name)
