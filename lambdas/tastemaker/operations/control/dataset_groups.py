"""Dataset groups: the container of everything else."""

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.keys import require_own_key

_GROUP = KINDS["dataset-group"]


def create_dataset_group(
    call: Call,
    *,
    name: str,
    role_arn: str | None = None,
    kms_key_arn: str | None = None,
    domain: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Make an empty container; a domain makes it a domain dataset group, a key keeps all its data under that key."""
    if (role_arn is None) != (kms_key_arn is None):
        raise InvalidInput("roleArn and kmsKeyArn must be given together: the role is the one that may use the key.")
    if kms_key_arn:
        require_own_key(call, kms_key_arn)
    members = {"name": name, "roleArn": role_arn, "kmsKeyArn": kms_key_arn, "domain": domain}
    record = resources.new_record(call, _GROUP, name, members, tags=tags)
    return {"datasetGroupArn": resources.create(call, record), "domain": domain}


def describe_dataset_group(call: Call, *, dataset_group_arn: str) -> dict[str, object]:
    """Return one dataset group."""
    return resources.describe(call, _GROUP, dataset_group_arn)


def list_dataset_groups(
    call: Call, *, next_token: str | None = None, max_results: int | None = None
) -> dict[str, object]:
    """Return a page of all dataset groups."""
    return resources.page(call, _GROUP, None, max_results, next_token)


def delete_dataset_group(call: Call, *, dataset_group_arn: str) -> dict[str, object]:
    """Delete an empty dataset group."""
    # What clean-up notebooks of the real service print.
    unknown = f"The given dataset group does not exist: {dataset_group_arn}"
    return resources.delete(call, resources.lookup(call, _GROUP, dataset_group_arn, unknown=unknown))
