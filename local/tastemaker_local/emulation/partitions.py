"""The partitions of AWS: whose regions local mode can be, and what CloudFormation calls otherwise in each."""

from functools import cache, lru_cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownRegionError
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.messages import DEFAULT_REGION

# Those in which anybody may have an account. Of the closed ones moto takes some regions for regions of `aws`.
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")


@lru_cache
def objection(region: str) -> str:
    """Return why local mode cannot be a region, or nothing if it can."""
    try:
        partition = _session().get_partition_for_region(region)
    except UnknownRegionError:
        partition = ""
    if partition and partition not in PARTITIONS:
        works = ", ".join(PARTITIONS)
        return f"the region {region!r} is of the partition {partition}; local mode has the regions of {works}"
    if not partition or region not in _session().get_available_regions("lambda", partition):
        return f"the request is signed for the region {region!r}, which AWS does not have; try {DEFAULT_REGION}"
    return ""


def pseudo_parameters(region: str) -> dict[str, str]:
    """Return what CloudFormation fills in by partition; moto fills in what is right in `aws`."""
    partition = get_partition(region)
    return {"AWS::Partition": partition, "AWS::URLSuffix": _suffixes()[partition]}


@cache
def _suffixes() -> dict[str, str]:
    return {each["id"]: each["outputs"]["dnsSuffix"] for each in _session().get_data("partitions")["partitions"]}


@cache
def _session() -> Any:  # noqa: ANN401 - botocore has no types
    return botocore.session.Session()
