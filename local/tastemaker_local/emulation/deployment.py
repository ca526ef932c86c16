"""Deploys a synthesized assembly to moto: assets into their bucket, stacks in the order of the manifest."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends
from moto.cloudformation.parsing import ResourceMap
from moto.s3.models import s3_backends
from moto.ssm.models import ssm_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.cloudformation import known_types
from tastemaker_local.emulation.cloudformation.stacks import create_stack
from tastemaker_local.emulation.messages import ACCOUNT, CannotStart
from tastemaker_local.emulation.quick_start import quick_deployment

# Where a bootstrapped account notes its version; templates may ask for it.
_BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"


class UnknownResourceType(CannotStart):
    """A template uses a type that neither moto nor `emulation.cloudformation` can make."""


def deploy(assembly: Path, region: str) -> None:
    """Create every stack of the assembly in one region, or none of them."""
    _bootstrap(region)
    stacks = cloudformation_backends[ACCOUNT][region]
    with quick_deployment():
        try:
            for name, template in _stacks(assembly):
                _check_types(name, template)
                _store_assets(assembly, name, region)
                create_stack(stacks, name, json.dumps(template), {})
        except BaseException:
            _undo(stacks)
            raise


def _stacks(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, artifact in _artifacts(assembly).items():
        if artifact["type"] == "aws:cloudformation:stack":
            properties = artifact["properties"]
            template = json.loads((assembly / properties["templateFile"]).read_text())
            yield properties.get("stackName", name), template


def _artifacts(assembly: Path) -> dict[str, dict[str, Any]]:
    try:
        manifest = json.loads((assembly / "manifest.json").read_text())
        artifacts: dict[str, dict[str, Any]] = manifest["artifacts"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise CannotStart(
            f"{assembly} holds no templates that could be deployed ({problem}): --assembly wants a folder that "
            "`cdk synth` has written, with a manifest.json"
        ) from None
    return artifacts


def _check_types(stack: str, template: dict[str, Any]) -> None:
    types = {resource["Type"] for resource in template["Resources"].values()}
    if unknown := types - known_types():
        raise UnknownResourceType(
            f"local mode cannot make {', '.join(sorted(unknown))} of stack {stack}: add it to emulation/cloudformation"
        )


def _undo(stacks: CloudFormationBackend) -> None:
    """Remove the stacks of a region in which nothing else can be yet, and what they would retain."""
    for stack in reversed(list(stacks.stacks.values())):
        _delete_resources(stack.resource_map)
    stacks.reset()


def _delete_resources(resources: ResourceMap) -> None:
    for logical_id in reversed(resources._parsed_resources):  # noqa: SLF001
        if logical_id in resources.resources:
            with suppress(Exception):  # whatever is not complete enough to be deleted
                resources._delete_resource(resources[logical_id], resources._resource_json_map[logical_id])  # noqa: SLF001


def _bootstrap(region: str) -> None:
    ssm_backends[ACCOUNT][region].put_parameter(
        _BOOTSTRAP_PARAMETER,
        description="",
        value="30",
        parameter_type="String",
        allowed_pattern="",
        keyid="",
        overwrite=True,
        tags=[],
        data_type="text",
        tier="Standard",
        policies=None,
    )


def _store_assets(assembly: Path, stack: str, region: str) -> None:
    listing = assembly / f"{stack}.assets.json"
    files = json.loads(listing.read_text())["files"] if listing.exists() else {}
    for asset in files.values():
        for destination in asset["destinations"].values():
            body = _content(assembly / asset["source"]["path"])
            _store(_resolve(destination["bucketName"], region), destination["objectKey"], body, region)


def _store(bucket: str, key: str, body: bytes, region: str) -> None:
    store = s3_backends[ACCOUNT][get_partition(region)]
    if bucket not in store.buckets:
        store.create_bucket(bucket, region)
    store.put_object(bucket, key, body)


def _content(path: Path) -> bytes:
    # Functions run from their sources: what CDK would zip is never read.
    return path.read_bytes() if path.is_file() else _EMPTY_ZIP


def _resolve(name: str, region: str) -> str:
    return name.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", region)


def _empty_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w"):
        pass
    return buffer.getvalue()


_EMPTY_ZIP = _empty_zip()
